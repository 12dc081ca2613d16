package tcp

import (
	"time"

	"thinnet/clock"
)

// lossTimer says what Conn.lossAt is for: the two never run together, since a
// reordering timer needs something SACKed and a probe needs nothing to be.
type lossTimer uint8

const (
	timerNone    lossTimer = iota
	timerReorder           // RACK: what was overtaken may be lost by now
	timerProbe             // TLP: the end of a flight may be lost
)

// maxAckDelay is TLP.max_ack_delay: how long a peer may delay the acknowledgement
// of a single segment.
const maxAckDelay = 200 * time.Millisecond

// tlp is the memory of a tail loss probe (RFC 8985, section 7.1).
type tlp struct {
	out     bool // a probe is not answered yet
	retrans bool // it sent something again
	end     Seq  // SND.NXT when it was sent
}

// scheduleProbe is TLP_calc_PTO (section 7.2): it sets the probe timer after new
// data was sent, or the flight has moved on.
func (c *Conn) scheduleProbe(now clock.Time) {
	if c.lossTimer == timerProbe {
		c.lossAt, c.lossTimer = clock.Never, timerNone
	}
	if c.set.NoTLP || !c.useSACK || c.recovery.state >= caRecovery || c.out.empty() || c.out.sacked > 0 ||
		c.tlp.out || c.rtoAt == clock.Never || !c.state.synchronized() {
		return
	}
	pto := time.Second
	if c.rtt.srtt > 0 {
		pto = 2 * c.rtt.srtt
		if c.sndNxt.Sub(c.sndUna) <= c.cwnd.MSS {
			pto += maxAckDelay
		} else {
			pto += 2 * time.Millisecond
		}
	}
	// "If the RTO timer would expire before the PTO, the PTO is set to expire in
	// its place": a probe costs less than a timeout.
	c.lossAt, c.lossTimer = min(now.Add(pto), c.rtoAt), timerProbe
}

// probeTail is the probe timer (section 7.3): new data if there is some, otherwise
// the last segment again.
func (c *Conn) probeTail(now clock.Time, sink Sink) {
	c.probeTailNow = false
	if c.out.empty() || c.tlp.out {
		return
	}
	c.cnt.TCPLossProbes++
	c.tlp = tlp{out: true}
	before := c.sndNxt
	c.sendOne(now, sink)
	if c.sndNxt == before {
		i := len(c.out.live()) - 1
		r := c.out.live()[i]
		if n := r.len(); n > c.cwnd.MSS {
			c.out.split(i, r.end.Add(-((n-1)%c.cwnd.MSS + 1)))
			i++
		}
		c.tlp.retrans = c.sendAgain(now, sink, i, c.out.live()[i].len()) > 0
	}
	c.tlp.end = c.sndNxt
	c.rtoAt = now.Add(c.timeout())
}

// probeAnswered is TLP_process_ack (section 7.4.2): if what a probe sent again was
// acknowledged but not reported as a duplicate, the probe has repaired a loss, and
// that is congestion.
func (c *Conn) probeAnswered(now clock.Time, s *Segment, a *ackInfo) {
	if !c.tlp.out || s.Ack.Less(c.tlp.end) {
		return
	}
	switch {
	case !c.tlp.retrans, a.dsack && a.dsackRight == c.tlp.end:
		c.tlp.out = false
	case c.tlp.end.Less(s.Ack):
		c.tlp.out = false
		c.probeRepaired(now, a)
	case a.acked == 0 && a.sacked == 0 && s.Len == 0 && !a.dsack:
		// A duplicate acknowledgement without a report: the peer had both.
		c.tlp.out = false
	}
}

// probeRepaired reacts to a loss that a probe has repaired.
func (c *Conn) probeRepaired(now clock.Time, a *ackInfo) {
	c.cnt.TCPLossProbeRecovery++
	if c.recovery.state == caOpen || c.recovery.state == caDisorder {
		c.enterCWR(now, a.acked)
	}
}
