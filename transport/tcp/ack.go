package tcp

import (
	"time"

	"thinnet/clock"
	"thinnet/transport/tcp/congestion"
	"thinnet/wire"
)

// echoed returns the round-trip time that the timestamp which s echoes tells, to
// the millisecond; less than 0 if it tells none.
func (c *Conn) echoed(now clock.Time, s *Segment) time.Duration {
	d := c.timestamp(now) - s.Options.TSEcr
	if !c.useTS || !s.Options.HasTimestamps || s.Options.TSEcr == 0 || d > 1<<30 {
		return -1 // 0: there was nothing to echo; from the future: not ours
	}
	return time.Duration(d) * time.Millisecond
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
	before, recovering := c.pipe(), c.recovery.fast
	una := c.sndUna
	acked := s.Ack.Sub(una)
	sacked := 0
	if c.useSACK && s.Options.NumSACK > 0 {
		sacked = c.takeSACK(s)
	}
	duplicate := acked == 0 && s.Len == 0 && !s.has(wire.FlagFIN) &&
		s.Window<<c.sndScale == c.sndWnd && !c.out.empty()
	if acked > 0 {
		c.advance(now, s, acked)
	}
	c.updateSendWindow(s)
	c.detectLoss(now, acked, sacked, duplicate)

	if acked > 0 && !recovering {
		c.control.OnAck(&c.cwnd, congestion.Ack{
			Now: now, Acked: acked, InFlight: before, SRTT: c.rtt.srtt,
			Limited: c.limited || c.cwnd.SlowStart() && c.cwnd.Window < 2*c.maxOut,
		})
	}
	return true
}

// advance takes an acknowledgement of acked bytes from SND.UNA on.
func (c *Conn) advance(now clock.Time, s *Segment, acked int) {
	// The newest run that is acknowledged whole measures the way, unless
	// something was sent again (Karn's algorithm): then that may be what the
	// acknowledgement waited for, and only the timestamp tells.
	measured := time.Duration(-1)
	for _, r := range c.out.live() {
		if s.Ack.LessEq(r.seq) {
			break
		}
		if r.mark&markRetrans != 0 {
			measured = -1
			break
		}
		if r.end.LessEq(s.Ack) && r.mark&markSACKed == 0 {
			measured = now.Sub(r.at)
		}
	}
	if measured < 0 {
		measured = c.echoed(now, s)
	}
	if measured >= 0 {
		// RFC 6298, section 5.7: the timeout stays backed off until something
		// is measured.
		c.rtt.sample(measured)
		c.backoff = 0
	}
	c.retries = 0
	data := acked
	if c.finSent && s.Ack == c.sndNxt {
		data-- // the FIN
	}
	c.stats.bytesAcked += uint64(data)
	c.buf.ack(c.buf.base.Add(data))
	c.out.ack(s.Ack)
	c.sndUna = s.Ack
	c.soft = nil
	c.smallSent = c.smallSent && c.sndUna.Less(c.smallEnd)
	// A writer that waits is woken when half of the buffer is free, not for
	// every acknowledgement.
	if c.buf.len <= c.set.SndBuf/2 {
		c.events |= Writable
	}
	// RFC 6298, sections 5.2 and 5.3.
	if c.out.empty() {
		c.rtoAt = clock.Never
	} else {
		c.rtoAt = now.Add(c.timeout())
	}
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
		c.backoff, c.retries = 0, 0
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

// takeSACK marks what the peer says it has (RFC 2018, RFC 6675) and returns how
// many bytes are new.
func (c *Conn) takeSACK(s *Segment) int {
	before := c.out.sacked
	// A peer whose blocks end where segments do needs no more cuts than this,
	// and one that cuts us to crumbs makes every look at the queue long.
	maxRuns := 2*c.sndNxt.Sub(c.sndUna)/c.cwnd.MSS + 64
	for _, b := range s.Options.SACK[:s.Options.NumSACK] {
		left, right := Seq(b.Left), Seq(b.Right)
		if !left.Less(right) || c.sndNxt.Less(right) || left.Less(c.sndUna.Max(s.Ack)) {
			// A report of a duplicate (RFC 2883), or nonsense.
			c.cnt.TCPSACKDiscard++
			continue
		}
		c.out.sack(left, right, maxRuns)
	}
	return c.out.sacked - before
}
