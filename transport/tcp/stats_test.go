package tcp

import (
	"testing"
	"time"

	"thinnet/clock"
)

func TestBusyStats(t *testing.T) {
	at := func(s int) clock.Time { return clock.Time(time.Duration(s) * time.Second) }
	var b busyStats
	b.become(busy, at(10))
	b.become(busy, at(11))
	b.become(rwndLimited, at(13))
	b.become(busy, at(17))
	b.become(idle, at(25))
	for k, want := range map[busyKind]time.Duration{busy: 11, rwndLimited: 4, sndbufLimited: 0} {
		if got := b.time(k, at(100)); got != want*time.Second {
			t.Errorf("kind %d: %v, want %d s", k, got, want)
		}
	}
	b.become(sndbufLimited, at(100))
	if got := b.time(sndbufLimited, at(103)); got != 3*time.Second {
		t.Errorf("under way: %v, want 3 s", got)
	}
}

func TestRTOStats(t *testing.T) {
	at := func(s int) clock.Time { return clock.Time(time.Duration(s) * time.Second) }
	var r rtoStats
	r.over(at(1))
	r.fired(at(2))
	r.fired(at(4))
	if got := r.time(at(5)); got != 3*time.Second {
		t.Errorf("under way: %v, want 3 s", got)
	}
	r.over(at(7))
	r.over(at(8))
	r.fired(at(10))
	r.over(at(11))
	if r.total != 3 || r.recoveries != 2 || r.time(at(50)) != 6*time.Second {
		t.Errorf("%d timeouts, %d recoveries in %v; want 3, 2, 6 s", r.total, r.recoveries, r.time(at(50)))
	}
}
