package stack

import (
	"math/rand/v2"
	"testing"

	"thinnet/clock"
	"thinnet/transport/tcp"
)

// The heap gives out connections when they are due, in the order of their
// deadlines, whatever was set before.
func TestDeadlines(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := &Stack{}
	d := &s.deadline
	conns := make([]*TCPConn, 100)
	for i := range conns {
		conns[i] = &TCPConn{
			s: s, id: uint64(i), heapIndex: -1, due: clock.Never,
			conn: &tcp.Conn{}, rd: &side{waiting: 1, deadline: clock.Never},
		}
	}
	now := clock.Time(0)
	for range 20000 {
		switch c := conns[rng.IntN(len(conns))]; rng.IntN(10) {
		case 0:
			c.rd.deadline = clock.Never
			c.setTimer()
		case 1:
			d.remove(c)
			c.rd.deadline = clock.Never
		case 2:
			now += clock.Time(rng.IntN(50))
			for {
				want := clock.Never
				for _, c := range conns {
					want = min(want, c.rd.deadline)
				}
				c := d.due(now)
				if c == nil {
					if want <= now {
						t.Fatalf("at %d nothing is due, but one was set to %d", now, want)
					}
					break
				}
				if c.rd.deadline > now {
					t.Fatalf("at %d one is due that was set to %d", now, c.rd.deadline)
				}
				c.rd.deadline = clock.Never
			}
		default:
			c.rd.deadline = now + clock.Time(rng.IntN(200))
			c.setTimer()
		}
		first := clock.Never
		for i, e := range d.heap {
			c := e.c
			if int(c.heapIndex) != i || c.due != e.at {
				t.Fatalf("the connection at %d for %d believes that it is at %d for %d", i, e.at, c.heapIndex, c.due)
			}
			first = min(first, c.rd.deadline)
		}
		if d.first() > first {
			t.Fatalf("first is %d, but one is due at %d", d.first(), first)
		}
	}
}
