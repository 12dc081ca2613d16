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
	port := func(s *Stack, remote string, use func(uint16) portUse) uint16 {
		p, err := s.ephemeral(netip.MustParseAddr("10.0.0.1"), netip.MustParseAddrPort(remote), use)
		if err != nil {
			t.Fatal(err)
		}
		if p < firstEphemeral || p > lastEphemeral {
			t.Fatalf("port %d is out of range", p)
		}
		return p
	}
	all := func(uint16) portUse { return portFree }
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
		if d := port(s, "10.0.0.2:80", func(p uint16) portUse { return freeIf(p != taken) }); d != next(taken) {
			t.Errorf("seed %d: %d, though only %d is taken", seed, d, taken)
		}
		if _, err := s.ephemeral(netip.Addr{}, netip.AddrPort{}, func(uint16) portUse { return portTaken }); err != syscall.EADDRNOTAVAIL {
			t.Errorf("all taken: %v", err)
		}
	}
	if len(starts) < 15 {
		t.Errorf("20 seeds begin at %d ports", len(starts))
	}
}

// A port whose connection has ended is given if none of the next few is free, and each of
// them in its turn. That takes no longer the more there are.
func TestEphemeralAgain(t *testing.T) {
	clk := clock.NewReal()
	defer clk.Close()
	s := New(Config{Clock: clk})
	defer s.Close()
	var asked int
	next := func(use func(i int) portUse) (p uint16) {
		t.Helper()
		asked = 0
		p, err := s.ephemeral(netip.MustParseAddr("10.0.0.1"), netip.MustParseAddrPort("10.0.0.2:80"), func(uint16) portUse {
			asked++
			return use(asked)
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	given := make(map[uint16]bool)
	for range lastEphemeral - firstEphemeral + 1 {
		given[next(func(int) portUse { return portAgain })] = true
		if asked != fewPorts {
			t.Fatalf("%d ports were looked at, want %d", asked, fewPorts)
		}
	}
	if len(given) != lastEphemeral-firstEphemeral+1 {
		t.Errorf("%d ports were given in turn", len(given))
	}
	for _, tt := range []struct {
		name        string
		free, again int // the first that is
		asked       int
	}{
		{"a free one of the few", fewPorts, 1, fewPorts},
		{"a free one that is too far", fewPorts + 1, 2, fewPorts},
		{"none of the few, and a free one first", 20, 30, 20},
		{"none of the few", 1000, 30, 30},
	} {
		next(func(i int) portUse {
			switch i {
			case tt.free:
				return portFree
			case tt.again:
				return portAgain
			}
			return portTaken
		})
		if asked != tt.asked {
			t.Errorf("%s: %d were looked at, want %d", tt.name, asked, tt.asked)
		}
	}
}
