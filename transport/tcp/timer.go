package tcp

import (
	"math"
	"time"

	"thinnet/clock"
	"thinnet/wire"
)

// maxBackoff is more doublings than bring the shortest timeout to the longest.
const maxBackoff = 40

// Deadline returns when Tick is due next, clock.Never if nothing is pending.
func (c *Conn) Deadline() clock.Time {
	if c.state == Closed || c.pacing || c.stuck != 0 {
		return c.deadlineOther()
	}
	return min(c.rtoAt, c.lossAt, c.ackAt, c.keepAt, c.waitAt)
}

// deadlineOther is Deadline where that is not the first of the usual timers.
func (c *Conn) deadlineOther() clock.Time {
	if c.state == Closed {
		return clock.Never
	}
	return min(c.rtoAt, c.lossAt, c.ackAt, c.keepAt, c.waitAt, c.turn(), c.patience())
}

// timeout returns the retransmission timeout with back-off (RFC 6298, section
// 5.5).
//
//go:noinline // asked for in a dozen places
func (c *Conn) timeout() time.Duration {
	d := c.rtt.rto(c.set)
	if c.rtt.srtt == 0 && c.synResent && c.state.synchronized() {
		// RFC 6298, section 5.7: after a lost SYN "the RTO MUST be
		// re-initialized to 3 seconds when data transmission begins".
		d = max(d, 3*time.Second)
	}
	for range c.backoff {
		if d *= 2; d >= c.set.MaxRTO {
			return c.set.MaxRTO
		}
	}
	return d
}

// Tick does what is due at now.
func (c *Conn) Tick(now clock.Time) {
	if c.state == Closed {
		return
	}
	if c.patience() <= now {
		c.giveUp()
		return
	}
	if c.turn() <= now {
		c.pacing = false // Output goes on
	}
	if c.ackAt <= now {
		c.ackAt = clock.Never
		c.ackNow = true
		c.pingPong = false
	}
	if c.lossAt <= now {
		was := c.lossTimer
		c.lossAt, c.lossTimer = clock.Never, timerNone
		if was == timerProbe {
			c.probeTailNow = true
			c.rtoAt = clock.Never // the probe sets it again
		} else {
			c.reorderTimeout(now)
		}
	}
	if c.rtoAt <= now {
		c.rtoAt = clock.Never
		c.retransmit(now)
	}
	if c.keepAt <= now {
		c.keepAt = clock.Never
		c.keepAlive(now)
	}
	if c.waitAt <= now {
		// TIME-WAIT is over, or nobody waits for the peer's FIN any more.
		c.finish(nil)
	}
}

// reorderTimeout is RACK's timer: what was overtaken is lost by now.
func (c *Conn) reorderTimeout(now clock.Time) {
	if c.out.empty() {
		return
	}
	c.rackDetect(now)
	var a ackInfo
	if c.out.alarming() > 0 && c.recovery.state < caRecovery && !c.onlyProbeLost() {
		c.enterRecovery(now, &a)
	}
	if s := c.recovery.state; s == caCWR || s == caRecovery {
		pipe := c.pipe()
		c.cwnd.Window = max(pipe+c.recovery.prr.allowance(0, pipe, c.cwnd.Threshold, c.cwnd.MSS, false), c.cwnd.MSS)
	}
}

// retransmit is the retransmission timer.
func (c *Conn) retransmit(now clock.Time) {
	switch {
	case c.abortOrphan():
	case c.state == SynSent || c.state == SynReceived:
		if c.state == SynSent && c.stuckSince(c.synAt, now) {
			return
		}
		limit := c.set.SynRetries
		if c.state == SynReceived {
			limit = c.set.SynAckRetries
		}
		if int(c.retries) >= limit {
			c.giveUp()
			return
		}
		c.noteTimeout(false)
		c.backOff()
		c.traffic().stats.rto.fired(now)
		if c.state == SynSent {
			c.fallBack()
		}
		c.synQueued = true
	case c.out.empty():
		c.persist(now)
	default:
		if c.stuckSince(now, now) {
			return
		}
		if int(c.retries) >= c.maxRetries() {
			c.giveUp()
			return
		}
		c.noteTimeout(false)
		c.backOff()
		c.blackHole(now)
		c.retransmissionTimeout(now)
		// RFC 6298, section 5.6: "start the retransmission timer".
		c.rtoAt = now.Add(c.timeout())
	}
}

// maxRetries is how many timeouts in a row an established connection survives.
func (c *Conn) maxRetries() int {
	switch {
	case c.set.UserTimeout > 0:
		return math.MaxInt
	case c.userClosed:
		return c.set.OrphanRetries
	}
	return c.set.Retries2
}

// backOff doubles the timeout (RFC 6298, section 5.5).
func (c *Conn) backOff() {
	c.retries = min(c.retries, math.MaxUint8-1) + 1
	c.backoff = min(c.backoff+1, maxBackoff)
}

// persist probes a closed window (RFC 9293, section 3.8.6.1), or fills the small
// one that sender's silly window avoidance did not want to use.
func (c *Conn) persist(now clock.Time) {
	if c.sndWnd == 0 && c.stuckSince(now, now) {
		return
	}
	if int(c.retries) >= c.maxRetries() {
		// Only a peer that does not answer gets here: an answer resets the
		// count, however long the window stays closed.
		c.giveUp()
		return
	}
	c.backOff()
	if c.sndWnd > 0 {
		c.override = true
		return
	}
	c.cnt.TCPZeroWindowProbes++
	c.probeNow = true
}

// keepAlive probes a connection on which nothing was heard.
func (c *Conn) keepAlive(now clock.Time) {
	// Data on its way is probe enough.
	if !c.out.empty() || c.buf.len > 0 {
		c.keepAt = now.Add(c.keep.Idle)
		return
	}
	if idle := now.Sub(c.lastReceived); idle < c.keep.Idle {
		c.keepAt = c.lastReceived.Add(c.keep.Idle)
		return
	}
	if c.unanswered(now) {
		c.cnt.TCPAbortOnTimeout++
		c.err = c.errTimeout()
		c.Abort()
		return
	}
	c.probes = min(c.probes, math.MaxUint8-1) + 1
	c.cnt.TCPKeepAlive++
	c.probeNow = true
	c.keepAt = now.Add(c.keep.Interval)
}

// giveUp ends a connection whose peer does not answer.
func (c *Conn) giveUp() {
	c.noteTimeout(true)
	c.cnt.TCPAbortOnTimeout++
	c.finish(c.errTimeout())
}

// NeedsReset reports whether a segment that Input is about to be handed makes
// RFC 9293 answer with a reset while the connection goes on: an acknowledgement
// of something never sent, before the connection is established.
func (c *Conn) NeedsReset(s *Segment) bool {
	if s.has(wire.FlagRST) || !s.has(wire.FlagACK) {
		return false
	}
	switch c.state {
	case SynSent:
		return s.Ack.LessEq(c.iss) || c.sndNxt.Less(s.Ack)
	case SynReceived:
		return !s.has(wire.FlagSYN) && c.acceptable(s) && (s.Ack.LessEq(c.iss) || c.sndNxt.Less(s.Ack))
	}
	return false
}

// Completes reports whether a segment that Input is about to be handed acknowledges
// the SYN-ACK of a connection that cannot be used before.
func (c *Conn) Completes(s *Segment) bool {
	return c.state == SynReceived && !c.fo.early && s.Flags&(wire.FlagACK|wire.FlagRST) == wire.FlagACK &&
		c.acceptable(s) && c.iss.Less(s.Ack) && s.Ack.LessEq(c.sndNxt)
}
