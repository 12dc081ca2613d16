package tcp

import (
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// usual reports whether s is what nearly every segment is: the bytes that come next, or
// none, and an acknowledgement of something on its way, or nothing new, while neither side
// misses anything (Van Jacobson's header prediction: RFC 7323, section 5.6).
// Nothing that inputOther asks of such a segment has another answer than inputUsual takes
// for granted.
func (c *Conn) usual(s *Segment) bool {
	return c.state == Established && s.Flags&^wire.FlagPSH == wire.FlagACK && s.Seq == c.rcvNxt &&
		s.Options.NumSACK == 0 && s.Options.HasTimestamps == c.useTS && (!c.useTS || !tsLess(s.Options.TSVal, c.tsRecent)) &&
		s.Seq.Add(s.Len).LessEq(c.rcvAdv) && c.sndUna.LessEq(s.Ack) && s.Ack.LessEq(c.sndNxt) &&
		// Nothing of ours is missing.
		c.useSACK && c.recovery.state == caOpen && c.out.sacked|c.out.lost == 0 && !c.tlp.out && !c.useECN &&
		// Nor of the peer's, and somebody reads it.
		c.early == nil && !c.finKnown && !c.readClosed && !c.userClosed &&
		!c.mem.pressure() && c.mem.over(s.Len) == 0
}

// inputUsual is inputOther for a segment that is usual.
func (c *Conn) inputUsual(now clock.Time, s *Segment) {
	c.heard(now)
	switch {
	case c.answers(s):
		c.acknowledgeAll(now, s)
	case s.Ack == c.sndUna:
		c.cnt.TCPPureAcks += b2u(s.Len == 0)
		c.traffic()
		c.updateSendWindow(s)
	default:
		c.acknowledge(now, s)
	}
	c.noteTimestamp(now, s.Seq, s)
	if s.Len > 0 {
		c.textUsual(now, s)
	}
}

// answers reports whether s acknowledges all that the user has written, which went out in one
// segment or super-segment, once, while nothing else was on its way, as an answer does with its
// question.
func (c *Conn) answers(s *Segment) bool {
	return s.Ack == c.buf.end() && c.out.isLone() && c.data.run.run[0].mark == 0 && c.search() == nil
}

// acknowledgeAll is acknowledge for an answer: nothing is on its way any more, and nothing
// waits.
func (c *Conn) acknowledgeAll(now clock.Time, s *Segment) {
	c.cnt.TCPPureAcks += b2u(s.Len == 0)
	d, r, acked := c.traffic(), &c.data.run.run[0], c.buf.len
	measured := now.Sub(r.at)
	c.delivered += c.segments(r.len())
	d.rack.last(r, measured)
	c.rtt.sample(measured)
	c.backoff, c.retries, c.stuck = 0, 0, 0
	if d.soft != nil {
		d.soft = nil
	}
	d.stats.bytesAcked += uint64(acked)
	d.rate.take(r)
	rate, appLimited := d.rate.sample(now, acked, c.rtt.min)
	c.buf.release(c.queues)
	c.out = inflight{} // nothing is borrowed for a lone run
	c.sndUna, c.smallSent = s.Ack, false
	c.rtoAt, c.lossAt, c.lossTimer = clock.Never, clock.Never, timerNone
	c.updateSendWindow(s)
	d.rack.progress(s.Ack)
	c.growWindow(now, acked, acked, measured, rate, appLimited)
	c.events |= Writable
	c.noteIdle(now)
}

// textUsual is text.
func (c *Conn) textUsual(now clock.Time, s *Segment) {
	c.rcvMSS = max(c.rcvMSS, int32(min(s.Len, segmentLen(s))))
	d := c.traffic()
	d.lastReceived = now
	c.rightSize(now, s, s.Len)
	if b := s.Packet.Head()[s.HeaderLen:]; len(b) > 0 {
		c.in.appendBytes(c.queues, &d.arrived, b)
	}
	for _, f := range s.Packet.Frags() {
		f.Slab.Retain()
		c.in.appendFrag(c.queues, &d.arrived, f)
	}
	c.rcvNxt = c.rcvNxt.Add(s.Len)
	if c.wasteful() {
		c.collapse()
	}
	d.stats.bytesReceived += uint64(s.Len)
	c.events |= Readable
	c.scheduleAck(now, s.Len)
}

// outputUsual is output if nothing is on its way, and no more is to be sent than what one
// segment takes: a request, an answer, an acknowledgement, or nothing. Otherwise it reports
// false, and there is something left for output.
func (c *Conn) outputUsual(now clock.Time, sink Sink) bool {
	if c.state != Established || !c.out.empty() || c.search() != nil ||
		c.rstQueued || c.synQueued || c.probeNow || c.probeTailNow || c.newFirst || c.pushNow || c.moreAcks > 0 ||
		c.early != nil || c.dupPending || c.useECN { // they make headers longer, or other ones
		return false
	}
	if n := c.buf.len; n > 0 {
		if n > c.cwnd.MSS || n > c.sndWnd || n > c.buf.first() || c.cwnd.PacingRate > 0 || c.corked() {
			return false
		}
		timeout := c.timeout()
		if now.Sub(c.lastSent()) > timeout {
			c.restart(now)
		}
		if !c.pingPong {
			c.noteAnswer(now)
		}
		flags := wire.FlagACK
		if !c.more {
			flags |= wire.FlagPSH
		}
		c.emitUsual(now, sink, n, flags)
		c.noteAlone(now, n, timeout)
	}
	if c.ackNow {
		c.emitUsual(now, sink, 0, wire.FlagACK)
	}
	return true
}

// Quiet reports whether Output has nothing to do for certain, as after a short message that
// waits for its answer: nothing is written or on its way, nothing is to be said, and nothing
// is held that the host counts.
func (c *Conn) Quiet() bool {
	return c.buf.len == 0 && c.state == Established && !c.ackNow && c.in.held|c.held == 0 && c.early == nil &&
		!(c.rstQueued || c.synQueued || c.probeNow || c.probeTailNow || c.newFirst || c.pushNow || c.override) &&
		c.moreAcks == 0 && c.search() == nil
}

// noteAlone is noteSent and noteOutput for n bytes that were sent with nothing on its way, and
// after which nothing is left to send.
func (c *Conn) noteAlone(now clock.Time, n int, timeout time.Duration) {
	d := c.traffic()
	r := c.out.begin(&d.run)
	r.seq, r.end, r.at, r.size, r.mark = c.sndNxt, c.sndNxt.Add(n), now, 0, 0
	d.rate.send(r, now, true)
	d.rate.limit(n)
	c.recovery.sent(n)
	c.sndNxt = r.end
	if n != c.cwnd.MSS {
		c.smallEnd, c.smallSent = r.end, true
	}
	c.maxOut, c.maxOutSeq, c.limited = int32(n), r.end, false
	c.override = false
	d.lastSent = now
	d.stats.bytesSent += uint64(n)
	kind := busy
	if n > BriefSize { // otherwise the send buffer is not full
		kind = c.waitsFor(false)
	}
	d.stats.busy.become(kind, now)
	if c.rtoAt == clock.Never {
		c.rtoAt = now.Add(timeout)
	}
	c.scheduleProbe(now)
	if c.set.NotSentLowat > 0 {
		c.noteUnsent()
	}
}

// emitUsual is emit for outputUsual: it sends the first n bytes of the send buffer, which are
// new and lie in one place, or an acknowledgement.
func (c *Conn) emitUsual(now clock.Time, sink Sink, n int, flags wire.TCPFlags) {
	w := c.window()
	if w == 0 || c.zeroWindow {
		c.emit(now, sink, c.sndNxt, n, flags, n > 0)
		return
	}
	p, optLen, few := sink.Packet(), 0, 0
	if c.useTS {
		optLen = timestampsLen
	}
	if n <= BriefSize && c.buf.brief() {
		few = n
	}
	h := p.Append(wire.TCPMinLen + optLen + few)
	wire.PutTCP(h, &wire.TCPFields{
		SrcPort: c.localPort, DstPort: c.remotePort, Seq: uint32(c.sndNxt), Ack: uint32(c.rcvNxt),
		Flags: flags, Window: uint16(w >> c.rcvScale),
	}, optLen)
	if c.useTS {
		c.putTimestamps(h[wire.TCPMinLen:], now)
	}
	if n > 0 {
		c.sentSize = uint16(c.mss - optLen)
		d := c.traffic()
		if few > 0 {
			copy(h[wire.TCPMinLen+optLen:], d.written[:n])
		} else {
			c.buf.attachFirst(p, n)
		}
		d.stats.dataSegsOut++
	}
	p.Checksum, p.ChecksumOffset = packet.ChecksumPartial, wire.TCPChecksumOffset
	wire.TCP(h).SetChecksum(wire.Fold(uint64(c.pseudo) + uint64(wire.TCPMinLen+optLen+n)))
	if edge := c.rcvNxt.Add(w); c.rcvAdv.Less(edge) {
		c.rcvAdv = edge
	}
	c.lastAckSent, c.ackNow, c.ackAt, c.unacked = c.rcvNxt, false, clock.Never, 0
	c.segsOut++
	c.cnt.OutSegs++
	sink.Send(p, 0)
}
