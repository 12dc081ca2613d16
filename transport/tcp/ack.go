package tcp

import (
	"time"

	"thinnet/clock"
	"thinnet/transport/tcp/congestion"
	"thinnet/wire"
)

// renegingDelay is how long, at least, a peer that acknowledges up to what it has
// SACKed, and not that as well, is given to do so. Then it has thrown it away (RFC 2018,
// section 8), which needs no whole timeout to be found out.
const renegingDelay = 10 * time.Millisecond

// echoed returns the round-trip time that the timestamp which s echoes tells, to
// the millisecond; less than 0 if it tells none.
func (c *Conn) echoed(now clock.Time, s *Segment) time.Duration {
	d := c.timestamp(now) - s.Options.TSEcr
	if !c.useTS || !s.Options.HasTimestamps || s.Options.TSEcr == 0 || d > 1<<30 {
		return -1 // 0: there was nothing to echo; from the future: not ours
	}
	return time.Duration(max(d, 1)) * time.Millisecond
}

// acknowledge deals with the ACK field of a segment in a synchronized state. It
// reports false if the segment is to be dropped.
func (c *Conn) acknowledge(now clock.Time, s *Segment) bool {
	if c.sndNxt.Less(s.Ack) {
		// "If the ACK acks something not yet sent (SEG.ACK > SND.NXT), then
		// send an ACK, drop the segment, and return." RFC 5961, section 5.
		c.challenge(now)
		return false
	}
	if s.Ack.Less(c.sndUna.Add(-c.maxSndWnd)) {
		// RFC 5961, section 5.2: older than SND.UNA - MAX.SND.WND.
		c.challenge(now)
		return false
	}
	if s.Ack.Less(c.sndUna) {
		return true // old, but its text may be new
	}
	if s.Len == 0 {
		c.cnt.TCPPureAcks++
	}
	before, reducing := c.pipe(), c.reducing()
	a := ackInfo{
		acked: s.Ack.Sub(c.sndUna),
		hasTS: c.useTS && s.Options.HasTimestamps, echo: s.Options.TSEcr,
		marked: c.useECN && s.has(wire.FlagECE),
	}
	d := c.traffic()
	a.fack = d.rack.fack
	a.duplicate = a.acked == 0 && s.Len == 0 && !s.has(wire.FlagFIN) &&
		s.Window<<c.sndScale == c.sndWnd && !c.out.empty()
	if c.useSACK && s.Options.NumSACK > 0 {
		c.takeSACK(now, s, &a)
	}
	measured := time.Duration(0)
	if a.acked > 0 {
		measured = c.advance(now, s, &a)
	}
	rate, appLimited := d.rate.sample(now, a.delivered, c.rtt.min)
	c.updateSendWindow(s)
	if c.tlp.out {
		c.probeAnswered(now, s, &a)
	}
	if a.marked && c.recovery.state <= caDisorder && c.recoverable() {
		c.enterCWR(now, a.acked)
	}
	c.recover(now, &a)
	if a.marked {
		d.stats.deliveredCE += c.segments(a.delivered)
	}
	if a.acked > 0 && !reducing && !c.reducing() {
		// Where the path reorders much nearly everything is SACKed first. Then it
		// counts when it is acknowledged, as RFC 5681, section 3.1, has it; after a
		// timeout that may be a whole window at once.
		grown := a.delivered
		if d.rack.extent > dupThresh*c.cwnd.MSS && c.recovery.state != caLoss {
			grown = a.acked
		}
		c.growWindow(now, grown, before, measured, rate, appLimited)
	}
	if a.acked > 0 {
		c.wakeWriter()
		if c.buf.len == 0 {
			c.noteIdle(now)
		}
	}
	if a.acked > 0 || a.sacked > 0 {
		c.scheduleProbe(now)
	}
	return true
}

// recoverable reports whether a mark (ECE) is news: one in a window counts.
func (c *Conn) recoverable() bool { return c.recovery.end.LessEq(c.sndUna) || !c.recovery.used }

// advance takes an acknowledgement of a.acked bytes from SND.UNA on. It returns
// the round-trip time that it measures, 0 for none.
func (c *Conn) advance(now clock.Time, s *Segment, a *ackInfo) time.Duration {
	// The newest run that is acknowledged whole measures the way, unless
	// something was sent again (Karn's algorithm): then that may be what the
	// acknowledgement waited for, and only the timestamp tells.
	measured, d := time.Duration(-1), c.traffic()
	a.delivered += a.acked
	runs := c.out.live()
	for i := range runs {
		r := &runs[i]
		if s.Ack.LessEq(r.seq) {
			break
		}
		n := min(s.Ack.Sub(r.seq), r.len())
		if r.mark&markSACKed != 0 {
			a.delivered -= n
			continue
		}
		if r.mark&markLost != 0 {
			a.lost += n
		}
		c.delivered += c.segments(n)
		if n < r.len() {
			break
		}
		if r.mark&markRetrans != 0 {
			a.resent = true
			a.late = a.late || i == 0 && c.wasLate(r, a)
		}
		if r.mark&markRetrans == 0 {
			measured = now.Sub(r.at)
			a.original = a.original || r.end.LessEq(c.recovery.end)
		}
		d.rack.delivered(c, now, r, a, true)
		d.rate.take(r)
	}
	if measured < 0 || a.resent {
		measured = c.echoed(now, s)
	}
	c.advanceTo(now, s.Ack, measured)
	return max(measured, 0)
}

// advanceTo moves SND.UNA to ack. measured is the round-trip time that was measured;
// less than 0: none.
func (c *Conn) advanceTo(now clock.Time, ack Seq, measured time.Duration) {
	if measured >= 0 {
		// RFC 6298, section 5.7: the timeout stays backed off until something
		// is measured.
		c.rtt.sample(measured)
		c.backoff = 0
	}
	c.retries, c.stuck = 0, 0
	data := ack.Sub(c.sndUna)
	if c.finSent && ack == c.sndNxt {
		data-- // the FIN
	}
	d := c.traffic()
	d.soft = nil
	d.stats.bytesAcked += uint64(data)
	c.buf.ack(c.queues, &c.traffic().written, c.buf.base.Add(data))
	c.out.ack(c.queues, ack)
	c.sndUna = ack
	if d.search != nil {
		c.probeAcknowledged()
	}
	c.smallSent = c.smallSent && c.sndUna.Less(c.smallEnd)
	// RFC 6298, sections 5.2 and 5.3.
	switch {
	case c.out.empty():
		c.rtoAt = clock.Never
		c.lossAt, c.lossTimer = clock.Never, timerNone
	case c.out.live()[0].mark&markSACKed != 0:
		c.rtoAt = now.Add(max(c.rtt.srtt/2, renegingDelay))
	default:
		c.rtoAt = now.Add(c.timeout())
	}
}

// growWindow tells the congestion control of an acknowledgement of new data, outside of a
// reduction: see congestion.Ack.
func (c *Conn) growWindow(now clock.Time, acked, inFlight int, rtt time.Duration, rate int64, appLimited bool) {
	round := c.roundEnd.LessEq(c.sndUna)
	if round {
		c.roundEnd = c.sndNxt
	}
	// A window that never was in the way needs nobody to control it.
	if limited := c.limited || c.cwnd.SlowStart() && c.cwnd.Window < 2*int(c.maxOut); limited || c.data.control != nil || c.data.measures {
		c.controller().OnAck(&c.cwnd, congestion.Ack{
			Now: now, Acked: acked, InFlight: inFlight, RTT: rtt, SRTT: c.rtt.srtt, Round: round,
			Rate: rate, AppLimited: appLimited, Limited: limited,
		})
	}
	c.sizeSendBuffer(rtt, round)
}

// updateSendWindow takes the window of a segment, unless an older one was sent
// later (RFC 9293, section 3.10.7.4, fifth).
func (c *Conn) updateSendWindow(s *Segment) {
	if !(c.sndWl1.Less(s.Seq) || c.sndWl1 == s.Seq && c.sndWl2.LessEq(s.Ack)) {
		return
	}
	w := s.Window << c.sndScale
	if w > c.sndWnd && c.out.empty() {
		// A window that opens ends the probing of it.
		c.rtoAt = clock.Never
		c.backoff, c.retries, c.stuck = 0, 0, 0
	} else if w == 0 && !c.userClosed {
		// RFC 9293, section 3.8.6.1: as long as the peer acknowledges probes,
		// or what was sent before it closed the window, the connection stays
		// open. After the user is gone it is not waited for without end.
		c.retries = 0
	}
	c.sndWnd = w
	c.sndWl1, c.sndWl2 = s.Seq, s.Ack
	c.maxSndWnd = max(c.maxSndWnd, w)
}

// takeSACK marks what the peer says it has (RFC 2018, RFC 6675).
func (c *Conn) takeSACK(now clock.Time, s *Segment, a *ackInfo) {
	blocks := s.Options.SACK[:s.Options.NumSACK]
	if c.isDSACK(s.Ack, blocks) {
		a.dsack = true
		a.dsackLeft, a.dsackRight = Seq(blocks[0].Left), Seq(blocks[0].Right)
		blocks = blocks[1:]
	}
	for _, b := range blocks {
		left, right := Seq(b.Left), Seq(b.Right)
		if !left.Less(right) || c.sndNxt.Less(right) || left.Less(c.sndUna.Max(s.Ack)) {
			c.cnt.TCPSACKDiscard++
			continue
		}
		n, refused := c.out.sack(left, right, func(r *sent) {
			c.delivered += c.segments(r.len())
			if r.mark&markRetrans == 0 && r.end.LessEq(c.recovery.end) {
				a.original = true
			}
			d := c.traffic()
			d.rack.delivered(c, now, r, a, false)
			d.rate.take(r)
		})
		a.sacked += n
		c.cnt.TCPWqueueTooBig += uint64(refused)
	}
	a.delivered += a.sacked
}

// isDSACK reports whether the first block reports a duplicate (RFC 2883, section
// 4): it lies before the acknowledgement, or within the second block.
func (c *Conn) isDSACK(ack Seq, b []wire.SACKBlock) bool {
	left, right := Seq(b[0].Left), Seq(b[0].Right)
	if !left.Less(right) || c.sndNxt.Less(right) || right.Less(c.sndUna.Add(-c.maxSndWnd)) {
		return false
	}
	if right.LessEq(ack) {
		return true
	}
	return len(b) > 1 && Seq(b[1].Left).LessEq(left) && right.LessEq(Seq(b[1].Right))
}

// segments returns how many segments n bytes are.
func (c *Conn) segments(n int) uint32 {
	if 0 < n && n <= c.cwnd.MSS {
		return 1 // as nearly always where a division would be felt
	}
	return uint32((n + c.cwnd.MSS - 1) / c.cwnd.MSS)
}
