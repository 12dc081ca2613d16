package tcp

import (
	"encoding/binary"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// Output hands every segment that is due to sink. It is called after any other
// method, once for many of them.
func (c *Conn) Output(now clock.Time, sink Sink) {
	if !c.outputUsual(now, sink) {
		c.output(now, sink)
	}
	c.settle()
}

func (c *Conn) output(now clock.Time, sink Sink) {
	switch {
	case c.state == Closed:
		return
	case c.rstQueued:
		c.cnt.OutRsts++
		c.emit(now, sink, c.sndNxt, 0, wire.FlagRST|wire.FlagACK, false)
		c.finish(nil)
		return
	case c.synQueued:
		c.sendSYN(now, sink)
		if !c.Early() {
			return
		}
	}
	if c.transmits() {
		if c.probeTailNow {
			c.probeTail(now, sink)
		}
		if c.newFirst || c.out.lost > c.out.resent {
			c.resend(now, sink)
		}
		c.sendNew(now, sink)
	}
	if c.probeNow {
		// A sequence number that the peer has seen already makes it answer.
		c.probeNow = false
		c.emit(now, sink, c.sndUna-1, 0, wire.FlagACK, false)
	}
	if c.ackNow {
		c.emit(now, sink, c.sndNxt, 0, wire.FlagACK, false)
	}
	for ; c.moreAcks > 0; c.moreAcks-- {
		c.emit(now, sink, c.sndNxt, 0, wire.FlagACK, false)
	}
}

// sendSYN sends the SYN or SYN-ACK of the present state.
func (c *Conn) sendSYN(now clock.Time, sink Sink) {
	c.synQueued = false
	flags, data := wire.FlagSYN, 0
	if c.state == SynReceived {
		flags |= wire.FlagACK
	} else {
		data = min(c.buf.len, int(c.fo.maxData))
	}
	if c.sndNxt == c.iss {
		c.sndNxt = c.iss + 1
		c.synAt = now
		if c.fo.early {
			c.sndUna = c.sndNxt // what is in flight does not count the SYN
		}
	} else if c.synSent {
		c.synResent = true
		c.traffic().stats.totalRetrans++
		c.cnt.RetransSegs++
	}
	c.synSent = true
	if n := c.emit(now, sink, c.iss, data, flags, false); n > 0 {
		c.fo.sent = int32(n)
		c.sndNxt = c.sndNxt.Add(n)
		c.traffic().stats.bytesSent += uint64(n)
	}
	c.rtoAt = now.Add(c.timeout())
}

// pipe returns how many bytes are on the way (RFC 6675, section 4).
func (c *Conn) pipe() int {
	return c.sndNxt.Sub(c.sndUna) - int(c.out.sacked+c.out.lost-c.out.resent) - c.renoSacked
}

// resend sends what was taken for lost, the earliest first, as far as the
// congestion window allows.
func (c *Conn) resend(now clock.Time, sink Sink) {
	if c.newFirst {
		c.newFirst = false
		return
	}
	for i := c.out.find(c.out.nextLost); i < len(c.out.live()) && c.out.lost > c.out.resent; i++ {
		r := c.out.live()[i]
		if r.mark&(markLost|markResent) != markLost {
			continue
		}
		c.out.nextLost = r.seq
		if r.seq != c.sndUna && c.sndUna.Add(c.sndWnd).LessEq(r.seq) {
			return // the window has closed on it: the first one probes
		}
		room := c.cwnd.Window - c.pipe()
		if room < min(r.len(), c.cwnd.MSS) || c.paced(now) {
			return
		}
		segs := c.sendAgain(now, sink, i, min(r.len(), max(room/c.cwnd.MSS*c.cwnd.MSS, c.cwnd.MSS)))
		if c.recovery.state == caLoss {
			c.cnt.TCPSlowStartRetrans += segs
		} else {
			c.cnt.TCPFastRetrans += segs
		}
	}
}

// sendAgain sends the first n bytes of run i of c.out again, and returns how many
// segments that were.
func (c *Conn) sendAgain(now clock.Time, sink Sink, i, n int) (segs uint64) {
	r := c.out.live()[i]
	data, flags := n, wire.FlagACK
	if r.mark&markFIN != 0 && n == r.len() {
		data--
		flags |= wire.FlagFIN
	}
	if data > 0 && (r.seq.Add(data) == c.buf.end() || r.mark&markPush != 0 && n == r.len()) {
		flags |= wire.FlagPSH
	}
	if got := c.emit(now, sink, r.seq, data, flags, false); got < data {
		n = got
	}
	if n == 0 {
		return 0
	}
	if n < r.len() {
		c.out.split(i, r.seq.Add(n))
	}
	set := markRetrans
	if r.mark&markRetrans != 0 {
		set |= markTwice
	}
	if r.mark&markLost != 0 {
		set |= markResent
	}
	c.out.setMark(i, set, markExcused)
	c.probeResent(r.seq, r.seq.Add(n))
	again := &c.out.live()[i]
	again.at, again.size = now, c.sentSize
	d := c.traffic()
	d.rate.send(again, now, false)
	c.notePaced(now, n)
	segs = uint64((n + c.cwnd.MSS - 1) / c.cwnd.MSS)
	d.stats.totalRetrans += segs
	d.stats.bytesRetrans += uint64(n)
	c.cnt.RetransSegs += segs
	c.recovery.sent(n)
	c.noteResent(n)
	if i == 0 || c.rtoAt == clock.Never {
		// RFC 6675, section 6: the timer is for this copy now.
		c.rtoAt = now.Add(c.timeout())
	}
	return segs
}

// sendOne sends one segment of new data whatever the congestion window says, if
// there is any that the peer takes.
func (c *Conn) sendOne(now clock.Time, sink Sink) {
	n := min(c.buf.end().Sub(c.sndNxt), c.sndUna.Add(c.sndWnd).Sub(c.sndNxt), c.cwnd.MSS)
	if c.finSent || n <= 0 {
		return
	}
	flags := wire.FlagACK
	if c.sndNxt.Add(n) == c.buf.end() {
		flags |= wire.FlagPSH
	}
	c.noteSent(now, c.emit(now, sink, c.sndNxt, n, flags, true), false)
}

// sendNew sends what was not sent yet, as far as the peer's window, the
// congestion window and Nagle's algorithm allow.
func (c *Conn) sendNew(now clock.Time, sink Sink) {
	// In SYN-RECEIVED the FIN waits until the peer has acknowledged.
	closing := c.finQueued && c.state.synchronized()
	blocked := false
	if c.buf.end() != c.sndNxt || closing && !c.finSent || c.search() != nil {
		blocked = c.fill(now, sink, closing)
	}
	if c.rtoAt == clock.Never && c.out.empty() && !c.finSent && (closing || c.buf.end() != c.sndNxt) {
		// Nothing on the way that the peer would answer, and something to send: the
		// window is closed, or too small (RFC 9293, section 3.8.6.1), or the user
		// holds it back.
		if c.sndUna.Add(c.sndWnd).Sub(c.sndNxt) < c.cwnd.MSS {
			c.rtoAt = now.Add(c.timeout())
		} else if c.corked() {
			c.rtoAt = now.Add(corkLimit)
		}
	}
	c.noteOutput(now, blocked)
}

// noteOutput takes note of what is on its way, after everything was sent that could be, and
// of what the connection waits for. blocked says that the congestion window or pacing kept it
// from sending more. Where nothing is left to send or to acknowledge, noteIdle has done so.
func (c *Conn) noteOutput(now clock.Time, blocked bool) {
	c.override, c.pushNow = false, false
	if c.buf.len == 0 {
		return
	}
	inFlight := c.pipe()
	if c.maxOutSeq.LessEq(c.sndUna) || inFlight > int(c.maxOut) {
		c.maxOut, c.maxOutSeq, c.limited = int32(inFlight), c.sndNxt, blocked
	} else if blocked {
		c.limited = true
	}
	if c.set.NotSentLowat > 0 {
		c.noteUnsent()
	}
	d := c.traffic()
	d.stats.busy.become(c.waitsFor(blocked), now)
	if !blocked && c.unsent() < c.cwnd.MSS && c.out.lost <= c.out.resent {
		d.rate.limit(inFlight) // the user has nothing more to send, and could
	}
}

// noteIdle takes note that all is acknowledged that the user has written.
func (c *Conn) noteIdle(now clock.Time) {
	d := c.traffic()
	d.stats.busy.become(idle, now)
	d.rate.limit(0)
}

// fill sends new data, and reports whether the congestion window, pacing, or a probe that
// waits for room, kept it from sending more. closing: a FIN follows.
func (c *Conn) fill(now clock.Time, sink Sink, closing bool) (blocked bool) {
	if c.out.empty() && now.Sub(c.lastSent()) > c.rtt.srtt { // the timeout is longer
		c.restart(now)
	}
	if c.search() != nil && c.probeMTU(now, sink) {
		return true
	}
	for !c.finSent {
		unsent := c.buf.end().Sub(c.sndNxt)
		if unsent == 0 && !closing {
			break
		}
		size := c.cwnd.MSS
		window := c.sndUna.Add(c.sndWnd).Sub(c.sndNxt)
		room := c.cwnd.Window - c.pipe()
		if window <= 0 || len(c.out.live()) >= maxRuns {
			break
		}
		if c.cwnd.PacingRate > 0 && c.paced(now) {
			return true
		}
		n := min(unsent, window)
		if n > size {
			n = min(n, max(size, min(int(c.maxSegment)-(c.mss-size), c.burst())))
		}
		if n > room {
			if room < size {
				return true
			}
			n = room
		}
		if n > size && (n < unsent || !closing && c.nagleHolds()) {
			n -= n % size
		}
		if n < size && (n < unsent || !closing) && !c.worthSending(n, unsent) {
			break
		}
		flags := wire.FlagACK
		fin := closing && n == unsent && n < window
		if n == unsent {
			if n > 0 && !c.more {
				flags |= wire.FlagPSH
			}
			if fin {
				flags |= wire.FlagFIN
			}
		}
		if n > 0 && !c.pingPong {
			c.noteAnswer(now)
		}
		got := c.emit(now, sink, c.sndNxt, n, flags, n > 0)
		if got < n {
			// The bytes lie in more places than a packet refers to: the
			// segment was cut short, and the rest follows.
			fin = false
			n = got
		}
		c.noteSent(now, n, fin)
		if n%size != 0 && !fin {
			c.smallEnd, c.smallSent = c.sndNxt, true
		}
	}
	return false
}

// restart brings the congestion window down after an idle time, in which the path
// may have changed: halved for each timeout that has passed, down to the initial
// window (RFC 2861, section 2; RFC 5681, section 4.1). The threshold remembers.
func (c *Conn) restart(now clock.Time) {
	if c.buf.end() == c.sndNxt || c.set.NoSlowStartAfterIdle {
		return
	}
	idle, rto := now.Sub(c.lastSent()), c.timeout()
	if idle <= rto {
		return
	}
	if d := c.traffic(); d.control != nil {
		d.control.OnIdle(idle)
	}
	c.cwnd.Threshold = max(c.cwnd.Threshold, c.cwnd.Window*3/4)
	least := min(c.cwnd.Window, c.set.InitialWindow*c.cwnd.MSS)
	for ; idle > rto && c.cwnd.Window > least; idle -= rto {
		c.cwnd.Window = max(c.cwnd.Window/2, least)
	}
}

// burst returns how many bytes go in one super-segment: about what the path takes
// in a millisecond, so that a long path is not hit with 64 KiB at once, and no more
// than half of the window, so that acknowledgements keep coming.
func (c *Conn) burst() int {
	rate := c.pacingRate()
	if rate == 0 {
		return max(c.cwnd.Window/c.cwnd.MSS/2, 1) * c.cwnd.MSS
	}
	segs := max(rate/1000/int64(c.cwnd.MSS), int64(c.set.MinTSOSegs))
	return int(min(segs, max(int64(c.cwnd.Window/c.cwnd.MSS/2), 1), maxPacket)) * c.cwnd.MSS
}

// noteSent records that n bytes, and perhaps the FIN, went out from sndNxt on.
func (c *Conn) noteSent(now clock.Time, n int, fin bool) {
	d, idle := c.traffic(), c.out.empty()
	r := c.out.add(c.queues, &d.run)
	r.seq, r.end, r.at, r.size, r.mark = c.sndNxt, c.sndNxt.Add(n), now, 0, 0
	if n > int(c.sentSize) {
		r.size = c.sentSize
	}
	if fin {
		r.end++
		r.mark = markFIN
		c.finSent = true
	}
	d.rate.send(r, now, idle)
	if c.cwnd.PacingRate > 0 {
		c.notePaced(now, n)
	}
	c.sndNxt = r.end
	c.recovery.sent(n)
	d.lastSent = now
	d.stats.bytesSent += uint64(n)
	// RFC 6298, section 5.1: "if the timer is not running, start it".
	if c.rtoAt == clock.Never {
		c.rtoAt = now.Add(c.timeout())
	}
	c.scheduleProbe(now)
}

// worthSending decides for a segment that is not full, of n bytes out of unsent
// (RFC 9293, section 3.8.6.2.1, and Nagle's algorithm, section 3.7.4).
func (c *Conn) worthSending(n, unsent int) bool {
	if c.override {
		return true
	}
	if n == unsent {
		return !c.nagleHolds()
	}
	// The window ends here. Waiting for more of it is right, unless this is as
	// much as the peer ever offers.
	return c.out.empty() && n >= c.maxSndWnd/2
}

// nagleHolds reports whether a small segment must wait: the user wants it to, or one is on the way
// already. Full ones on the way do not count (Minshall's variant), since they
// will be acknowledged without delay.
func (c *Conn) nagleHolds() bool {
	return c.corked() || !c.noDelay && c.smallSent && c.sndUna.Less(c.smallEnd)
}

// noteAnswer turns the connection to delayed acknowledgements if the user
// answers what arrived a moment ago: the next answer will carry them.
func (c *Conn) noteAnswer(now clock.Time) {
	if d := c.traffic(); d.stats.bytesReceived > 0 && now.Sub(d.lastReceived) < c.set.DelayedAck {
		c.pingPong = true
	}
}

// window returns the receive window to advertise, in bytes, before scaling.
func (c *Conn) window() int {
	cur := max(c.rcvAdv.Sub(c.rcvNxt), 0)
	free := c.offer(c.clamped(c.rcvBufSize - c.in.len))
	if c.Early() {
		free = min(free, earlyWindow)
	}
	// The right edge never moves back (RFC 9293, section 3.8.6), and forward
	// only in steps worth a segment (section 3.8.6.2.2).
	unit := 1 << c.rcvScale
	if free-cur >= min(c.clamped(c.rcvBufSize)/2, max(int(c.rcvMSS), unit)) {
		return min(free>>c.rcvScale, 65535) << c.rcvScale
	}
	// What was advertised may not be a multiple of the unit any more. Rounding
	// up lends less than a unit; it is lent only once, or a peer who sends less
	// than a unit at a time would never find the window closed. Rounded down,
	// the advertised edge seems to move back by less than a unit (RFC 7323,
	// section 2.4), while what was promised is still accepted.
	w := (cur + unit - 1) &^ (unit - 1)
	if w > cur && w >= free+unit {
		w -= unit
	}
	return min(w, 65535<<c.rcvScale)
}

// initialWindow returns the window of a SYN: the buffer in whole segments, as far as
// that fits without scaling.
func (c *Conn) initialWindow() int {
	w := c.clamped(c.rcvBufSize)
	if w > int(c.advMSS) {
		w -= w % int(c.advMSS)
	}
	return min(w, 65535)
}

// timestamp returns the value to send in a timestamp option: milliseconds.
func (c *Conn) timestamp(now clock.Time) uint32 {
	return uint32(time.Duration(now)/time.Millisecond) + c.tsOffset
}

// emit sends one segment with n bytes of payload from seq on, and returns how
// many it took: fewer if the packet has no place for the pieces they lie in. fresh
// says that they were never sent before.
func (c *Conn) emit(now clock.Time, sink Sink, seq Seq, n int, flags wire.TCPFlags, fresh bool) int {
	p := sink.Packet()
	if !fresh {
		p.Note = c.note(seq, n, flags)
	}
	h := p.Append(wire.TCPMinLen)
	optLen := c.putOptions(now, p, flags)
	f := wire.TCPFields{
		SrcPort: c.localPort, DstPort: c.remotePort,
		Seq: uint32(seq), Flags: flags,
	}
	if flags&wire.FlagACK != 0 {
		f.Ack = uint32(c.rcvNxt)
	}
	tos, w := uint8(0), 0
	if c.useECN || flags&wire.FlagSYN != 0 {
		f.Flags |= c.ecnFlags(flags, fresh)
		tos = c.ecnTOS(fresh)
	}
	switch {
	case flags&wire.FlagSYN != 0:
		w = c.initialWindow()
		f.Window = uint16(w)
	case flags&wire.FlagRST != 0:
	default:
		w = c.window()
		f.Window = uint16(w >> c.rcvScale)
		if c.zeroWindow != (w == 0) {
			c.zeroWindow = w == 0
			if w == 0 {
				c.cnt.TCPToZeroWindowAdv++
			} else {
				c.cnt.TCPFromZeroWindowAdv++
			}
		}
	}
	if edge := c.rcvNxt.Add(w); c.rcvAdv.Less(edge) {
		c.rcvAdv = edge
	}
	segs := 1
	if n > 0 {
		size := c.mss - optLen
		if flags&wire.FlagSYN != 0 {
			seq++
			size = n // the segment size is not known yet
		}
		c.sentSize = uint16(size)
		got := c.buf.attach(p, &c.traffic().written, seq, min(n, max(size, int(c.maxSegment)-optLen)))
		if got < n {
			f.Flags &^= wire.FlagPSH | wire.FlagFIN
			n = got
		}
		if n > size {
			p.Segmentation, p.SegmentSize = packet.SegmentTCP, uint16(size)
			segs = (n + size - 1) / size
			// The last of a burst: a receiver that joins segments need not
			// wait for more, as Linux tells it.
			f.Flags |= wire.FlagPSH
		}
	}
	wire.PutTCP(h, &f, optLen)
	total := wire.TCPMinLen + optLen + n
	p.Checksum, p.ChecksumOffset = packet.ChecksumPartial, wire.TCPChecksumOffset
	wire.TCP(h).SetChecksum(wire.Fold(uint64(c.pseudo) + uint64(total)))

	if flags&wire.FlagACK != 0 {
		c.lastAckSent = c.rcvNxt
		c.ackNow = false
		c.ackAt = clock.Never
		c.unacked = 0
	}
	c.segsOut += uint32(segs)
	if n > 0 {
		c.traffic().stats.dataSegsOut += uint32(segs)
	}
	c.cnt.OutSegs += uint64(segs)
	sink.Send(p, tos)
	return n
}

// timestampsLen is the length of the timestamps option with two NOPs before it, in bytes.
const timestampsLen = 12

// timestampsStart is how it begins: two NOPs, its kind, and its length.
const timestampsStart = 0x0101080a

// putTimestamps writes the timestamps option as most stacks do (RFC 7323, appendix A).
func (c *Conn) putTimestamps(b []byte, now clock.Time) {
	_ = b[timestampsLen-1]
	binary.BigEndian.PutUint32(b, timestampsStart)
	binary.BigEndian.PutUint32(b[4:], c.timestamp(now))
	binary.BigEndian.PutUint32(b[8:], c.tsRecent)
}

// putOptions appends the options of a segment with these flags to p, and returns
// their length in bytes.
func (c *Conn) putOptions(now clock.Time, p *packet.Packet, flags wire.TCPFlags) int {
	if flags&wire.FlagSYN == 0 && c.early == nil && !c.dupPending {
		if !c.useTS {
			return 0
		}
		c.putTimestamps(p.Append(timestampsLen), now)
		return timestampsLen
	}
	var o wire.TCPOptions
	if flags&wire.FlagSYN != 0 {
		o.MSS = uint16(c.advMSS)
		// A SYN offers what the settings allow; a SYN-ACK what both do.
		if c.state == SynSent {
			o.SACKPermitted = !c.set.NoSACK
			o.HasTimestamps = !c.set.NoTimestamps
			o.HasScale = !c.set.NoWindowScaling
		} else {
			o.SACKPermitted, o.HasTimestamps, o.HasScale = c.useSACK, c.useTS, c.useScale
		}
		o.WindowScale = c.rcvScale
		o.FastOpen, o.Cookie = c.fo.option, c.fo.cookie.bytes()
	} else {
		o.HasTimestamps = c.useTS
		if c.useSACK {
			c.putSACK(&o)
		}
	}
	if o.HasTimestamps {
		o.TSVal, o.TSEcr = c.timestamp(now), c.tsRecent
	}
	var b [40]byte
	n := wire.PutTCPOptions(b[:], &o)
	copy(p.Append(n), b[:n])
	return n
}
