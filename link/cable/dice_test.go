package cable

import (
	"math/rand/v2"
	"testing"
)

// The numbers are those of math/rand/v2, whichever are left out.
func TestDice(t *testing.T) {
	for seed := range uint64(100) {
		d, r := dice{seed * 0x9e3779b97f4a7c15, seed}, rand.NewPCG(seed*0x9e3779b97f4a7c15, seed)
		for i := range 100 {
			want := r.Uint64()
			if i%3 == 1 {
				if d.happens(0) {
					t.Fatal("what has no chance happens")
				}
				continue
			}
			d.next()
			if got := d.number(); got != want {
				t.Fatalf("seed %d: number %d is %#x, want %#x", seed, i, got, want)
			}
		}
	}
}

func TestHappens(t *testing.T) {
	d, n := dice{1, 2}, 0
	for range 100000 {
		if !d.happens(1) {
			t.Fatal("what is certain does not happen")
		}
		if d.happens(0.25) {
			n++
		}
	}
	if n < 24500 || n > 25500 {
		t.Errorf("of 100000 with a chance of a quarter %d happen", n)
	}
}
