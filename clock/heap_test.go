package clock

import (
	"math/rand/v2"
	"testing"
)

// The first event is always on top, and every event knows its place.
func TestEventHeap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var h eventHeap
	events := make([]*event, 50)
	for i := range events {
		events[i] = &event{src: Source(rng.IntN(5)), index: -1}
	}
	for seq := range uint64(20000) {
		e := events[rng.IntN(len(events))]
		h.remove(e)
		if rng.IntN(3) > 0 {
			e.at, e.seq = Time(rng.IntN(10)), seq
			h.push(e)
		}
		for i, e := range h {
			if e.index != i {
				t.Fatalf("the event at %d believes that it is at %d", i, e.index)
			}
			if i > 0 && e.before(h[0]) {
				t.Fatalf("%+v is on top, before %+v", h[0], e)
			}
		}
	}
}
