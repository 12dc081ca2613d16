package tcp

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A fifo does what a slice does, whichever of its items have to move.
func TestFifo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var from arrays[*int]
	var q fifo[*int]
	var want []*int
	for i := range few(100_000) {
		n := len(want)
		switch op := rng.IntN(8); {
		case op < 3 || n < 2:
			q.push(&from, &i)
			want = append(want, &i)
		case op < 5:
			at := rng.IntN(n + 1)
			q.insert(at, &i)
			want = slices.Insert(want, at, &i)
		case op < 6:
			a := rng.IntN(n)
			b := a + rng.IntN(min(n-a, 4)+1)
			if b-a == n {
				continue
			}
			q.cut(a, b)
			want = slices.Delete(want, a, b)
		case op < 7:
			k := rng.IntN(min(n, 5) + 1)
			clear(q.live()[:k])
			q.drop(&from, k)
			want = slices.Delete(want, 0, k)
		}
		if !slices.Equal(q.live(), want) {
			t.Fatalf("after %d operations: %d items, want %d", i+1, len(q.live()), len(want))
		}
		if q.array == nil {
			continue
		}
		for _, p := range q.array.items[:q.array.head] {
			if p != nil {
				t.Fatal("what is gone is held")
			}
		}
	}
}
