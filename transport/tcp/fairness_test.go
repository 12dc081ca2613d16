package tcp

import (
	"math/rand/v2"
	"testing"
	"time"
)

// jain is Jain's index of fairness: 1 if all have the same, 1/n if one has it all.
func jain(shares ...float64) float64 {
	sum, squares := 0.0, 0.0
	for _, x := range shares {
		sum += x
		squares += x * x
	}
	return sum * sum / (float64(len(shares)) * squares)
}

// duel runs a flow of each algorithm over a bottleneck of the path for the time d,
// after a quarter of it. It returns the goodput of each in bits a second.
func duel(t *testing.T, seed uint64, cc [2]string, p path, b *bottleneck, d time.Duration) (goodput [2]float64) {
	var s [2]*flow
	for i := range s {
		s[i] = newFlow(t, seed+uint64(i), cc[i], p, b)
		defer s[i].close()
		runTogether(s[0].now.Add(time.Second), s[:i+1]...)
	}
	runTogether(s[0].now.Add(d/4), s[:]...)
	b.arrived, b.dropped, b.waited = 0, 0, 0
	goodput[0] = s[0].measure(func() {
		goodput[1] = s[1].measure(func() { runTogether(s[0].now.Add(d), s[:]...) })
	})
	return goodput
}

// Two flows of one kind share a bottleneck.
func TestFairness(t *testing.T) {
	if race {
		t.Skip("seconds of one goroutine: nothing for the race detector")
	}
	for _, cc := range []string{"cubic", "reno"} {
		for _, p := range []path{
			{rate: 10e6, rtt: 20 * time.Millisecond}, {rate: 10e6, rtt: 100 * time.Millisecond}, {rate: 100e6, rtt: 20 * time.Millisecond},
		} {
			g := duel(t, 1, [2]string{cc, cc}, p, p.bottleneck(), 1000*p.rtt)
			index := jain(g[:]...)
			t.Logf("2 × %-5s %4.0f Mbit/s %5v: %5.2f and %5.2f Mbit/s, index %.3f", cc, p.rate/1e6, p.rtt, g[0]/1e6, g[1]/1e6, index)
			if index < 0.95 {
				t.Errorf("index %.3f, want 0.95", index)
			}
			if sum := g[0] + g[1]; sum < 0.95*p.capacity() {
				t.Errorf("both have %.2f Mbit/s, the bottleneck takes %.2f", sum/1e6, p.capacity()/1e6)
			}
		}
	}
}

// CUBIC beside Reno. RFC 9438 says how they share what loses the same of both: as
// the response functions do, which are one in the Reno-friendly region (section 4.3).
// It says more than that of no queue that drops at its end, since of such a one the
// flow that grows in the moment loses more: there, Reno keeps at least two thirds of
// its half where section 5.1 promises that CUBIC does not change what Reno has, which
// is on short paths and slow ones.
func TestCubicBesideReno(t *testing.T) {
	if race {
		t.Skip("seconds of one goroutine: nothing for the race detector")
	}
	for _, tt := range []struct {
		path
		early bool // drops at random
	}{
		{path{rate: 10e6, rtt: 20 * time.Millisecond}, true},
		{path{rate: 10e6, rtt: 100 * time.Millisecond}, true},
		{path{rate: 100e6, rtt: 5 * time.Millisecond}, true},
		{path{rate: 50e6, rtt: 100 * time.Millisecond}, true},
		{path{rate: 10e6, rtt: 5 * time.Millisecond}, false},
		{path{rate: 10e6, rtt: 20 * time.Millisecond}, false},
		{path{rate: 100e6, rtt: 5 * time.Millisecond}, false},
	} {
		b := tt.bottleneck()
		if tt.early {
			b.early = rand.New(rand.NewPCG(1, 1))
		}
		g := duel(t, 1, [2]string{"cubic", "reno"}, tt.path, b, max(10*time.Second, 1000*tt.rtt))
		loss := float64(b.dropped) / float64(b.arrived)
		rtt := tt.rtt + b.waited/time.Duration(b.arrived-b.dropped)
		want := cubicWindow(loss, rtt) / renoWindow(loss)
		t.Logf("%4.0f Mbit/s %5v, drops at random %-5v: CUBIC %5.2f, Reno %5.2f Mbit/s: %.2f times as much; loss %.4f%%, the response functions say %.2f",
			tt.rate/1e6, tt.rtt, tt.early, g[0]/1e6, g[1]/1e6, g[0]/g[1], 100*loss, want)
		// Reno beyond its window before the loss is what CUBIC aims at from there on
		// (section 4.3), which only the random loss lets it reach: up to a third more.
		if ratio := g[0] / g[1]; tt.early && ratio > 1.4*want {
			t.Errorf("CUBIC has %.2f times what Reno has, the response functions say %.2f", ratio, want)
		}
		if !tt.early && g[1] < tt.capacity()/2*2/3 {
			t.Errorf("Reno has %.2f Mbit/s, half of the bottleneck is %.2f", g[1]/1e6, tt.capacity()/2e6)
		}
	}
}
