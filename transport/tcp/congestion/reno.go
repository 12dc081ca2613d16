package congestion

import "thinnet/clock"

// Reno is RFC 5681: additive increase, multiplicative decrease.
type Reno struct {
	acked int // bytes acknowledged since the window last grew, in congestion avoidance
}

// Name implements [Controller].
func (*Reno) Name() string { return "reno" }

// OnAck implements [Controller]. Bytes are counted, not acknowledgements
// (RFC 3465), since one may cover many segments.
func (r *Reno) OnAck(s *State, a Ack) {
	if !a.Limited {
		return
	}
	acked := a.Acked
	if s.SlowStart() {
		grow := min(acked, s.Threshold-s.Window)
		s.Window += grow
		acked -= grow
	}
	// RFC 5681, section 3.1: "cwnd is incremented by roughly 1 full-sized
	// segment per round-trip time".
	r.acked += acked
	for r.acked >= s.Window {
		r.acked -= s.Window
		s.Window += s.MSS
	}
}

// OnLoss implements [Controller]. RFC 5681, equation (4): "ssthresh =
// max (FlightSize / 2, 2*SMSS)".
func (r *Reno) OnLoss(s *State, _ clock.Time, inFlight int) {
	s.Threshold = max(inFlight/2, 2*s.MSS)
	s.Window = s.Threshold
	r.acked = 0
}

// OnTimeout implements [Controller]. RFC 5681, section 3.1: "cwnd MUST be set to
// no more than the loss window, LW, which equals 1 full-sized segment".
func (r *Reno) OnTimeout(s *State, _ clock.Time, inFlight int) {
	s.Threshold = max(inFlight/2, 2*s.MSS)
	s.Window = s.MSS
	r.acked = 0
}

// OnRecovered implements [Controller].
func (r *Reno) OnRecovered(s *State, _ clock.Time) {
	s.Window = max(s.Threshold, 2*s.MSS)
}
