package tcp

import (
	"math"
	"time"
)

// Constants of CUBIC (RFC 9438, sections 4.3, 4.6 and 5), written out again.
const (
	respC     = 0.4
	respBeta  = 0.7
	respAlpha = 3 * (1 - respBeta) / (1 + respBeta)
)

// renoWindow is the response function of Reno: the average window in segments, if
// one in 1/p of them is lost (RFC 9438, figure 3, with alpha 1 and beta 1/2).
func renoWindow(p float64) float64 { return math.Sqrt(1.5 / p) }

// cubicWindow is that of CUBIC: in the Reno-friendly region it is Reno's (RFC 9438,
// section 4.3), otherwise figure 6 of section 5.
func cubicWindow(p float64, rtt time.Duration) float64 {
	return max(renoWindow(p), math.Pow(respC*(3+respBeta)/(4*(1-respBeta)), 0.25)*math.Pow(rtt.Seconds()/p, 0.75))
}

// window returns the average window of cc on the path.
func (p path) window(cc string) float64 {
	if cc == "reno" {
		return renoWindow(p.loss)
	}
	return cubicWindow(p.loss, p.rtt)
}

// capacity returns the goodput of the bottleneck, in bits a second.
func (p path) capacity() float64 { return p.rate * payloadSize / frameSize }

// carries returns the goodput of an average window in bits a second: what is lost
// is sent, but does not arrive.
func (p path) carries(window float64) float64 {
	return min(window*payloadSize*8/p.rtt.Seconds()*(1-p.loss), p.capacity())
}

// response returns the goodput that the response function of cc gives, or the
// bottleneck, in bits a second.
func (p path) response(cc string) float64 {
	if p.loss == 0 {
		return p.capacity()
	}
	return p.carries(p.window(cc))
}

// sawtooth returns how many round trips lie between two losses. The response
// function is meant for many: it leaves out the one of the recovery, in which the
// window does not grow, and counts with parts of segments.
func (p path) sawtooth(cc string) float64 { return 1 / p.loss / p.window(cc) }

// rounds returns the goodput as response does, added up by the round trip, so that
// it is good for few of them as well: windows are whole segments, and do not grow
// in the round trip of a recovery.
func (p path) rounds(cc string) float64 {
	if p.loss == 0 {
		return p.capacity()
	}
	const losses = 200
	w := p.window(cc)
	c := cubicModel{wMax: w, prior: w}
	sent, trips := 0.0, 0
	for n := 0; n < losses; trips++ {
		sent += math.Floor(w)
		if sent < float64(n+1)/p.loss {
			if cc == "reno" {
				w += math.Floor(w) / w
			} else {
				w = c.grow(w, p.rtt.Seconds())
			}
			continue
		}
		n++
		if cc == "reno" {
			w = max(w/2, 2)
		} else {
			w = c.reduce(w)
		}
		sent += math.Floor(w) // the recovery
		trips++
	}
	return p.carries(sent / float64(trips))
}

// cubicModel is CUBIC by the round trip, windows in segments.
type cubicModel struct {
	wMax, prior, wEst float64
	k, t              float64 // seconds
}

// reduce returns the window after a loss at w: RFC 9438, sections 4.6 and 4.7.
func (c *cubicModel) reduce(w float64) float64 {
	c.prior = w
	if w < c.wMax {
		w *= (1 + respBeta) / 2
	}
	c.wMax = w
	w = max(c.prior*respBeta, 2)
	c.wEst, c.t, c.k = w, 0, math.Cbrt((c.wMax-w)/respC)
	return w
}

// grow returns the window a round trip later: the larger one of sections 4.2 and
// 4.3.
func (c *cubicModel) grow(w, rtt float64) float64 {
	alpha := respAlpha
	if c.wEst >= c.prior {
		alpha = 1
	}
	c.wEst += alpha * math.Floor(w) / w
	c.t += rtt
	return max(c.wEst, min(c.wMax+respC*math.Pow(c.t-c.k, 3), 1.5*w), w)
}
