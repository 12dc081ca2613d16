package tcp

import (
	"thinnet/clock"
	"thinnet/wire"
)

// MTUProbing says when the MTU of a path is found out with segments of our own, without
// the help of routers (RFC 4821, RFC 8899): Linux's tcp_mtu_probing.
type MTUProbing uint8

// Values of Settings.MTUProbing.
const (
	// MTUProbingBlackHole: once segments vanish again and again while nobody says that
	// they are too long. Linux's 1.
	MTUProbingBlackHole MTUProbing = iota
	// MTUProbingAlways: from the beginning, with small segments. Linux's 2.
	MTUProbingAlways
	// MTUProbingOff: never. Linux's 0.
	MTUProbingOff
)

// mtuSearch is the search for the longest packet that a path takes (RFC 4821, section
// 7). All its sizes are of IP packets, in bytes; it sends one probe at a time, longer
// than all other packets, and what becomes of it narrows the range.
type mtuSearch struct {
	size      int  // no other packet is longer: RFC 4821's eff_pmtu
	low, high int  // search_low and search_high: low arrives, more than high is in vain
	tried     bool // a packet longer than high was lost: it is not only what IP says

	probe      int // the length of the probe on its way; 0: there is none
	first, end Seq // and its sequence numbers
	since      clock.Time
}

// next returns the length of the next probe, and 0 when it is not worth one, the range
// being narrower than threshold.
func (s *mtuSearch) next(threshold int) int {
	low := s.low
	if (low+s.high)/2 <= s.size {
		low = s.size // what is sent already need not be tried
	}
	switch {
	case s.high-low >= threshold:
		return (low + s.high) / 2
	case s.high > low && !s.tried:
		return s.high // the last step, up to what IP says, is worth one however small
	}
	return 0
}

// arrived takes the probe's arrival.
func (s *mtuSearch) arrived() {
	s.low, s.size, s.probe = s.probe, max(s.size, s.probe), 0
}

// lost takes the probe's loss.
func (s *mtuSearch) lost() {
	s.high, s.tried, s.probe = s.probe-1, true, 0
}

// reach bounds the search by what IP says of the path and what the peer takes. A path
// that has grown is searched anew.
func (s *mtuSearch) reach(mtu int, grown bool) {
	if grown {
		s.tried = false
		s.high = mtu
	}
	s.high = min(s.high, mtu)
	s.low = min(s.low, s.high)
}

// search returns the search for the path's MTU, nil if there is none.
func (c *Conn) search() *mtuSearch {
	if c.data == nil {
		return nil
	}
	return c.data.search
}

// searchMTU begins the search, with segments of at most Settings.BaseMSS until more is
// known to arrive; with trust, of what IP says.
func (c *Conn) searchMTU(now clock.Time, trust bool) {
	base := min(c.set.BaseMSS+c.headers(), c.longest())
	s := &mtuSearch{low: base, high: c.longest(), size: base, since: now}
	if trust {
		s.size = c.longest()
	}
	c.traffic().search = s
	c.fitSegments()
}

// blackHole reacts to segments that time out again and again (RFC 4821, section 7.7):
// perhaps they are too long, and those who should say so do not. Each further time they
// get half as long. What the timeout means for congestion is another matter.
func (c *Conn) blackHole(now clock.Time) {
	if c.set.MTUProbing == MTUProbingOff || int(c.retries) < c.set.Retries1 {
		return
	}
	low := c.set.BaseMSS
	s := c.search()
	if s != nil {
		low = max(min((s.low-c.headers())/2, low), c.set.MTUProbeFloor, c.set.MinSndMSS)
	}
	if c.out.live()[0].segment()+c.overhead() <= low+c.headers() {
		return // it is short already
	}
	if s == nil {
		c.searchMTU(now, false)
	} else {
		s.low, s.size = low+c.headers(), low+c.headers()
		c.fitSegments()
	}
	c.loseLonger(c.cwnd.MSS)
}

// probeMTU sends a probe if it is time for one and there is enough to send behind it for
// its loss to be repaired at once (RFC 4821, section 7.4). It reports whether other data
// is to wait until there is room for a probe.
func (c *Conn) probeMTU(now clock.Time, sink Sink) (wait bool) {
	s := c.search()
	if s == nil || s.probe != 0 || c.recovery.state != caOpen || c.early != nil || c.dupPending ||
		!c.state.synchronized() {
		return false
	}
	size := s.next(c.set.ProbeThreshold)
	if size == 0 {
		if now.Sub(s.since) >= c.set.ProbeInterval {
			s.since = now
			s.reach(c.longest(), true) // the path may have changed
		}
		return false
	}
	n := size - c.overhead()
	// Three segments behind a lost one tell of it (RFC 5681, section 3.2).
	needed := n + (dupThresh+1)*c.cwnd.MSS
	if needed > min(c.buf.end().Sub(c.sndNxt), c.sndWnd, c.cwnd.Window) {
		return false
	}
	if needed > c.sndUna.Add(c.sndWnd).Sub(c.sndNxt) || n+c.cwnd.MSS > c.cwnd.Window-c.pipe() {
		return !c.out.empty()
	}
	mss := c.mss
	c.mss += n - c.cwnd.MSS
	got := c.emit(now, sink, c.sndNxt, n, wire.FlagACK, true)
	c.mss = mss
	if got > c.cwnd.MSS { // cut short, perhaps, by the pieces that it lies in
		s.probe, s.first, s.end = size-(n-got), c.sndNxt, c.sndNxt.Add(got)
	}
	c.noteSent(now, got, false)
	return false
}

// probeAcknowledged looks whether the probe has arrived.
func (c *Conn) probeAcknowledged() {
	if s := c.search(); s != nil && s.probe != 0 && s.end.LessEq(c.sndUna) {
		c.cnt.TCPMTUPSuccess++
		s.arrived()
		c.fitSegments()
	}
}

// isProbe reports whether r is the probe.
func (c *Conn) isProbe(r *sent) bool {
	s := c.search()
	return s != nil && s.probe != 0 && r.seq == s.first && r.end == s.end
}

// onlyProbeLost reports whether of what is lost nothing but the probe gives cause for
// alarm. Then it was too long: that is no sign of congestion (RFC 4821, section 7.6.2).
func (c *Conn) onlyProbeLost() bool {
	s := c.search()
	if s == nil || s.probe == 0 || c.out.alarming() != s.end.Sub(s.first) {
		return false
	}
	i := c.out.find(s.first)
	if i == len(c.out.live()) || !c.isProbe(&c.out.live()[i]) || c.out.live()[i].mark&(markLost|markResent) != markLost {
		return false
	}
	c.cnt.TCPMTUPFail++
	c.out.setMark(i, markExcused, 0)
	s.lost()
	return true
}

// probeResent takes note that the bytes [first, end) are sent again: if the probe is
// among them, whatever is acknowledged says nothing of it any more.
func (c *Conn) probeResent(first, end Seq) {
	if s := c.search(); s != nil && s.probe != 0 && first.Less(s.end) && s.first.Less(end) {
		s.probe = 0
	}
}
