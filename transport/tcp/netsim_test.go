package tcp

import (
	"fmt"
	"math"
	"testing"
	"time"

	"thinnet/clock"
)

// bottleneck is a link with a rate and a queue, for one direction of a sim.
type bottleneck struct {
	rate  float64    // bytes a second
	free  clock.Time // when what is queued has left
	queue time.Duration
}

// admit returns when a frame of n bytes has left the queue, or false if it finds
// the queue full.
func (b *bottleneck) admit(now clock.Time, n int) (clock.Time, bool) {
	b.free = max(b.free, now)
	if b.free.Sub(now) > b.queue {
		return 0, false
	}
	b.free = b.free.Add(time.Duration(float64(n) / b.rate * 1e9))
	return b.free, true
}

// goodput sends from end 0 to end 1 for the time d and returns bits a second over
// its second half.
func goodput(t testing.TB, seed uint64, cc string, rate float64, rtt time.Duration, loss float64, reorder bool, d time.Duration) (bps float64, info Info) {
	s := newSim(t, seed)
	s.delay = rtt / 2
	s.loss = loss
	if reorder {
		s.reorder, s.jitter = 0.02, rtt/4
	}
	s.wire[0] = &bottleneck{rate: rate / 8, queue: max(rtt, 5*time.Millisecond)}
	bdp := int(rate / 8 * rtt.Seconds())
	set := Settings{CongestionControl: cc, SndBuf: 4*bdp + 1<<20, RcvBuf: 4*bdp + 1<<20, QuickAck: -1}
	s.listener = set
	s.open(set)
	end := s.now.Add(d)
	half := s.now.Add(d / 2)
	start := -1
	for s.now < end {
		if !s.step(end) {
			break
		}
		a, b := s.ends[0], s.ends[1]
		if a.conn.State() == Established {
			for a.conn.SendSpace() > set.SndBuf/2 {
				a.writeFast(64 << 10)
			}
		}
		if b.conn.Readable() > 0 {
			b.readFast()
		}
		if start < 0 && s.now >= half {
			start = b.read
		}
	}
	return float64(s.ends[1].read-start) * 8 / (d / 2).Seconds(), s.ends[0].conn.Info(s.now)
}

func TestNetsimProbe(t *testing.T) {
	for _, cc := range []string{"reno", "cubic"} {
		for _, rtt := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
			line := ""
			for _, loss := range []float64{0.001, 0.01, 0.03} {
				for _, re := range []bool{false, true} {
					d := 60 * time.Second
					if rtt == time.Millisecond {
						d = 10 * time.Second
					}
					g, _ := goodput(t, 1, cc, 100e6, rtt, loss, re, d)
					// the response functions
					mss := 1448.0 * 8
					reno := mss / rtt.Seconds() * math.Sqrt(1.5/max(loss, 1e-9))
					line += fmt.Sprintf(" %6.2f", g/1e6)
					if !re {
						line += fmt.Sprintf("(%.1f)", min(reno, 96e6)/1e6)
					}
				}
			}
			t.Logf("%s rtt %v: %s", cc, rtt, line)
		}
	}
}
