package stack

import (
	"testing"
	"unsafe"
)

// A host may have a million connections that are idle. The allocator rounds up to the
// next of its sizes: this is one of them.
func TestConnSize(t *testing.T) {
	if n := unsafe.Sizeof(TCPConn{}); n > 704 {
		t.Errorf("a connection takes %d bytes: what it needs only when there is data belongs into tcp's traffic", n)
	}
}
