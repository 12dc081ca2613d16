package tcp

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
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

func goodput(t testing.TB, seed uint64, cc string, rate float64, rtt time.Duration, loss float64, reorder bool, d time.Duration) float64 {
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
	return float64(s.ends[1].read-start) * 8 / (d / 2).Seconds()
}

var (
	update = flag.Bool("update", false, "rewrite the golden files")
	whole  = flag.Bool("netsim", false, "fill in the whole table of TestNetsim, with 1 Gbit/s: some minutes")
)

// netsimRow is a line of the table: what one algorithm makes of one path.
type netsimRow struct {
	cc   string
	rate float64 // bits a second
	rtt  time.Duration
}

var netsimLoss = []float64{0, 0.0001, 0.001, 0.01, 0.03}

// run returns the row with its goodputs in Mbit/s: for each loss without and
// with reordering.
func (r netsimRow) run(t *testing.T) string {
	d := max(2*time.Second, 100*r.rtt)
	line := fmt.Sprintf("%-5s %4.0f Mbit/s %5v ", r.cc, r.rate/1e6, r.rtt)
	for _, loss := range netsimLoss {
		for _, reorder := range []bool{false, true} {
			line += fmt.Sprintf(" %6.1f", goodput(t, 1, r.cc, r.rate, r.rtt, loss, reorder, d)/1e6)
		}
	}
	return line
}

// Goodput in virtual time, from a fixed seed. RFC 5681's response function gives
// MSS/RTT sqrt(1.5/p), RFC 9438's is no less.
func TestNetsim(t *testing.T) {
	if race {
		t.Skip("minutes of one goroutine: nothing for the race detector")
	}
	const golden = "testdata/netsim.golden"
	head := "                       "
	for _, loss := range netsimLoss {
		head += fmt.Sprintf(" %5.2f%% reord.", 100*loss)
	}
	var rows []netsimRow
	for _, cc := range []string{"reno", "cubic"} {
		for _, rate := range []float64{100e6, 1e9} {
			for _, rtt := range []time.Duration{time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
				if *whole && (rate == 100e6 || rtt <= 20*time.Millisecond) || rate == 100e6 && rtt == 20*time.Millisecond {
					rows = append(rows, netsimRow{cc, rate, rtt})
				}
			}
		}
	}
	got := head + "\n"
	t.Log(head)
	for _, r := range rows {
		line := r.run(t)
		t.Log(line)
		got += line + "\n"
	}
	if *update && *whole {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(got) {
		if !strings.Contains(string(want), line) {
			t.Errorf("not in %s, which -netsim -update rewrites:\n%s", golden, line)
		}
	}
}

// The goodput of a lossy path is what the response function says, with reordering
// of a quarter of the round-trip time as without.
func TestResponse(t *testing.T) {
	if race {
		t.Skip("minutes of one goroutine: nothing for the race detector")
	}
	for _, rtt := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond} {
		for _, loss := range []float64{0.001, 0.01, 0.03} {
			for _, reorder := range []bool{false, true} {
				sum := 0.0
				const seeds = 5
				for seed := range uint64(seeds) {
					sum += goodput(t, seed, "reno", 100e6, rtt, loss, reorder, 1000*rtt)
				}
				// Mathis et al., 1997: every segment is acknowledged here.
				want := 1448 * 8 / rtt.Seconds() * math.Sqrt(1.5/loss)
				if r := sum / seeds / want; r < 0.6 || r > 1.6 {
					t.Errorf("RTT %v, loss %v, reordering %v: %.1f Mbit/s, %.2f of the response function", rtt, loss, reorder, sum/seeds/1e6, r)
				}
			}
		}
	}
}
