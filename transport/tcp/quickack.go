package tcp

import "thinnet/clock"

// defaultQuickAck is how many segments are acknowledged at once: Linux's
// TCP_MAX_QUICKACKS.
const defaultQuickAck = 16

// QuickAck says whether the next segments are acknowledged at once, what waits to be
// acknowledged included, as those of a young connection are: TCP_QUICKACK. It is no
// lasting choice: after some segments, or when the user begins to answer what
// arrives, acknowledgements are delayed again. Turned off, they wait for the answer.
func (c *Conn) QuickAck(on bool) {
	c.pingPong = !on
	if !on {
		c.quick = 0
		return
	}
	c.quick = max(c.quick, defaultQuickAck)
	if c.ackAt != clock.Never {
		c.ackNow = true
	}
}

// IsQuickAck reports whether segments are acknowledged at once.
func (c *Conn) IsQuickAck() bool { return c.quick > 0 && !c.pingPong }
