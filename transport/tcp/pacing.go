package tcp

import (
	"time"

	"thinnet/clock"
)

// pacingRate returns the rate to send at, in bytes a second, 0 if nothing is measured
// yet: the algorithm's, or else what Linux makes of the window, twice of it in a round
// trip in slow start and 6/5 of it later.
func (c *Conn) pacingRate() int64 {
	if c.cwnd.PacingRate > 0 {
		return c.cwnd.PacingRate
	}
	if c.rtt.srtt <= 0 {
		return 0
	}
	rate := 2 * int64(c.cwnd.Window)
	if c.cwnd.Window >= c.cwnd.Threshold/2 {
		rate = rate * 3 / 5
	}
	return rate * int64(time.Second) / int64(c.rtt.srtt)
}

// paced reports whether pacing holds back what could be sent now. Only an algorithm
// that names a rate is paced: the others' bursts are what acknowledgements let through.
func (c *Conn) paced(now clock.Time) bool {
	if c.cwnd.PacingRate <= 0 {
		return false
	}
	c.pacing = now < c.traffic().paceAt
	return c.pacing
}

// turn returns when pacing lets the next segment go, clock.Never if none waits for it.
func (c *Conn) turn() clock.Time {
	if !c.pacing {
		return clock.Never
	}
	return c.traffic().paceAt
}

// notePaced takes note that n bytes went out, after which the next wait their turn.
func (c *Conn) notePaced(now clock.Time, n int) {
	if c.cwnd.PacingRate > 0 {
		d := c.traffic()
		d.paceAt = max(d.paceAt, now).Add(time.Duration(float64(n) / float64(c.cwnd.PacingRate) * float64(time.Second)))
	}
}
