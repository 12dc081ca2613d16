package stack

import (
	"math/rand/v2"
	"testing"

	"thinnet/clock"
)

// The heap gives out connections when they are due, in the order of their
// deadlines, whatever was set before.
func TestDeadlines(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var d deadlines
	conns := make([]*TCPConn, 100)
	for i := range conns {
		conns[i] = &TCPConn{id: uint64(i), heapIndex: -1, due: clock.Never}
	}
	now := clock.Time(0)
	for range 20000 {
		switch c := conns[rng.IntN(len(conns))]; rng.IntN(10) {
		case 0:
			d.set(c, clock.Never)
		case 1:
			d.remove(c)
			c.due = clock.Never
		case 2:
			now += clock.Time(rng.IntN(50))
			for {
				want := clock.Never
				for _, c := range conns {
					want = min(want, c.due)
				}
				c := d.due(now)
				if c == nil {
					if want <= now {
						t.Fatalf("at %d nothing is due, but one was set to %d", now, want)
					}
					break
				}
				if c.due > now {
					t.Fatalf("at %d one is due that was set to %d", now, c.due)
				}
				c.due = clock.Never
			}
		default:
			d.set(c, now+clock.Time(rng.IntN(200)))
		}
		first := clock.Never
		for i, e := range d.heap {
			c := e.c
			if int(c.heapIndex) != i {
				t.Fatalf("the connection at %d believes that it is at %d", i, c.heapIndex)
			}
			first = min(first, c.due)
		}
		if d.first() > first {
			t.Fatalf("first is %d, but one is due at %d", d.first(), first)
		}
	}
}
