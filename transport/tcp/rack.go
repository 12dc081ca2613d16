package tcp

import (
	"time"

	"thinnet/clock"
)

// dupThresh is how many duplicate acknowledgements, or SACKed segments, make what
// lies before them be taken for lost (RFC 5681, section 3.2).
const dupThresh = 3

// rack is RACK's memory (RFC 8985, section 5.2). It says that a segment is lost if
// one that was sent some time after it has arrived.
type rack struct {
	_ [0]func() // as in Conn

	at    clock.Time // RACK.xmit_ts: when the latest segment that arrived was sent
	end   Seq        // RACK.end_seq: where it ended
	fack  Seq        // RACK.fack: behind the highest sequence number that arrived
	valid bool       // something has arrived

	reordering bool          // RACK.reordering_seen
	extent     int           // the furthest that anything was overtaken, bytes
	mult       uint8         // RACK.reo_wnd_mult, less 1
	persist    uint8         // RACK.reo_wnd_persist
	inRound    bool          // round is valid
	round      Seq           // RACK.dsack_round
	rtt        time.Duration // RACK.rtt
}

// reoPersist is how many recoveries a widened reordering window lasts.
const reoPersist = 16

// sentAfter is RACK_sent_after: whether what was sent at a and ended at s was sent
// after what was sent at b and ended at t.
func sentAfter(a clock.Time, s Seq, b clock.Time, t Seq) bool {
	return a > b || a == b && t.Less(s)
}

// delivered takes note of a run that a has just acknowledged, inOrder, or SACKed: section
// 6.2, steps 1 to 3.
func (k *rack) delivered(c *Conn, now clock.Time, r *sent, a *ackInfo, inOrder bool) {
	rtt := now.Sub(r.at)
	if r.mark&markRetrans != 0 {
		// Which of the two copies was it? Not the second, if it was too quick, or if
		// the timestamp that came back is older. Of what is SACKed that says nothing:
		// it is that of the latest segment in order (RFC 7323, section 4.3).
		if rtt < c.rtt.min || inOrder && a.hasTS && int32(a.echo-c.timestamp(r.at)) < 0 {
			return
		}
	}
	if !k.valid || sentAfter(r.at, r.end, k.at, k.end) {
		k.at, k.end, k.rtt = r.at, r.end, rtt
		a.newest = true
	}
	if k.fack.Less(r.end) {
		k.fack = r.end
	}
	if r.end.Less(a.fack) && r.mark&markRetrans == 0 {
		k.reordering = true
		c.traffic().stats.reordSeen++
		k.extent = max(k.extent, a.fack.Sub(r.seq))
	}
	k.valid = true
}

// last is delivered for a run that was sent once, and nothing behind it.
func (k *rack) last(r *sent, rtt time.Duration) {
	if !k.valid || sentAfter(r.at, r.end, k.at, k.end) {
		k.at, k.end, k.rtt = r.at, r.end, rtt
	}
	k.fack, k.valid = r.end, true
}

// duplicate takes note of a DSACK: what was sent again was not lost, so the
// reordering window widens, once a round trip. Section 6.2, step 4.
func (k *rack) duplicate(sndNxt Seq) {
	if k.inRound {
		return
	}
	k.inRound, k.round = true, sndNxt
	k.mult = min(k.mult+1, 250)
	k.persist = reoPersist
}

// progress ends a round of duplicate.
func (k *rack) progress(sndUna Seq) {
	if k.inRound && k.round.LessEq(sndUna) {
		k.inRound = false
	}
}

// recovered takes note of the end of a recovery.
func (k *rack) recovered() {
	if k.persist > 0 {
		k.persist--
		if k.persist == 0 {
			k.mult = 0
		}
	}
}

// reorderingWindow is RACK_update_reo_wnd: how long a segment may be overtaken. Segments that
// overtake, there and back, can make the shortest round trip next to nothing; the window is
// at least a sixteenth of the usual one then, or no number of DSACKs would ever widen it
// enough.
func (c *Conn) reorderingWindow() time.Duration {
	k := &c.traffic().rack
	if !k.reordering {
		if c.recovery.state >= caRecovery || int(c.out.sacked) >= dupThresh*c.cwnd.MSS {
			return 0
		}
	}
	return min(time.Duration(k.mult+1)*max(c.rtt.min, c.rtt.srtt/4)/4, c.rtt.srtt)
}

// detect is RACK_detect_loss: it marks what is lost, and sets the timer for what
// may turn out to be. Section 6.2, step 5.
func (c *Conn) rackDetect(now clock.Time) {
	if c.lossTimer == timerReorder {
		c.lossAt, c.lossTimer = clock.Never, timerNone
	}
	k := &c.traffic().rack
	if !k.valid {
		return
	}
	window := c.reorderingWindow()
	timeout := time.Duration(0)
	runs := c.out.live()
	for i := range runs {
		r := &runs[i]
		if r.mark&markSACKed != 0 || r.mark&(markLost|markResent) == markLost {
			continue
		}
		if !sentAfter(k.at, k.end, r.at, r.end) {
			if r.mark&markRetrans == 0 {
				break // and so is everything behind it, sent again or not
			}
			continue
		}
		if remaining := r.at.Add(k.rtt + window).Sub(now); remaining > 0 {
			timeout = max(timeout, remaining)
		} else {
			c.out.setMark(i, markLost, markResent)
		}
	}
	if timeout > 0 {
		c.lossAt, c.lossTimer = now.Add(timeout), timerReorder
	}
}

// rackTimeout marks what the retransmission timer says is lost: the first segment,
// and what was sent as long ago. Section 6.3.
func (c *Conn) rackTimeout(now clock.Time) {
	runs, late := c.out.live(), c.traffic().rack.rtt+c.reorderingWindow()
	for i := range runs {
		r := &runs[i]
		if r.mark&markSACKed != 0 {
			continue
		}
		if i == 0 || r.at.Add(late) <= now {
			c.out.setMark(i, markLost, markResent)
		}
	}
}
