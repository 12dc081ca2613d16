package tcp

import "thinnet/clock"

// patience returns when the user timeout is over, clock.Never if nothing is stuck or
// there is none.
func (c *Conn) patience() clock.Time {
	if c.stuck == 0 || c.set.UserTimeout <= 0 {
		return clock.Never
	}
	return c.stuck.Add(c.set.UserTimeout)
}

// stuckSince notes that nothing has got through since the instant at, if it is not
// known to have begun earlier. It reports true if that is longer than the user has
// patience for, and gives the connection up.
func (c *Conn) stuckSince(at, now clock.Time) bool {
	if c.stuck == 0 {
		c.stuck = max(at, 1)
	}
	if now < c.patience() {
		return false
	}
	c.giveUp()
	return true
}

// unanswered reports whether keepalive probes were without an answer for so long that
// the connection is given up: a user timeout counts the time, and not the probes.
func (c *Conn) unanswered(now clock.Time) bool {
	if u := c.set.UserTimeout; u > 0 {
		return c.probes > 0 && now.Sub(c.lastReceived) >= u
	}
	return int(c.probes) >= c.keep.Count
}
