package stack

import (
	"testing"
	"unsafe"
)

// A host may have a million connections that are idle. The allocator adds 8 bytes to
// what is longer than 512 and has pointers, and rounds up to the next of its sizes,
// which is 704.
func TestConnSize(t *testing.T) {
	if n := unsafe.Sizeof(TCPConn{}); n > 704-8 {
		t.Errorf("a connection takes %d bytes: what it needs only when there is data belongs into tcp's traffic", n)
	}
}
