package stack

import (
	"testing"
	"time"

	"thinnet/clock"
)

// Who reads little parks at once while others of his host read or write much.
func TestYields(t *testing.T) {
	for _, tt := range []struct {
		long  bool
		since time.Duration // that much was read or written
		want  bool
	}{
		{long: false, since: time.Second, want: true},
		{long: false, since: busyFor / 2, want: false},
		{long: true, since: busyFor / 2, want: true},
	} {
		s := &Stack{now: clock.Time(time.Hour)}
		s.bulk = s.now.Add(-tt.since)
		if got := (&TCPConn{s: s, long: tt.long}).yields(); got != tt.want {
			t.Errorf("long %v, %v ago: %v", tt.long, tt.since, got)
		}
	}
}

// late is a clock that is asked before somebody lets others run, and when he is back. In
// between so much time goes by.
type late struct {
	clock.Clock
	now   clock.Time
	away  time.Duration
	asked int
}

func (c *late) Now() clock.Time {
	if c.asked++; c.asked%2 == 0 {
		c.now = c.now.Add(c.away)
	}
	return c.now
}

// Who lets others run does so seldom where it takes long.
func TestYieldCrowded(t *testing.T) {
	for _, tt := range []struct {
		away, pause time.Duration
	}{
		{away: briefYield, pause: 0},
		{away: 50 * time.Millisecond, pause: patience * 50 * time.Millisecond},
		{away: 10 * longAway, pause: patience * longAway}, // a computer that slept
	} {
		s := &Stack{clk: &late{away: tt.away}}
		s.mu.Lock()
		for range lookEvery {
			if !s.yield() {
				t.Fatalf("away for %v: it was not looked yet, and nobody yields", tt.away)
			}
		}
		for _, x := range []struct {
			after time.Duration
			want  bool
		}{{tt.pause - 1, tt.pause == 0}, {tt.pause, true}} {
			s.now = s.clk.(*late).now.Add(x.after)
			if got := s.yield(); got != x.want {
				t.Errorf("%v after one was away for %v: yields %v", x.after, tt.away, got)
			}
		}
		s.mu.Unlock()
	}
}

// When it took long, the first one afterwards looks again.
func TestYieldStillCrowded(t *testing.T) {
	c := &late{away: longAway}
	s := &Stack{clk: c}
	s.mu.Lock()
	defer s.mu.Unlock()
	for range lookEvery {
		s.yield()
	}
	c.now = s.crowded
	s.now = c.now
	if !s.yield() || s.yield() {
		t.Error("not one yields, and then nobody")
	}
}
