package tcp

import (
	"thinnet/clock"
)

// dupThresh is how many duplicate acknowledgements, or as much SACKed above it,
// make a segment be taken for lost (RFC 5681, RFC 6675).
const dupThresh = 3

// recoveryState says whether the connection is recovering from a loss.
type recoveryState struct {
	fast   bool // fast recovery, until recover is acknowledged
	loss   bool // the retransmission timer fired, until recover is acknowledged
	forced bool // the next retransmission goes whatever the window says
}

// detectLoss is told of every acceptable acknowledgement: the bytes that it
// acknowledged, those that it newly SACKed, and whether it is a duplicate in the
// sense of RFC 5681, section 2.
func (c *Conn) detectLoss(now clock.Time, acked, sacked int, duplicate bool) {
	if acked > 0 {
		c.dupAcks = 0
		if (c.recovery.fast || c.recovery.loss) && c.recover.LessEq(c.sndUna) {
			c.recovered(now)
		}
		c.renoSacked = max(c.renoSacked-max(acked-c.cwnd.MSS, 0), 0)
		if c.out.empty() {
			c.renoSacked = 0
		}
	}
	if c.out.empty() {
		return
	}
	if c.useSACK {
		if sacked > 0 || acked > 0 && c.out.sacked > 0 {
			c.markLost()
		}
	} else {
		c.renoLoss(acked, duplicate)
	}
	if c.out.lost > c.out.resent && !c.recovery.fast && !c.recovery.loss {
		c.enterRecovery(now)
	}
}

// markLost marks what RFC 6675's IsLost says: "either DupThresh discontiguous
// SACKed sequences have arrived above 'SeqNum' or more than (DupThresh - 1) *
// SMSS bytes with sequence numbers greater than 'SeqNum' have been SACKed". What
// was sent again already is not taken for lost a second time before the timer
// says so.
func (c *Conn) markLost() {
	runs := c.out.live()
	above, islands := 0, 0
	for i := min(c.out.find(c.out.highSACK-1), len(runs)-1); i >= 0; i-- {
		r := &runs[i]
		switch {
		case r.mark&markSACKed != 0:
			above += r.len()
			islands++ // those side by side are one run
		case above > (dupThresh-1)*c.cwnd.MSS || islands >= dupThresh:
			if r.mark&markLost != 0 {
				return // and so is everything before it
			}
			if r.mark&markRetrans == 0 {
				c.out.setMark(i, markLost, 0)
			}
		}
	}
}

// renoLoss detects loss without SACK (RFC 6582, NewReno): a duplicate
// acknowledgement says that some segment arrived, not which.
func (c *Conn) renoLoss(acked int, duplicate bool) {
	first := c.out.live()[0]
	if duplicate && !c.recovery.loss {
		c.dupAcks = min(c.dupAcks+1, 250)
		flying := c.sndNxt.Sub(c.sndUna)
		c.renoSacked = min(c.renoSacked+c.cwnd.MSS, max(flying-c.cwnd.MSS, 0))
		if c.dupAcks == dupThresh && !c.recovery.fast && !c.recovery.loss && first.mark&markLost == 0 {
			c.loseFirst()
		}
		return
	}
	if acked > 0 && c.recovery.fast && first.mark&markLost == 0 {
		// A partial acknowledgement: the next hole is lost as well.
		c.cnt.TCPPartialAcks++
		c.loseFirst()
		c.recovery.forced = true
	}
}

// loseFirst marks the first segment as lost.
func (c *Conn) loseFirst() {
	if r := c.out.live()[0]; r.len() > c.cwnd.MSS {
		c.out.split(0, r.seq.Add(c.cwnd.MSS))
	}
	c.out.setMark(0, markLost, markResent)
}

// enterRecovery begins fast recovery (RFC 6675, section 5; RFC 6582).
func (c *Conn) enterRecovery(now clock.Time) {
	if c.useSACK {
		c.cnt.TCPSackRecovery++
	} else {
		c.cnt.TCPRenoRecovery++
	}
	c.recovery.fast = true
	c.recovery.forced = true
	c.recover = c.sndNxt
	c.control.OnLoss(&c.cwnd, now, c.sndNxt.Sub(c.sndUna))
}

// recovered ends fast recovery, or slow start after a timeout.
func (c *Conn) recovered(now clock.Time) {
	if c.recovery.fast {
		c.control.OnRecovered(&c.cwnd, now)
	}
	c.recovery = recoveryState{}
	c.renoSacked = 0
}

// retransmissionTimeout is RFC 6298, section 5, with RFC 5681, section 3.1.
func (c *Conn) retransmissionTimeout(now clock.Time) {
	c.cnt.TCPTimeouts++
	if !c.recovery.loss {
		c.control.OnTimeout(&c.cwnd, now, c.sndNxt.Sub(c.sndUna))
	} else {
		c.cwnd.Window = c.cwnd.MSS
	}
	runs := c.out.live()
	if runs[0].mark&markSACKed != 0 {
		// RFC 2018, section 8: the peer has thrown away what it had reported,
		// or it would have acknowledged it.
		c.cnt.TCPSACKReneging++
		for i := range runs {
			c.out.setMark(i, 0, markSACKed)
		}
	}
	for i := range runs {
		if runs[i].mark&markSACKed == 0 {
			c.out.setMark(i, markLost, markResent)
		}
	}
	c.renoSacked, c.dupAcks = 0, 0
	c.recovery = recoveryState{loss: true, forced: true}
	c.recover = c.sndNxt
}
