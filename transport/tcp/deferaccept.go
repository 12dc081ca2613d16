package tcp

import (
	"thinnet/clock"
	"thinnet/wire"
)

// defers reports whether a segment that would complete a passive open is to be
// dropped because the listener waits for data. Meanwhile the SYN-ACK is not sent
// again; when the time is over it is, and the answer completes the open. What left
// the peer in time may be on its way for a while: hence the least timeout more.
func (c *Conn) defers(now clock.Time, s *Segment) bool {
	if !c.passive || c.cookie || c.set.DeferAccept <= 0 || s.Len > 0 || s.has(wire.FlagFIN) {
		return false
	}
	end := c.synAt.Add(c.set.DeferAccept + c.set.MinRTO)
	if end <= now || c.synResent && c.deferred {
		return false
	}
	c.deferred = true
	c.backoff, c.retries = 0, 0
	c.rtoAt = end
	return true
}
