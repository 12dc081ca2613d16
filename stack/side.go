package stack

import (
	"sync"

	"thinnet/clock"
)

// side is those who wait to read from a connection, or to write to it. A connection
// has one only while somebody waits or a deadline is set; most have neither.
type side struct {
	cond     sync.Cond
	waiting  int
	deadline clock.Time
}

// maxSides is how many sides a host keeps for the next who wait.
const maxSides = 64

// borrow returns the side that *w is, or shall be.
func (s *Stack) borrow(w **side) *side {
	if *w == nil {
		if n := len(s.sides); n > 0 {
			*w, s.sides = s.sides[n-1], s.sides[:n-1]
		} else {
			*w = &side{deadline: clock.Never}
			(*w).cond.L = &s.mu
		}
	}
	return *w
}

// giveBack takes a side back, unless it is still needed.
func (s *Stack) giveBack(w **side) {
	if d := *w; d.waiting == 0 && d.deadline == clock.Never && len(s.sides) < maxSides {
		*w, s.sides = nil, append(s.sides, d)
	}
}

// wait blocks until somebody wakes the side; its deadline does, as well. The lock is
// released meanwhile.
func (c *TCPConn) wait(w **side) {
	s, d := c.s, c.s.borrow(w)
	d.waiting++
	c.setTimer()
	s.arm()
	d.cond.Wait()
	d.waiting--
	s.giveBack(w)
}

// wakeSide lets those who wait go on.
//
//go:noinline // asked in a dozen places
func (s *Stack) wakeSide(w *side) {
	if w != nil && w.waiting > 0 {
		s.wake(&w.cond)
	}
}

// end lets those who wait go on because their own host closes the connection, at
// once even in virtual time: who closes may hold a mutex that others wait for, and
// a goroutine that waits for a mutex keeps events from happening.
func (w *side) end() {
	if w != nil && w.waiting > 0 {
		w.cond.Broadcast()
	}
}

// late reports whether the deadline is over.
func (w *side) late(s *Stack) bool { return w != nil && s.past(w.deadline) }

// due returns when those who wait give up.
func (w *side) due() clock.Time {
	if w == nil || w.waiting == 0 {
		return clock.Never
	}
	return w.deadline
}
