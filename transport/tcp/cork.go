package tcp

import "time"

// corkLimit is how long, at most, a segment that is not full waits for More or
// Cork to end while nothing is on its way, as Linux's TCP_CORK has it.
const corkLimit = 200 * time.Millisecond

// Cork holds segments that are not full back until it is ended, or for 200 ms:
// TCP_CORK.
func (c *Conn) Cork(on bool) {
	c.cork = on
	if !on {
		c.more = false
	}
}

// More says whether the user has more to write at once behind what he writes next:
// MSG_MORE. As long as it is so, segments that are not full are held back as by
// Cork.
func (c *Conn) More(on bool) { c.more = on }

// corked reports whether a segment that is not full must wait for the user.
func (c *Conn) corked() bool { return (c.cork || c.more) && !c.pushNow && !c.finQueued }
