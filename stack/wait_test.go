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
