package tcp

import (
	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// text is "Seventh, process the segment text" and "Eighth, check the FIN bit".
func (c *Conn) text(now clock.Time, s *Segment) {
	if s.Len == 0 && !s.has(wire.FlagFIN) {
		return
	}
	switch c.state {
	case Established, FinWait1, FinWait2:
	default:
		return // the peer's FIN came before: there is no more text
	}
	if s.Len > 0 && c.userClosed && c.rcvNxt.Less(s.Seq.Add(s.Len)) {
		// Nobody will ever read it (RFC 9293, section 3.6.1: "its TCP SHOULD
		// send a RST to show that data was lost").
		c.cnt.TCPAbortOnData++
		c.Abort()
		return
	}
	seen := c.rcvNxt
	lo, hi := s.Seq.Max(c.rcvNxt), s.Seq.Add(s.Len).Min(c.rcvAdv)
	if s.has(wire.FlagFIN) && s.Seq.Add(s.Len).LessEq(c.rcvAdv) {
		c.finKnown, c.finAt = true, s.Seq.Add(s.Len)
		// RFC 5681, section 4.2: what comes out of order is answered at once.
		c.ackNow = c.ackNow || c.rcvNxt.Less(s.Seq)
	}
	if lo.Less(hi) {
		hi = c.admit(lo, hi)
	}
	if lo.Less(hi) {
		c.rcvMSS = max(c.rcvMSS, int32(min(s.Len, segmentLen(s))))
		c.traffic().lastReceived = now
		c.rightSize(now, s, hi.Sub(lo))
		c.ecnInput(s)
		if s.Seq.Less(c.rcvNxt) {
			c.reportDuplicate(s.Seq, lo)
		}
		if lo == c.rcvNxt {
			c.inOrder(s, lo, hi)
			if c.readClosed {
				c.in.release(c.queues)
			}
		} else {
			c.outOfOrder(s, lo, hi)
		}
	}
	if s.Len > 0 && hi.LessEq(lo) || hi.Less(s.Seq.Add(s.Len)) {
		// Nothing new, since the acknowledgement was lost, or more than the
		// window takes: the peer should know at once where it stands.
		c.ackNow = true
	}
	if c.wasteful() {
		c.collapse()
	}
	if c.mem.pressure() {
		c.settle() // what comes with it in one batch is held to the limit as well
	}
	n := c.rcvNxt.Sub(seen)
	if c.finKnown && c.rcvNxt == c.finAt {
		c.receiveFIN(now)
	}
	if n > 0 {
		c.traffic().stats.bytesReceived += uint64(n)
		c.events |= Readable
		c.scheduleAck(now, n)
	}
}

// segmentLen returns the payload of one segment on the wire of s, which may be
// several in one.
func segmentLen(s *Segment) int {
	if s.Packet.Segmentation == packet.SegmentTCP {
		return int(s.Packet.SegmentSize)
	}
	return s.Len
}

// inOrder queues the bytes [lo, hi) of s, which come next, and what waited for
// them.
func (c *Conn) inOrder(s *Segment, lo, hi Seq) {
	few := &c.traffic().arrived
	eachPiece(s, lo, hi, func(_ Seq, b []byte, f packet.Frag) {
		if f.Slab == nil {
			c.in.appendBytes(c.queues, few, b)
			return
		}
		f.Slab.Retain()
		c.in.appendFrag(c.queues, few, f)
	})
	c.rcvNxt = hi
	if c.early != nil {
		c.rcvNxt = c.early.drain(c.queues, hi, &c.in, few)
		c.ackNow = true // RFC 5681, section 4.2: a gap is filled
		if len(c.early.pieces) == 0 {
			c.dropEarly()
		}
	}
}

// outOfOrder keeps the bytes [lo, hi) of s until their turn. RFC 5681, section
// 4.2: "Out-of-order data segments SHOULD be acknowledged immediately".
func (c *Conn) outOfOrder(s *Segment, lo, hi Seq) {
	if c.ackNow && !c.useSACK && c.moreAcks < 255 {
		// A sender without SACK counts duplicate acknowledgements: one for a
		// batch would hide the loss from it.
		c.moreAcks++
	}
	c.ackNow = true
	c.leaveQuiet()
	if c.early == nil {
		c.early = &reorderQueue{}
	}
	added, room := 0, true
	eachPiece(s, lo, hi, func(at Seq, b []byte, f packet.Frag) {
		n, ok := c.early.insert(at, b, f)
		added += n
		room = room && ok
	})
	c.early.touch(lo)
	c.traffic().stats.rcvOOO += segmentsOf(s)
	switch {
	case !room:
		c.cnt.TCPOFODrop++
	case added == 0:
		c.cnt.TCPOFOMerge++
		c.reportDuplicate(lo, hi)
	default:
		c.cnt.TCPOFOQueue++
	}
}

// dropEarly forgets what came before its turn.
//
//go:noinline // hardly ever happens
func (c *Conn) dropEarly() {
	if c.early != nil {
		c.early.release()
		c.early = nil
	}
}

// eachPiece calls f with the bytes [lo, hi) of s, a piece for each place that
// they lie in: in the packet itself, or in a slab that frag names.
func eachPiece(s *Segment, lo, hi Seq, f func(at Seq, b []byte, frag packet.Frag)) {
	at := s.Seq
	if b := s.Packet.Head()[s.HeaderLen:]; len(b) > 0 {
		from, to := max(lo.Sub(at), 0), min(hi.Sub(at), len(b))
		if from < to {
			f(at.Add(from), b[from:to], packet.Frag{})
		}
		at = at.Add(len(b))
	}
	for _, g := range s.Packet.Frags() {
		from, to := max(lo.Sub(at), 0), min(hi.Sub(at), int(g.Len))
		if from < to {
			f(at.Add(from), g.Bytes()[from:to], packet.Frag{Slab: g.Slab, Off: g.Off + int32(from), Len: int32(to - from)})
		}
		at = at.Add(int(g.Len))
	}
}

// receiveFIN is "Eighth, check the FIN bit", once everything before it is here.
func (c *Conn) receiveFIN(now clock.Time) {
	c.rcvNxt++
	if c.rcvAdv.Less(c.rcvNxt) {
		c.rcvAdv = c.rcvNxt
	}
	c.finKnown = false
	c.gotFIN = true
	c.ackNow = true
	c.dropEarly() // beyond the FIN: nonsense
	c.events |= Readable
	switch c.state {
	case Established:
		c.state = CloseWait
	case FinWait1:
		// Its acknowledgement of our FIN was dealt with before.
		c.state = Closing
	case FinWait2:
		c.timeWait(now)
	}
}

// scheduleAck decides when the n bytes that just arrived are acknowledged.
func (c *Conn) scheduleAck(now clock.Time, n int) {
	c.unacked += int32(n)
	switch {
	case c.ackNow:
	case c.unacked > c.rcvMSS:
		// RFC 9293, section 3.8.6.3: "an ACK SHOULD be generated for at least
		// every second full-sized segment".
		c.ackNow = true
	case c.quick > 0 && !c.pingPong:
		c.quick--
		c.ackNow = true
	case c.ackAt == clock.Never:
		c.ackAt = now.Add(c.set.DelayedAck)
		c.cnt.DelayedACKs++
	}
}

// leaveQuiet makes the next segments be acknowledged at once: the peer is
// recovering from a loss and counts on it.
func (c *Conn) leaveQuiet() {
	if c.set.QuickAck > 0 {
		c.quick = int16(c.set.QuickAck)
		c.pingPong = false
	}
}
