package congestion

import (
	"math"
	"testing"
	"time"

	"thinnet/clock"
)

// run acknowledges a window a round trip for the time d, every segment by itself.
func run(c Controller, s *State, now clock.Time, d, rtt time.Duration) clock.Time {
	for end := now.Add(d); now < end; {
		n := s.Window / s.MSS
		for range n {
			now = now.Add(rtt / time.Duration(n))
			c.OnAck(s, Ack{Now: now, Acked: s.MSS, RTT: rtt, SRTT: rtt, Limited: true})
		}
	}
	return now
}

// RFC 9438, section 4.2: after K = cbrt((W_max - cwnd) / C) seconds the window is
// what it was before the loss, and stays near it for a while.
func TestCubicCurve(t *testing.T) {
	const wMax, rtt = 1000, 100 * time.Millisecond
	s, c := NewState(mss, wMax), &Cubic{}
	c.OnCongestion(&s, 0, s.Window)
	if s.Threshold != 700*mss {
		t.Fatalf("threshold %d, want 0.7 of %d segments", s.Threshold, wMax)
	}
	s.Window = s.Threshold
	k := time.Duration(math.Cbrt(wMax*0.3/0.4) * 1e9)
	now := run(c, &s, 1, k/2, rtt)
	half := wMax - 0.4*math.Pow(k.Seconds()/2, 3)
	if got := float64(s.Window) / mss; math.Abs(got-half) > 20 {
		t.Errorf("after half of K: %.0f segments, want about %.0f", got, half)
	}
	now = run(c, &s, now, k/2, rtt)
	if got := s.Window / mss; got < wMax-10 || got > wMax+10 {
		t.Errorf("after K: %d segments, want about %d", got, wMax)
	}
	run(c, &s, now, k, rtt)
	if got := s.Window / mss; got < wMax+250 {
		t.Errorf("after 2 K: %d segments, want about %d", got, wMax+300)
	}
}

// RFC 9438, section 4.3: where Reno would be faster, the window follows Reno.
func TestCubicReno(t *testing.T) {
	const rtt = time.Millisecond
	s, c := NewState(mss, 100), &Cubic{}
	c.OnCongestion(&s, 0, s.Window)
	s.Window = s.Threshold
	run(c, &s, 1, 100*rtt, rtt)
	// 0.53 segments a round trip up to the old window, then one.
	if got := s.Window / mss; got < 70+50 || got > 70+75 {
		t.Errorf("100 round trips later: %d segments", got)
	}
}

// RFC 9438, section 4.7: a flow that loses before it reaches its old window makes
// room for others.
func TestCubicFastConvergence(t *testing.T) {
	s, c := NewState(mss, 100), &Cubic{}
	c.OnCongestion(&s, 0, s.Window)
	s.Window = 80 * mss
	c.OnCongestion(&s, 0, s.Window)
	if c.wMax != 80*(1+0.7)/2 {
		t.Errorf("W_max is %v", c.wMax)
	}
}

// Section 4.9: a reduction that was none leaves nothing behind.
func TestCubicUndo(t *testing.T) {
	s, c := NewState(mss, 100), &Cubic{}
	c.OnCongestion(&s, 0, s.Window)
	s.Window = s.Threshold
	run(c, &s, 1, time.Second, 50*time.Millisecond)
	before := *c
	c.OnCongestion(&s, 0, s.Window)
	c.OnUndo(&s, 0)
	if c.wMax != before.wMax || c.k != before.k || c.epoch != before.epoch || !c.active {
		t.Errorf("%+v, before %+v", c, before)
	}
}

// RFC 9406: a round-trip time that rises ends slow start by way of the conservative
// one; one that was only jitter does not.
func TestHyStart(t *testing.T) {
	round := func(h *hystart, rtt time.Duration) {
		for i := range 10 {
			h.sample(rtt, i == 0)
		}
	}
	var h hystart
	round(&h, 40*time.Millisecond)
	round(&h, 43*time.Millisecond)
	if h.baseline != 0 {
		t.Error("3 ms of 40 are taken for a queue: the threshold is 5")
	}
	round(&h, 60*time.Millisecond)
	if h.baseline == 0 || h.growth(4000) != 1000 || h.over() {
		t.Errorf("17 ms more: %+v, growth %d of 4000", h, h.growth(4000))
	}
	jitter := h
	round(&jitter, 40*time.Millisecond)
	if jitter.baseline != 0 || jitter.growth(4000) != 4000 {
		t.Errorf("it was jitter: %+v", jitter)
	}
	for range cssRounds {
		round(&h, 60*time.Millisecond)
	}
	if !h.over() {
		t.Errorf("after %d rounds: %+v", cssRounds, h)
	}
}

func TestNew(t *testing.T) {
	for _, name := range Names() {
		c, err := New(name)
		if err != nil || c.Name() != name {
			t.Errorf("New(%q): %v, %v", name, c, err)
		}
	}
	if _, err := New("vegas"); err == nil || err.Error() != `no congestion control "vegas": want cubic or reno` {
		t.Errorf("New of nonsense: %v", err)
	}
}
