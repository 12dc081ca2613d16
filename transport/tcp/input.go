package tcp

import (
	"syscall"
	"time"

	"thinnet/clock"
	"thinnet/wire"
)

// invalidInterval is how often, at most, one connection answers segments that
// are not acceptable (RFC 5961, section 7; Linux's tcp_invalid_ratelimit).
const invalidInterval = 500 * time.Millisecond

// OpenPassive begins a connection for the SYN s that a listener was sent
// (RFC 9293, section 3.10.7.2): the state becomes SYN-RECEIVED.
func (c *Conn) OpenPassive(now clock.Time, cfg *Config, s *Segment) {
	c.init(cfg)
	c.passive = true
	c.state = SynReceived
	c.lastReceived = now
	c.irs = s.Seq
	c.rcvNxt = s.Seq + 1
	c.rcvAdv = c.rcvNxt
	c.agree(now, s)
	c.sndWnd, c.maxSndWnd = s.Window, s.Window
	c.sndWl1 = s.Seq
	c.synQueued = true
	if cfg.FastOpen.Accept {
		c.acceptEarly(now, s)
	}
}

// agree takes the options of the peer's SYN.
func (c *Conn) agree(now clock.Time, s *Segment) {
	o := &s.Options
	c.ecnSYN(s)
	if o.MSS != 0 {
		c.peerMSS = int32(o.MSS)
	}
	if n := c.set.MaxSegment; n != 0 {
		c.peerMSS = min(c.peerMSS, int32(n))
	}
	c.fitSegments()
	if c.set.MTUProbing == MTUProbingAlways {
		c.searchMTU(now, c.pathKnown)
	}
	if o.HasTimestamps && !c.set.NoTimestamps {
		c.useTS = true
		c.tsRecent, c.tsRecentAge = o.TSVal, now
		if c.data != nil {
			c.data.tsMark = tsMark{o.TSVal, c.irs} // data went with our SYN
		}
	}
	c.useSACK = o.SACKPermitted && !c.set.NoSACK
	if o.HasScale && !c.set.NoWindowScaling {
		c.useScale = true
		c.sndScale = min(o.WindowScale, maxScale)
	} else {
		c.rcvScale = 0
	}
}

// establish enters ESTABLISHED.
func (c *Conn) establish(now clock.Time) {
	c.state = Established
	c.events |= Connected | Writable
	if c.synQueued {
		// In one batch both open, and the peer acknowledges our SYN: what was to
		// follow it is an acknowledgement by now.
		c.synQueued, c.ackNow = false, true
	}
	initial := c.set.InitialWindow
	if c.synResent {
		// RFC 5681, section 3.1: "If the SYN or SYN/ACK is lost, the initial
		// window used by a sender after a correctly transmitted SYN MUST be
		// one segment".
		initial = 1
	}
	c.backoff, c.retries, c.stuck = 0, 0, 0
	c.rtoAt = clock.Never
	if !c.fo.early {
		c.startWindow(initial)
	} else if !c.out.empty() {
		c.rtoAt = now.Add(c.timeout())
	}
	c.recoveredFromRTO(now)
	c.SetKeepAlive(now, c.keep)
	if c.finQueued {
		c.state = FinWait1
	}
}

// Input takes a segment that arrived for the connection, and its packet. The
// order is that of RFC 9293, section 3.10.7.
func (c *Conn) Input(now clock.Time, s *Segment) {
	segs := segmentsOf(s)
	c.segsIn += segs
	if s.Len > 0 && c.state != Closed {
		c.traffic().stats.dataSegsIn += segs
	}
	switch c.state {
	case Closed, Listen:
	case SynSent:
		c.inputSynSent(now, s)
	default:
		if c.usual(s) {
			c.inputUsual(now, s)
		} else {
			c.inputOther(now, s)
		}
	}
	s.Packet.Release()
}

// inputSynSent is section 3.10.7.3.
func (c *Conn) inputSynSent(now clock.Time, s *Segment) {
	// "First, check the ACK bit"
	if s.has(wire.FlagACK) && (s.Ack.LessEq(c.iss) || c.sndNxt.Less(s.Ack)) {
		// The caller answers with a reset, as for a segment of no connection.
		return
	}
	// "Second, check the RST bit"
	if s.has(wire.FlagRST) {
		if s.has(wire.FlagACK) {
			c.finish(syscall.ECONNREFUSED)
		}
		return
	}
	// "Fourth, check the SYN bit"
	if !s.has(wire.FlagSYN) {
		return
	}
	c.lastReceived = now
	c.irs = s.Seq
	c.rcvNxt = s.Seq + 1
	c.rcvAdv = c.rcvNxt.Add(c.initialWindow())
	c.agree(now, s)
	c.sndWnd, c.maxSndWnd = s.Window, s.Window // of a SYN: never scaled
	c.sndWl1 = s.Seq
	if !s.has(wire.FlagACK) {
		// Both ends have called OPEN: "enter SYN-RECEIVED, form a SYN,ACK
		// segment and send it".
		c.state = SynReceived
		c.synQueued, c.synSent = true, false
		c.fo.option = false
		return
	}
	c.noteReply(s)
	c.measureHandshake(now, s)
	c.sndWl2 = s.Ack
	c.establish(now)
	c.synAnswered(s.Ack)
	c.ackNow = true
	// Data that waited for the connection goes with the acknowledgement, and is
	// answered in its turn: as for other answers, see noteAnswer.
	c.pingPong = c.buf.end() != c.sndNxt
	// Data or a FIN may come with the SYN.
	if s.Len > 0 || s.has(wire.FlagFIN) {
		s.Seq++
		s.Flags &^= wire.FlagSYN
		c.text(now, s)
	}
}

// measureHandshake takes the answer to our SYN as the first measurement. If the
// SYN was sent more than once, only a timestamp says which one is answered.
func (c *Conn) measureHandshake(now clock.Time, s *Segment) {
	if c.cookie {
		return
	}
	if !c.synResent {
		c.rtt.sample(now.Sub(c.synAt))
	} else if d := c.echoed(now, s); d >= 0 {
		c.rtt.sample(d)
	}
}

// inputOther is section 3.10.7.4, for every state but CLOSED, LISTEN and
// SYN-SENT.
func (c *Conn) inputOther(now clock.Time, s *Segment) {
	// "First, check sequence number". PAWS comes before (RFC 7323, section
	// 5.3): an old duplicate may well lie in the window.
	if c.useTS && !s.Options.HasTimestamps && !s.has(wire.FlagRST) && !s.has(wire.FlagSYN) {
		// RFC 7323, section 3.2: "If a non-<RST> segment is received without a TSopt,
		// a TCP SHOULD silently drop the segment." A SYN may be another connection's.
		c.cnt.NoTimestamp++
		return
	}
	if c.refuses(now, s) {
		c.cnt.PAWSEstab++
		c.answerInvalid(now)
		return
	}
	if !c.acceptable(s) {
		c.unacceptable(now, s)
		return
	}
	before := s.Seq
	// "Second, check the RST bit"
	if s.has(wire.FlagRST) {
		c.reset(now, s)
		return
	}
	// "Fourth, check the SYN bit". RFC 5961, section 4.2: "TCP endpoints MUST
	// send an ACK (challenge ACK) … irrespective of the sequence number".
	if s.has(wire.FlagSYN) {
		if c.state == SynReceived && s.Seq == c.irs && s.has(wire.FlagACK) {
			// The other half of a simultaneous open: its SYN was counted
			// before, what is new is the acknowledgement.
			s.Seq++
			s.Flags &^= wire.FlagSYN
		} else if c.state == SynReceived && s.Seq == c.irs {
			// Our answer was lost, and left the data of the SYN out.
			c.synQueued = c.synQueued || c.mayAnswer(now)
			return
		} else {
			c.cnt.TCPSYNChallenge++
			c.challenge(now)
			return
		}
	}
	// "Fifth, check the ACK field": "if the ACK bit is off, drop the segment".
	if !s.has(wire.FlagACK) {
		return
	}
	c.heard(now)
	if c.state == SynReceived {
		if s.Ack.LessEq(c.iss) || c.sndNxt.Less(s.Ack) {
			// "form a reset segment <SEQ=SEG.ACK><CTL=RST> and send it":
			// the caller does, since the connection goes on as it is.
			return
		}
		if c.defers(now, s) {
			return
		}
		c.sndWnd = s.Window
		if s.Seq == before {
			c.sndWnd <<= c.sndScale // of a SYN: never (RFC 7323, section 2.2)
		}
		c.sndWl1, c.sndWl2 = s.Seq, s.Ack
		c.maxSndWnd = max(c.maxSndWnd, c.sndWnd)
		c.measureHandshake(now, s)
		c.cnt.PassiveOpens += b2u(c.passive)
		c.establish(now)
		if !c.fo.early {
			c.synAnswered(s.Ack)
		} else if c.delivered++; !c.acknowledge(now, s) {
			return
		}
	} else if !c.acknowledge(now, s) {
		return
	}
	// Only here is it known that the segment is the peer's: nobody else makes PAWS
	// refuse what the peer sends next.
	c.noteTimestamp(now, before, s)
	switch c.state {
	case FinWait1:
		// "if the FIN segment is now acknowledged, then enter FIN-WAIT-2"
		if c.finAcked() {
			c.state = FinWait2
			if c.userClosed {
				c.waitFor(now, c.set.FinTimeout)
			}
		}
	case Closing:
		if c.finAcked() {
			c.timeWait(now)
		}
	case LastAck:
		if c.finAcked() {
			c.finish(nil)
			return
		}
	case TimeWait:
		// A FIN sent again lies before the window. What lies in it comes after
		// the peer's FIN, which is nonsense.
		if s.Seq != s.end() {
			c.answerInvalid(now)
		}
		return
	}
	// Sixth, the URG bit: urgent data is delivered in line, so the pointer
	// changes nothing (RFC 6093, section 6).
	c.text(now, s)
}

// acceptable is the test of section 3.10.7.4, first: some of the segment lies in
// the window.
func (c *Conn) acceptable(s *Segment) bool {
	window := max(c.rcvAdv.Sub(c.rcvNxt), 0)
	length := s.end().Sub(s.Seq)
	if length == 0 {
		if window == 0 {
			return s.Seq == c.rcvNxt
		}
		// The right edge itself counts as inside: an empty segment is there
		// when the peer has filled the window, and its ACK is good.
		return c.rcvNxt.LessEq(s.Seq) && s.Seq.LessEq(c.rcvAdv)
	}
	if window == 0 {
		// "special allowance should be made to accept valid ACKs": what comes
		// with it is cut off.
		return s.Seq == c.rcvNxt && s.has(wire.FlagACK)
	}
	return s.Seq.Less(c.rcvAdv) && c.rcvNxt.Less(s.end()) ||
		c.state == SynReceived && s.Seq == c.irs && s.has(wire.FlagACK)
}

// unacceptable deals with a segment outside of the window: "an acknowledgment
// should be sent in reply (unless the RST bit is set …)".
func (c *Conn) unacceptable(now clock.Time, s *Segment) {
	c.cnt.OutOfWindow++
	if s.has(wire.FlagRST) {
		return
	}
	if c.state == SynReceived && s.has(wire.FlagSYN) && s.Seq == c.irs {
		// The SYN again: our answer was lost.
		c.synQueued = c.synQueued || c.mayAnswer(now)
		return
	}
	if s.has(wire.FlagSYN) {
		c.cnt.TCPSYNChallenge++
		c.challenge(now)
		return
	}
	if c.state == TimeWait && s.has(wire.FlagFIN) && s.end() == c.rcvNxt {
		// "a retransmission of the remote FIN. Acknowledge it, and restart the
		// 2 MSL timeout."
		c.waitAt = now.Add(c.set.TimeWait)
	}
	if s.Seq != s.end() && s.end().LessEq(c.rcvNxt) {
		// Sent again because our acknowledgement was lost, or probing a closed
		// window: never to be left without an answer.
		c.cnt.DelayedACKLost++
		c.reportDuplicate(s.Seq, s.Seq.Add(s.Len))
		c.leaveQuiet()
		c.ackNow = true
		return
	}
	if s.Len > 0 && c.rcvAdv == c.rcvNxt {
		c.ackNow = true // a window probe
		return
	}
	if s.Seq == c.rcvNxt-1 && s.has(wire.FlagACK) && c.sndUna.LessEq(s.Ack) && s.Ack.LessEq(c.sndNxt) {
		// The peer's own keepalive: it lives, whatever became of its answers to
		// ours.
		c.heard(now)
	}
	c.answerInvalid(now)
}

// heard takes note that the peer lives.
func (c *Conn) heard(now clock.Time) {
	c.lastReceived = now
	if c.keep != nil && c.keepAt != clock.Never {
		c.keepAt = now.Add(c.keep.Idle)
		c.probes = 0
	}
}

// answerInvalid sends an acknowledgement for a segment that was not acceptable,
// unless one was sent a moment ago.
func (c *Conn) answerInvalid(now clock.Time) {
	if c.mayAnswer(now) {
		c.ackNow = true
	}
}

// mayAnswer reports whether a segment that is not acceptable gets an answer: at
// most one in invalidInterval does.
//
//go:noinline // asked for in a dozen places
func (c *Conn) mayAnswer(now clock.Time) bool {
	if c.lastInvalid != 0 && now.Sub(c.lastInvalid) < invalidInterval {
		c.cnt.TCPACKSkipped++
		return false
	}
	c.lastInvalid = max(now, 1)
	return true
}

// challenge sends a challenge ACK (RFC 5961), at a limited rate.
func (c *Conn) challenge(now clock.Time) {
	c.cnt.TCPChallengeACK++
	c.answerInvalid(now)
}

// reset deals with an RST in the window (RFC 5961, section 3.2).
func (c *Conn) reset(now clock.Time, s *Segment) {
	if s.Seq != c.rcvNxt {
		// "If the RST bit is set and the sequence number does not exactly
		// match the next expected sequence value, yet is within the current
		// receive window, TCP endpoints MUST send an acknowledgment
		// (challenge ACK)."
		if c.state == Established && !c.received() {
			c.suspectWay() // a middlebox that lost count with the data of the SYN
		}
		c.challenge(now)
		return
	}
	switch c.state {
	case SynReceived:
		if c.fo.early {
			// What arrived stays readable: in this state only the
			// retransmission queue is flushed.
			c.finish(syscall.ECONNRESET)
			return
		}
		c.finish(syscall.ECONNREFUSED)
	case TimeWait:
		// RFC 1337: a reset does not cut TIME-WAIT short.
	case Closing, LastAck:
		c.finish(nil)
	default:
		c.in.release(c.queues) // "all segment queues should be flushed"
		c.finish(syscall.ECONNRESET)
	}
}

// finAcked reports whether our FIN was sent and acknowledged.
func (c *Conn) finAcked() bool { return c.finSent && c.sndUna == c.sndNxt }

// timeWait enters TIME-WAIT.
func (c *Conn) timeWait(now clock.Time) {
	c.state = TimeWait
	c.cnt.TW++
	c.rtoAt, c.keepAt = clock.Never, clock.Never
	c.waitFor(now, c.set.TimeWait)
	c.buf.release(c.queues)
	c.out.reset(c.queues)
	if c.userClosed {
		c.forget()
	}
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
