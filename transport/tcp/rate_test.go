package tcp

import (
	"testing"
	"time"

	"thinnet/clock"
)

// A path of 100 kB/s and 50 ms: what is sent faster shows the rate of the path, and
// what is sent slower that of the sender.
func TestDeliveryRate(t *testing.T) {
	ms := func(n int) clock.Time { return clock.Time(time.Hour).Add(time.Duration(n) * time.Millisecond) }
	for _, tt := range []struct {
		name  string
		every int // ms between two sends of 1000 bytes
		want  int64
	}{
		{"faster", 1, 100_000}, {"as fast", 10, 100_000}, {"slower", 20, 50_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var e deliveryRate
			var flight []sent
			rate, limited := int64(0), false
			free := 0 // when the path has sent what it was given, ms
			type arrival struct{ at, run int }
			var acks []arrival
			for now := range 1000 {
				for len(acks) > 0 && acks[0].at == now {
					e.take(&flight[acks[0].run])
					if r, l := e.sample(ms(now), 1000, 50*time.Millisecond); r > 0 {
						rate, limited = r, l
					}
					acks = acks[1:]
				}
				if now%tt.every == 0 && len(acks) < 20 {
					r := sent{seq: Seq(1000 * len(flight)), end: Seq(1000*len(flight) + 1000), at: ms(now)}
					e.send(&r, ms(now), len(acks) == 0)
					flight = append(flight, r)
					free = max(free, now) + 10
					acks = append(acks, arrival{free + 40, len(flight) - 1})
				}
			}
			if rate < tt.want*95/100 || rate > tt.want*105/100 || limited {
				t.Errorf("%d bytes/s, limited: %v; want about %d, and not limited", rate, limited, tt.want)
			}
		})
	}
}

// A sample of what was sent while the user had nothing more is marked so, and does not
// lower what was measured before.
func TestDeliveryRateLimited(t *testing.T) {
	at := func(n int) clock.Time { return clock.Time(time.Hour).Add(time.Duration(n) * time.Millisecond) }
	var e deliveryRate
	exchange := func(begin, n int) (int64, bool) {
		r := sent{seq: 0, end: Seq(n), at: at(begin)}
		e.send(&r, at(begin), true)
		e.limit(n)
		e.take(&r)
		return e.sample(at(begin+100), n, time.Millisecond)
	}
	if rate, limited := exchange(0, 10_000); rate != 100_000 || limited {
		t.Errorf("first: %d, %v; want 100000, not limited", rate, limited)
	}
	if rate, limited := exchange(200, 1000); rate != 10_000 || !limited {
		t.Errorf("second: %d, %v; want 10000, limited", rate, limited)
	}
	if e.rate != 100_000 || e.rateLimited {
		t.Errorf("keeps %d, limited: %v; want 100000, not limited", e.rate, e.rateLimited)
	}
	// Nothing is made of an acknowledgement that delivers nothing.
	if rate, _ := e.sample(at(400), 0, 0); rate != 0 {
		t.Errorf("%d of nothing", rate)
	}
}
