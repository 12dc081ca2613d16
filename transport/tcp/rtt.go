package tcp

import "time"

// rttEstimator computes the retransmission timeout (RFC 6298).
type rttEstimator struct {
	srtt, rttvar time.Duration // 0: nothing measured yet
	min          time.Duration // the least ever measured
}

// sample takes a measurement.
func (e *rttEstimator) sample(r time.Duration) {
	r = max(r, time.Microsecond)
	if e.min == 0 || r < e.min {
		e.min = r
	}
	if e.srtt == 0 {
		// RFC 6298, section 2.2.
		e.srtt, e.rttvar = r, r/2
		return
	}
	// RFC 6298, section 2.3, with alpha 1/8 and beta 1/4.
	e.rttvar += ((e.srtt - r).Abs() - e.rttvar) / 4
	e.srtt += (r - e.srtt) / 8
}

// rto returns the timeout, without back-off.
func (e *rttEstimator) rto(s *Settings) time.Duration {
	if e.srtt == 0 {
		return s.InitialRTO
	}
	// RFC 6298, section 2.3, with the minimum kept clear of the round-trip time
	// itself, as Linux does: a peer may delay an acknowledgement for as long.
	return min(e.srtt+max(4*e.rttvar, s.MinRTO), s.MaxRTO)
}
