package stack

import (
	"net/netip"
	"testing"

	"thinnet/network"
)

// A path that nobody uses stays until another is left so, and no longer.
func TestPathsUnused(t *testing.T) {
	s := &Stack{paths: make(map[ends]*path)}
	route := func(n byte) *network.Route {
		return &network.Route{Src: netip.AddrFrom4([4]byte{10, 0, 0, 1}), Dst: netip.AddrFrom4([4]byte{10, 0, 1, n})}
	}
	first := s.usePath(route(1))
	s.leavePath(first)
	if again := s.usePath(route(1)); again != first {
		t.Error("a path that was left is another when it is used again")
	}
	s.leavePath(first)
	for n := byte(2); n < 100; n++ {
		p := s.usePath(route(n))
		if p == first || p.ends.remote != route(n).Dst {
			t.Fatalf("the path to %v is %v's", route(n).Dst, p.ends.remote)
		}
		s.leavePath(p)
	}
	if len(s.paths) != 1 {
		t.Errorf("%d paths are kept of 99 that nobody uses, want 1", len(s.paths))
	}
	left := s.usePath(route(1))
	s.leavePath(s.usePath(route(2)))
	last := s.usePath(route(3))
	s.leavePath(last)
	s.leavePath(left) // and the one that was used last is gone
	if again := s.usePath(route(3)); again == last || s.paths[again.ends] != again {
		t.Error("a path that is gone is used again")
	} else {
		s.leavePath(again)
	}
	used := s.usePath(route(99))
	s.leavePath(s.usePath(route(1)))
	s.leavePath(s.usePath(route(2)))
	if s.paths[used.ends] != used || len(s.paths) != 2 {
		t.Errorf("%d paths, want the one in use and one that is not", len(s.paths))
	}
}
