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
	if len(s.machines.free) != s.machines.made {
		t.Errorf("%d machines of %d have come back", len(s.machines.free), s.machines.made)
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

	for i := range maxResting + 1 {
		if c := conns[i]; !s.resting.take(c) || c.rest.conn != c {
			t.Fatalf("connection %d does not rest again, or where another does", i)
		}
	}
	for i, c := range conns[:maxResting+1] {
		if first := s.resting.ends.newer.conn; first != c {
			t.Fatalf("the first to wait is not connection %d", i)
		}
		s.resting.remove(c.rest)
	}
	if s.resting.ends.newer != &s.resting.ends || s.resting.ends.older != &s.resting.ends {
		t.Error("somebody rests still")
	}
}
