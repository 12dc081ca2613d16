package congestion

import "time"

// Constants of RFC 9406, section 4.3.
const (
	minRTTThresh     = 4 * time.Millisecond
	maxRTTThresh     = 16 * time.Millisecond
	minRTTDivisor    = 8
	rttSamples       = 8
	cssGrowthDivisor = 4
	cssRounds        = 5
)

// hystart is HyStart++ (RFC 9406): it leaves slow start when the round-trip time
// begins to rise, before the queue overflows, by way of a conservative slow start
// which finds out whether the rise was real.
type hystart struct {
	last, current time.Duration // the least round-trip time of a round; 0: none
	samples       uint8         // in the current round
	baseline      time.Duration // that conservative slow start was entered with; 0: it was not
	rounds        uint8         // of conservative slow start
	done          bool          // slow start is over
}

// sample takes a measurement; round says that a new round begins.
func (h *hystart) sample(rtt time.Duration, round bool) {
	if round {
		if h.baseline != 0 {
			h.rounds++
			if h.rounds >= cssRounds {
				h.done = true
			}
		}
		h.last, h.current, h.samples = h.current, 0, 0
	}
	if rtt == 0 {
		return
	}
	if h.current == 0 || rtt < h.current {
		h.current = rtt
	}
	h.samples = min(h.samples+1, rttSamples)
	if h.samples < rttSamples {
		return
	}
	switch {
	case h.baseline == 0 && h.last != 0:
		thresh := min(max(h.last/minRTTDivisor, minRTTThresh), maxRTTThresh)
		if h.current >= h.last+thresh {
			h.baseline, h.rounds = h.current, 0
		}
	case h.baseline != 0 && h.current < h.baseline:
		h.baseline = 0 // it was jitter: back to slow start
	}
}

// growth returns by how many bytes the window grows for acked bytes. The RFC's L
// is taken as infinite: an acknowledgement here may stand for a whole batch.
func (h *hystart) growth(acked int) int {
	if h.baseline != 0 {
		return acked / cssGrowthDivisor
	}
	return acked
}

// over reports whether slow start has ended.
func (h *hystart) over() bool { return h.done }

// reset begins anew.
func (h *hystart) reset() { *h = hystart{} }
