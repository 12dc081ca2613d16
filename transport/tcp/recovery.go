package tcp

import (
	"time"

	"thinnet/clock"
)

// caState is how a connection stands towards loss: Linux's tcp_ca_state.
type caState uint8

const (
	caOpen     caState = iota // nothing unusual
	caDisorder                // something arrived out of order: wait and see
	caCWR                     // the window is being reduced, without a loss (ECN, a tail loss probe)
	caRecovery                // fast recovery
	caLoss                    // the retransmission timer fired
)

// recovery is the state of a loss recovery, or of another reduction.
type recovery struct {
	state caState
	frto  bool // F-RTO: the timeout may have been spurious
	undo  bool // the reduction can be taken back: what follows is valid
	used  bool // end is valid

	end Seq // recover: the state ends when this is acknowledged
	*reduction
}

// reduction is what the last reduction of the window was. It is nil before the
// first, which most connections never see.
type reduction struct {
	prr prr

	// For taking the reduction back.
	start             Seq // SND.UNA when it began
	began             clock.Time
	window, threshold int  // before
	unproven          int  // bytes sent again that no DSACK reported yet
	resent            bool // anything was sent again
}

// begin has room for a reduction.
func (r *recovery) begin() {
	if r.reduction == nil {
		r.reduction = new(reduction)
	}
}

// sent takes note that n bytes were sent.
func (r *recovery) sent(n int) {
	if r.reduction != nil {
		r.prr.out += n
	}
}

// ackInfo is what one acknowledgement says.
type ackInfo struct {
	acked     int  // bytes from SND.UNA on
	lost      int  // bytes of those that were taken for lost
	sacked    int  // bytes newly SACKed
	delivered int  // bytes of both that nobody had told of before
	duplicate bool // in the sense of RFC 5681, section 2
	original  bool // something arrived that was sent once only
	resent    bool // something is acknowledged that was sent again
	late      bool // and it was the first transmission, by the timestamp that came back
	fack      Seq  // RACK.fack before: of what arrives with one acknowledgement nothing was overtaken
	newest    bool // something arrived that was sent after all that had arrived: see rack

	dsack                 bool // a duplicate was reported (RFC 2883)
	dsackLeft, dsackRight Seq

	echo   uint32 // timestamp that came back
	hasTS  bool
	marked bool // ECE (RFC 3168)
}

// recover is told of every acceptable acknowledgement, after what it acknowledges
// was taken from the queues. It decides what is lost and in which state the
// connection is.
func (c *Conn) recover(now clock.Time, a *ackInfo) {
	r := &c.recovery
	if a.acked > 0 {
		c.dupAcks = 0
		c.traffic().rack.progress(c.sndUna)
	}
	if r.state == caOpen && c.useSACK && !a.dsack && c.out.sacked == 0 && c.out.lost == 0 {
		return // nothing is missing, as nearly always
	}
	if a.dsack {
		c.takeDSACK(a)
	}
	if !c.useSACK {
		c.renoDuplicates(a)
	}
	switch r.state {
	case caRecovery:
		c.inRecovery(now, a)
	case caLoss:
		c.inLoss(now, a)
	case caCWR:
		if r.end.LessEq(c.sndUna) {
			c.endReduction()
		}
	case caDisorder:
		if r.undo && r.unproven == 0 && r.resent && a.dsack {
			c.undoReduction(now)
		}
	}
	if r.state != caLoss {
		c.recoveredFromRTO(now)
	}
	lost := c.out.lost
	// Unless what arrived was sent later than all before, nothing is to be seen but what the
	// timer is set for.
	if c.useSACK && a.newest && !c.out.empty() && (c.out.sacked > 0 || r.state != caOpen) {
		c.rackDetect(now)
	}
	if c.out.alarming() > 0 && r.state < caRecovery && !c.onlyProbeLost() {
		c.enterRecovery(now, a)
	}
	switch r.state {
	case caOpen, caDisorder:
		if c.out.sacked > 0 || c.renoSacked > 0 {
			r.state = caDisorder
		} else {
			r.state = caOpen
		}
	case caCWR, caRecovery:
		safe := a.acked > 0 && c.out.lost <= lost
		pipe := c.pipe()
		c.cwnd.Window = max(pipe+r.prr.allowance(a.delivered, pipe, c.cwnd.Threshold, c.cwnd.MSS, safe), c.cwnd.MSS)
	}
}

// reducing reports whether the window is being brought down, and must not grow.
func (c *Conn) reducing() bool {
	return c.recovery.state == caCWR || c.recovery.state == caRecovery
}

// remember keeps what a reduction may have to be taken back to.
func (c *Conn) remember(now clock.Time) {
	r := &c.recovery
	r.begin()
	r.undo = true
	r.used = true
	r.start, r.end = c.sndUna, c.sndNxt
	r.window, r.threshold = c.cwnd.Window, c.cwnd.Threshold
	r.began, r.unproven, r.resent = now, 0, false
}

// flight returns FlightSize for a reduction, in bytes, acked of which have just
// been acknowledged. When one recovery follows another, a good part of what is not
// acknowledged has long arrived; the window bounds what was really in flight.
func (c *Conn) flight(acked int) int {
	return min(c.sndNxt.Sub(c.sndUna)+acked, c.cwnd.Window)
}

// enterRecovery begins fast recovery (RFC 6675, RFC 6582 without SACK).
func (c *Conn) enterRecovery(now clock.Time, a *ackInfo) {
	if c.useSACK {
		c.cnt.TCPSackRecovery++
	} else {
		c.cnt.TCPRenoRecovery++
	}
	again := c.recovery.state == caCWR // reduced a moment ago: not twice in one window
	if !again {
		c.remember(now)
		c.controller().OnCongestion(&c.cwnd, now, c.flight(a.acked))
		// RFC 9937, section 6.2: RecoverFS leaves out what was delivered
		// before this acknowledgement.
		c.recovery.prr.begin(c.sndNxt.Sub(c.sndUna) - int(c.out.sacked) + a.sacked + a.acked)
	}
	c.recovery.prr.force = true
	c.recovery.end = c.sndNxt
	c.recovery.used = true
	c.recovery.state = caRecovery
	c.tlp.out = false
	c.queueCWR()
}

// enterCWR begins a reduction without a loss, on an acknowledgement of acked bytes.
func (c *Conn) enterCWR(now clock.Time, acked int) {
	c.recovery.begin()
	c.recovery.undo = false
	c.recovery.used = true
	c.recovery.end = c.sndNxt
	c.controller().OnCongestion(&c.cwnd, now, c.flight(acked))
	c.recovery.prr.begin(c.sndNxt.Sub(c.sndUna) - int(c.out.sacked))
	c.recovery.state = caCWR
	c.queueCWR()
}

// endReduction ends CWR or fast recovery.
func (c *Conn) endReduction() {
	// RFC 9937: "cwnd = ssthresh". But where less is in flight, slow start goes the
	// rest of the way: one burst would overflow the queue again (RFC 6582, section
	// 3.2, step 3).
	burst := c.set.InitialWindow * c.cwnd.MSS
	c.cwnd.Window = max(min(c.cwnd.Threshold, c.pipe()+burst), c.cwnd.MSS)
	c.recovery.state = caOpen
	c.renoSacked = 0
	c.traffic().rack.recovered()
}

// inRecovery is an acknowledgement during fast recovery.
func (c *Conn) inRecovery(now clock.Time, a *ackInfo) {
	r := &c.recovery
	if a.acked > 0 && c.spurious(a) {
		c.undoReduction(now)
		return
	}
	if r.undo && r.unproven == 0 && r.resent && a.dsack {
		c.undoReduction(now)
		return
	}
	if r.end.LessEq(c.sndUna) {
		c.endReduction()
		return
	}
	if a.acked > 0 && !c.useSACK && !c.out.empty() && c.out.live()[0].mark&markResent == 0 {
		// RFC 6582, section 3.2: a partial acknowledgement, the next hole is
		// lost as well. One in the midst of what was sent again says nothing new.
		c.cnt.TCPPartialAcks++
		c.loseFirst()
		r.prr.force = true
	}
}

// inLoss is an acknowledgement after the retransmission timer fired.
func (c *Conn) inLoss(now clock.Time, a *ackInfo) {
	r := &c.recovery
	if a.acked > 0 && c.spurious(a) {
		c.undoReduction(now)
		return
	}
	if r.frto {
		// F-RTO (RFC 5682, section 3.1).
		switch {
		case a.original:
			// Step 3b: something arrived that was not sent again, so the
			// first transmission was only late.
			c.undoReduction(now)
			return
		case r.end.Less(c.sndNxt):
			if a.sacked > 0 || a.duplicate {
				r.frto = false // step 3a: the loss was real
			}
		case a.acked > 0 && c.sndUna.Less(r.end):
			// Step 2b: try new data before sending more again.
			if c.buf.end() != c.sndNxt && c.sndNxt.Less(c.sndUna.Add(c.sndWnd)) {
				r.end = c.sndNxt
				c.newFirst = true
				return
			}
			r.frto = false
		}
	}
	if r.end.LessEq(c.sndUna) {
		r.state = caOpen
		r.frto = false
		c.renoSacked = 0
		c.traffic().rack.recovered()
		return
	}
	if a.acked > 0 && !c.useSACK && !c.out.empty() && c.out.lost == c.out.resent {
		c.loseFirst()
	}
}

// spurious reports whether an acknowledgement in the course of a recovery says that
// there was nothing to recover (Eifel, RFC 3522).
func (c *Conn) spurious(a *ackInfo) bool { return c.recovery.undo && a.late }

// wasLate reports whether it was the first transmission of a run sent again in this
// recovery that has arrived: the timestamp that came back is older than the second.
func (c *Conn) wasLate(r *sent, a *ackInfo) bool {
	return r.mark&markTwice == 0 && c.recovery.reduction != nil && r.at >= c.recovery.began &&
		a.hasTS && a.echo != 0 && int32(a.echo-c.timestamp(r.at)) < 0
}

// undoReduction takes a reduction back that was for nothing (RFC 4015).
func (c *Conn) undoReduction(now clock.Time) {
	r := &c.recovery
	if r.state == caLoss {
		c.cnt.TCPSpuriousRTOs++
	} else if c.out.sacked > 0 {
		// It was not lost, but late. What was sent beside it may be late as well,
		// and is given as long again.
		c.traffic().rack.reordering = true
		c.lossAt, c.lossTimer = now.Add(max(c.reorderingWindow(), time.Millisecond)), timerReorder
	}
	c.cnt.TCPFullUndo++
	c.controller().OnUndo(&c.cwnd, now)
	c.cwnd.Window = max(c.cwnd.Window, r.window)
	c.cwnd.Threshold = max(c.cwnd.Threshold, r.threshold)
	r.undo, r.frto = false, false
	r.state = caOpen
	c.backoff = 0
	c.newFirst = false
	for i, run := range c.out.live() {
		if run.mark&(markLost|markResent|markExcused) == markLost {
			c.out.setMark(i, 0, markLost)
		}
	}
}

// takeDSACK deals with a report of a duplicate (RFC 2883, RFC 3708).
func (c *Conn) takeDSACK(a *ackInfo) {
	c.cnt.TCPDSACKRecv++
	d := c.traffic()
	d.stats.dsackDups += c.segments(a.dsackRight.Sub(a.dsackLeft))
	if uint64(d.stats.dsackDups) > d.stats.totalRetrans {
		return // more arrived twice than was sent twice, by the network: RFC 3708, section 3
	}
	d.rack.duplicate(c.sndNxt)
	r := &c.recovery
	if r.undo && r.unproven > 0 && r.start.LessEq(a.dsackLeft) && a.dsackRight.LessEq(c.sndNxt) {
		r.unproven = max(r.unproven-a.dsackRight.Sub(a.dsackLeft), 0)
	}
}

// noteResent takes note that n bytes were sent again.
func (c *Conn) noteResent(n int) {
	r := &c.recovery
	if !r.undo {
		return
	}
	r.unproven += n
	r.resent = true
}

// renoDuplicates counts duplicate acknowledgements without SACK: each says that
// some segment arrived, not which.
func (c *Conn) renoDuplicates(a *ackInfo) {
	if a.acked > 0 {
		had := c.renoSacked
		if c.recovery.state < caRecovery {
			c.renoSacked = 0 // the only hole that there seemed to be is filled
		} else {
			c.renoSacked = max(c.renoSacked-(a.acked-a.lost), 0)
		}
		a.delivered = max(a.acked-(had-c.renoSacked), 0)
	}
	if c.out.empty() {
		c.renoSacked = 0
		return
	}
	if !a.duplicate || c.recovery.state == caLoss {
		return // after a timeout they answer what was sent again in vain
	}
	if c.dupAcks == 0 {
		c.dupEnd = c.sndNxt
	}
	c.dupAcks = min(c.dupAcks+1, 250)
	had := c.renoSacked
	// RFC 5681, section 3.2: no more of them count than there were segments on the
	// way, or a peer could go on for ever.
	c.renoSacked = max(c.renoSacked, min(c.renoSacked+c.cwnd.MSS, c.dupEnd.Sub(c.sndUna)-c.cwnd.MSS))
	a.delivered = max(c.renoSacked-had, 0)
	if c.dupAcks == dupThresh && c.recovery.state < caRecovery && c.recover6582() {
		c.loseFirst()
	}
}

// recover6582 reports whether three duplicates mean a loss. RFC 6582, section 4:
// not if they answer what a timeout sent again in vain.
func (c *Conn) recover6582() bool { return !c.recovery.used || c.recovery.end.LessEq(c.sndUna) }

// loseFirst marks the first segment as lost.
func (c *Conn) loseFirst() {
	if r := c.out.live()[0]; r.len() > c.cwnd.MSS && !c.isProbe(&r) {
		c.out.split(0, r.seq.Add(c.cwnd.MSS))
	}
	if c.out.live()[0].mark&markLost == 0 {
		c.out.setMark(0, markLost, markResent)
	}
}

// retransmissionTimeout is RFC 6298, section 5, with RFC 5681, section 3.1.
func (c *Conn) retransmissionTimeout(now clock.Time) {
	c.cnt.TCPTimeouts++
	c.traffic().stats.rto.fired(now)
	r := &c.recovery
	before := r.state
	// Once in a window: what is outstanding by the end of a recovery says
	// nothing of what the path can bear.
	if before <= caDisorder || before != caLoss && r.end.LessEq(c.sndUna) {
		c.remember(now)
		c.controller().OnTimeout(&c.cwnd, now, c.flight(0))
	}
	runs := c.out.live()
	if runs[0].mark&markSACKed != 0 {
		// RFC 2018, section 8: the peer has thrown away what it had reported.
		c.cnt.TCPSACKReneging++
		for i := range runs {
			c.out.setMark(i, 0, markSACKed)
		}
	}
	if c.useSACK {
		c.rackTimeout(now)
	} else {
		for i := range runs {
			c.out.setMark(i, markLost, markResent)
		}
	}
	c.renoSacked, c.dupAcks = 0, 0
	r.state = caLoss
	// RFC 5682, section 3.1, step 1: not in the course of a recovery.
	r.frto = c.useSACK && (before < caRecovery || before == caLoss && c.backoff > 1)
	r.end = c.sndNxt
	c.tlp.out = false
	c.lossAt, c.lossTimer = clock.Never, timerNone
	// "cwnd MUST be set to no more than the loss window, LW, which equals 1
	// full-sized segment": beside what is not taken for lost.
	c.cwnd.Window = c.pipe() + c.cwnd.MSS
}
