package congestion

import (
	"math"
	"time"

	"thinnet/clock"
)

// Constants of RFC 9438, sections 4.6 and 5.
const (
	cubicC    = 0.4
	cubicBeta = 0.7
	// RFC 9438, section 4.3: the increase that makes AIMD with cubicBeta as
	// aggressive as Reno.
	cubicAlpha = 3 * (1 - cubicBeta) / (1 + cubicBeta)
)

// Cubic is RFC 9438 with HyStart++ (RFC 9406): after a loss the window grows as a
// cubic function of the time since, fast at first, slowly around the window of the
// loss, and then fast again.
type Cubic struct {
	start hystart

	// Of the present epoch of congestion avoidance; windows in segments.
	epoch  clock.Time // when it began
	active bool       // epoch is valid
	k      float64    // seconds from epoch until the window is wMax again
	origin float64    // the window that the curve is centred on
	wEst   float64    // what Reno's window would be
	frac   float64    // part of a segment by which the window has grown

	wMax  float64 // the window before the last reduction
	prior float64 // cwnd at the last reduction: cwnd_prior

	before *cubicMemory // for OnUndo; nil: nothing to undo
}

// cubicMemory is what a reduction that was none has changed.
type cubicMemory struct {
	wMax, prior, k, origin, wEst float64
	epoch                        clock.Time
	active                       bool
}

func init() { Register("cubic", func() Controller { return &Cubic{} }) }

// Name implements [Controller].
func (*Cubic) Name() string { return "cubic" }

// OnAck implements [Controller].
func (c *Cubic) OnAck(s *State, a Ack) {
	if s.SlowStart() {
		c.start.sample(a.RTT, a.Round)
		if !a.Limited {
			return
		}
		grow := c.start.growth(a.Acked)
		s.Window += min(grow, s.Threshold-s.Window)
		if c.start.over() {
			s.Threshold = s.Window
		}
		return
	}
	if a.Limited {
		c.avoid(s, a)
	}
}

// avoid is congestion avoidance: RFC 9438, sections 4.2 to 4.5.
func (c *Cubic) avoid(s *State, a Ack) {
	mss := float64(s.MSS)
	cwnd := float64(s.Window)/mss + c.frac
	segs := float64(a.Acked) / mss
	if !c.active {
		c.active = true
		c.epoch = a.Now
		c.wEst = cwnd
		if int(cwnd) < int(c.wMax) {
			// RFC 9438, figure 2.
			c.k = math.Cbrt((c.wMax - cwnd) / cubicC)
			c.origin = c.wMax
		} else {
			c.k = 0
			c.origin = cwnd
		}
	}
	// Section 4.2: the curve one round trip ahead, at most half as much again.
	t := a.Now.Sub(c.epoch).Seconds()
	target := min(max(c.curve(t+a.SRTT.Seconds()), cwnd), 1.5*cwnd)
	w := cwnd + (target-cwnd)*segs/cwnd

	// Section 4.3: not slower than Reno.
	alpha := cubicAlpha
	if c.wEst >= c.prior {
		alpha = 1
	}
	c.wEst += alpha * segs / cwnd
	if c.curve(t) < c.wEst {
		w = max(w, c.wEst)
	}
	whole := math.Floor(w * mss)
	c.frac = w - whole/mss
	s.Window = int(whole)
}

// curve is W_cubic(t), figure 1 of RFC 9438, in segments.
func (c *Cubic) curve(t float64) float64 {
	d := t - c.k
	return c.origin + cubicC*d*d*d
}

// OnCongestion implements [Controller]: RFC 9438, sections 4.6 and 4.7. It reduces
// the window, not what is in flight: section 4.6 allows that to who does not let
// the window grow unused.
func (c *Cubic) OnCongestion(s *State, _ clock.Time, _ int) {
	c.before = &cubicMemory{c.wMax, c.prior, c.k, c.origin, c.wEst, c.epoch, c.active}
	cwnd := float64(s.Window) / float64(s.MSS)
	c.prior = cwnd
	if int(cwnd) < int(c.wMax) {
		c.wMax = cwnd * (1 + cubicBeta) / 2 // fast convergence
	} else {
		c.wMax = cwnd
	}
	c.active = false
	c.frac = 0
	s.Threshold = max(int(float64(s.Window)*cubicBeta), 2*s.MSS)
	c.start.reset()
}

// OnTimeout implements [Controller]: RFC 9438, section 4.8.
func (c *Cubic) OnTimeout(s *State, now clock.Time, inFlight int) {
	c.OnCongestion(s, now, inFlight)
}

// OnUndo implements [Controller]: RFC 9438, section 4.9.
func (c *Cubic) OnUndo(*State, clock.Time) {
	if b := c.before; b != nil {
		c.wMax, c.prior, c.k, c.origin, c.wEst, c.epoch, c.active = b.wMax, b.prior, b.k, b.origin, b.wEst, b.epoch, b.active
		c.before = nil
	}
}

// OnIdle implements [Controller]. RFC 9438, section 5.8: time in which nothing was
// sent is no time in which the window should have grown.
func (c *Cubic) OnIdle(d time.Duration) {
	if c.active {
		c.epoch = c.epoch.Add(d)
	}
}
