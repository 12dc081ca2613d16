package stack

import (
	"sync"

	"thinnet/clock"
)

// wait blocks until somebody wakes the condition, which is made when it is first
// needed: most connections have nobody waiting. The lock is released meanwhile.
func (s *Stack) wait(c **sync.Cond) {
	if *c == nil {
		*c = sync.NewCond(&s.mu)
	}
	(*c).Wait()
}

// wake lets those who wait go on. In virtual time each is an event of its own, so
// that two of them do not race.
func (s *Stack) wake(c *sync.Cond) {
	switch {
	case c == nil:
	case s.clk.Ordered():
		s.clk.Wake(s.src, c.Broadcast)
	default:
		c.Broadcast()
	}
}

// past reports whether a user's deadline is over.
func (s *Stack) past(t clock.Time) bool { return t != clock.Never && t <= s.clk.Now() }
