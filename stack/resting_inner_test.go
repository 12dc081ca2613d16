package stack

import (
	"runtime"
	"testing"
	"weak"
)

// Of many that have rested a few are kept for the next, and those hold on to none of the others.
func TestRestingFree(t *testing.T) {
	s := &Stack{}
	s.resting.init()
	conns := make([]*TCPConn, 2*maxResting)
	for i := range conns {
		conns[i] = &TCPConn{s: s, heapIndex: -1, conn: s.machines.borrow()}
		if !s.resting.take(conns[i]) {
			t.Fatal("a connection does not rest")
		}
	}
	last := weak.Make(conns[len(conns)-1].rest)
	for _, c := range conns {
		s.resting.remove(c.rest)
		c.rest = nil
	}
	if n := len(s.resting.free); n != maxResting {
		t.Errorf("%d are kept, want %d", n, maxResting)
	}
	runtime.GC()
	if last.Value() != nil {
		t.Error("one that is not kept is still there")
	}
	runtime.KeepAlive(s)
}
