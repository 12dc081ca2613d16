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

// late is a clock by which all takes long.
type late struct {
	clock.Clock
	now  clock.Time
	step time.Duration
}

func (c *late) Now() clock.Time {
	c.now = c.now.Add(c.step)
	return c.now
}

// Who lets others run does so seldom where it takes long.
func TestYieldCrowded(t *testing.T) {
	for _, tt := range []struct {
		step time.Duration
		want int // yields in 100 steps
	}{
		{step: briefYield, want: 100},
		{step: 50 * time.Millisecond, want: 6},
		{step: 10 * longAway, want: 34}, // the host was idle: nobody was away for so long
	} {
		s := &Stack{clk: &late{step: tt.step}}
		n := 0
		s.mu.Lock()
		for range 100 {
			if s.yield() {
				n++
			} else {
				s.readClock()
			}
		}
		s.mu.Unlock()
		if n != tt.want {
			t.Errorf("a step of %v: %d yields, want %d", tt.step, n, tt.want)
		}
	}
}
