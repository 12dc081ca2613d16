package stack

import (
	"testing"
	"unsafe"

	"thinnet/transport/tcp"
)

// A host may have a million connections that are idle. The allocator rounds up to the next
// of its sizes: 112 bytes for what a user holds, 16,384 for a block of machines, to which it
// adds 8 bytes.
func TestConnSize(t *testing.T) {
	if n := unsafe.Sizeof(TCPConn{}); n > 112 {
		t.Errorf("what a user holds of a connection takes %d bytes: what TCP has to know belongs into tcp.Conn", n)
	}
	if n := unsafe.Sizeof(tcp.Conn{}); maxBlock*n > 16384-8 {
		t.Errorf("a connection takes %d bytes: what it needs only when there is data belongs into tcp's traffic", n)
	}
}
