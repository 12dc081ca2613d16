package cable

import (
	"math/rand/v2"
	"testing"
)

// The numbers are those of math/rand/v2, whichever are passed over.
func TestDice(t *testing.T) {
	three := one.times(3)
	for seed := range uint64(100) {
		hi := seed * 0x9e3779b97f4a7c15
		d, r := dice{wide{hi, seed}}, rand.NewPCG(hi, seed)
		for range 100 {
			d.pass(&one)
			if got, want := d.number(), r.Uint64(); got != want {
				t.Fatalf("seed %d: %#x, want %#x", seed, got, want)
			}
			if r.Uint64(); d.happens(0) {
				t.Fatal("what has no chance happens")
			}
			for range 3 {
				r.Uint64()
			}
			d.pass(&three)
		}
	}
}

// A frame takes as many draws, whatever it may suffer.
func TestFatesTakeAsManyDraws(t *testing.T) {
	for _, i := range []Impairment{
		{}, {Loss: 1}, {Loss: 0.5, Delay: 5}, {Duplicate: 1}, {Corrupt: 1}, {Delay: 1, Reorder: 1}, {Delay: 3, Jitter: 2},
		{Loss: 0.5, Duplicate: 0.5, Corrupt: 0.5, Delay: 10, Jitter: 9, Reorder: 0.5},
	} {
		d, r := dice{wide{1, 2}}, rand.NewPCG(1, 2)
		for range 10 {
			new(fate).draw(&i, &d)
			for range 6 {
				r.Uint64()
			}
		}
		d.pass(&one)
		if d.number() != r.Uint64() {
			t.Errorf("%+v: not six draws a frame", i)
		}
	}
}

func TestHappens(t *testing.T) {
	d, n := dice{wide{1, 2}}, 0
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
