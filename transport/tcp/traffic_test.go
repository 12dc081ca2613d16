package tcp

import (
	"syscall"
	"testing"
)

// What was known of one connection's data is nothing that the next one knows.
func TestTrafficReused(t *testing.T) {
	set, cnt, q := NewSettings(Settings{}), new(Counters), new(Queues)
	var first, second Conn
	first.Open(0, &Config{Settings: set, Counters: cnt, Queues: q})
	first.traffic().stats.bytesSent = 7
	first.traffic().soft = syscall.EHOSTUNREACH
	was := first.data
	first.forget()
	second.Open(0, &Config{Settings: set, Counters: cnt, Queues: q})
	if second.traffic() != was {
		t.Fatal("it was not lent again")
	}
	if d := second.traffic(); d.stats.bytesSent != 0 || d.soft != nil {
		t.Errorf("it remembers: %d bytes sent, %v", d.stats.bytesSent, d.soft)
	}
	for range 2 * maxTraffic {
		second.data = new(traffic)
		second.forget()
	}
	if n := len(q.traffic); n != maxTraffic {
		t.Errorf("%d are kept, want %d", n, maxTraffic)
	}
}
