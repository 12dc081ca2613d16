package congestion

import (
	"time"

	"thinnet/clock"
)

// Reno is RFC 5681: additive increase, multiplicative decrease.
type Reno struct {
	acked int // bytes acknowledged since the window last grew, in congestion avoidance
}

func init() { Register("reno", func() Controller { return &Reno{} }) }

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

// OnCongestion implements [Controller]. RFC 5681, equation (4): "ssthresh =
// max (FlightSize / 2, 2*SMSS)".
func (r *Reno) OnCongestion(s *State, _ clock.Time, inFlight int) {
	s.Threshold = max(inFlight/2, 2*s.MSS)
	r.acked = 0
}

// OnTimeout implements [Controller].
func (r *Reno) OnTimeout(s *State, now clock.Time, inFlight int) { r.OnCongestion(s, now, inFlight) }

// OnUndo implements [Controller].
func (*Reno) OnUndo(*State, clock.Time) {}

// OnIdle implements [Controller].
func (*Reno) OnIdle(time.Duration) {}
