package cable

import "math/bits"

// dice are what decides about frames: PCG-DXSM with 128 bits of state, of the same
// numbers as math/rand/v2's PCG. There a number is always worked out; here one can go
// past it, as past most of the six that a fate takes.
type dice struct{ hi, lo uint64 }

// next moves on to the next number.
func (d *dice) next() {
	// state = state*multiplier + increment, as in math/rand/v2.
	const (
		mulHi, mulLo = 2549297995355413924, 4865540595714422341
		incHi, incLo = 6364136223846793005, 1442695040888963407
	)
	hi, lo := bits.Mul64(d.lo, mulLo)
	hi += d.hi*mulLo + d.lo*mulHi
	lo, carry := bits.Add64(lo, incLo, 0)
	d.hi, d.lo = hi+incHi+carry, lo
}

// number returns the number that next moved on to.
func (d *dice) number() uint64 {
	const mul = 0xda942042e4dd58b5
	x := d.hi
	x ^= x >> 32
	x *= mul
	x ^= x >> 48
	return x * (d.lo | 1)
}

// fraction returns the same number, made one in [0, 1).
func (d *dice) fraction() float64 { return float64(d.number()>>11) / (1 << 53) }

// happens moves on, and reports whether what has the probability p does happen.
func (d *dice) happens(p float64) bool {
	d.next()
	return p > 0 && d.fraction() < p
}
