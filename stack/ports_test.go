package stack

import (
	"net/netip"
	"syscall"
	"testing"

	"thinnet/clock"
)

// RFC 6056, section 3.3.3: the ports to one peer count up from a place that nobody
// else knows, those to another begin elsewhere, and a port that is taken is passed
// over.
func TestEphemeral(t *testing.T) {
	clk := clock.NewReal()
	defer clk.Close()
	port := func(s *Stack, remote string, free func(uint16) bool) uint16 {
		p, err := s.ephemeral(netip.MustParseAddr("10.0.0.1"), netip.MustParseAddrPort(remote), free)
		if err != nil {
			t.Fatal(err)
		}
		if p < firstEphemeral || p > lastEphemeral {
			t.Fatalf("port %d is out of range", p)
		}
		return p
	}
	all := func(uint16) bool { return true }
	next := func(p uint16) uint16 {
		if p == lastEphemeral {
			return firstEphemeral
		}
		return p + 1
	}
	starts := make(map[uint16]bool)
	for seed := range uint64(20) {
		s := New(Config{Clock: clk, Seed: seed})
		defer s.Close()
		a := port(s, "10.0.0.2:80", all)
		if b := port(s, "10.0.0.2:80", all); b != next(a) {
			t.Errorf("seed %d: %d, then %d", seed, a, b)
		}
		if c := port(s, "10.0.0.3:80", all); c == next(next(a)) {
			t.Errorf("seed %d: another peer's port %d follows on", seed, c)
		}
		starts[a] = true
		taken := next(next(next(a))) // three were given
		if d := port(s, "10.0.0.2:80", func(p uint16) bool { return p != taken }); d != next(taken) {
			t.Errorf("seed %d: %d, though only %d is taken", seed, d, taken)
		}
		if _, err := s.ephemeral(netip.Addr{}, netip.AddrPort{}, func(uint16) bool { return false }); err != syscall.EADDRNOTAVAIL {
			t.Errorf("all taken: %v", err)
		}
	}
	if len(starts) < 15 {
		t.Errorf("20 seeds begin at %d ports", len(starts))
	}
}
