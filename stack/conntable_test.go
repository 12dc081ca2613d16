package stack

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// The table is a map from two ends to a connection, while it grows and shrinks.
func TestConnTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	table := newConnTable()
	model := make(map[tuple]*TCPConn)
	end := func() netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(rng.IntN(4))}), uint16(1+rng.IntN(16)))
	}
	local, remote := end(), end()
	for i := range 20000 {
		if rng.IntN(3) > 0 { // segments come in trains
			local, remote = end(), end()
		}
		k := makeTuple(local, remote)
		c := table.find(local, remote)
		if c != model[k] {
			t.Fatalf("%v to %v: %p, want %p", local, remote, c, model[k])
		}
		switch {
		case c == nil:
			c = &TCPConn{id: uint64(i), localPort: local.Port(), remotePort: remote.Port(), path: &path{
				ends:  ends{local.Addr(), remote.Addr()},
				tuple: makeTuple(netip.AddrPortFrom(local.Addr(), 0), netip.AddrPortFrom(remote.Addr(), 0)),
			}}
			table.add(c)
			model[k] = c
		case rng.IntN(2) == 0:
			table.remove(c)
			delete(model, k)
			table.remove(c) // is not there any more
		}
		if table.len != len(model) {
			t.Fatalf("%d connections, want %d", table.len, len(model))
		}
	}
	all := table.sorted()
	for i, c := range all {
		if i > 0 && all[i-1].id >= c.id || model[c.tuple()] != c {
			t.Fatalf("connection %d is out of order, or none", i)
		}
	}
	if len(all) != len(model) {
		t.Errorf("%d connections, want %d", len(all), len(model))
	}
}
