package cable

import "math/bits"

// dice are what decides about frames: PCG-DXSM with 128 bits of state, of the same
// numbers as math/rand/v2's PCG. There a number is always worked out; here one can go
// past those that decide nothing, and past several at once.
type dice struct{ state wide }

// step is a way from one state to a later one: state*mul + inc.
type step struct{ mul, inc wide }

// one leads to the next number.
var one = step{
	mul: wide{2549297995355413924, 4865540595714422341},
	inc: wide{6364136223846793005, 1442695040888963407},
}

// times is s taken n times.
func (s step) times(n int) step {
	all := step{mul: wide{0, 1}}
	for range n {
		all = step{mul: all.mul.times(s.mul), inc: all.inc.times(s.mul).plus(s.inc)}
	}
	return all
}

// pass goes to another number.
func (d *dice) pass(s *step) { d.state = d.state.times(s.mul).plus(s.inc) }

// number returns the number that the dice have come to.
func (d *dice) number() uint64 {
	const mul = 0xda942042e4dd58b5
	x := d.state.hi
	x ^= x >> 32
	x *= mul
	x ^= x >> 48
	return x * (d.state.lo | 1)
}

// fraction returns the same number, made one in [0, 1).
func (d *dice) fraction() float64 { return float64(d.number()>>11) / (1 << 53) }

// happens goes to the next number, and reports whether what has the probability p
// does happen.
func (d *dice) happens(p float64) bool {
	d.pass(&one)
	return p > 0 && d.fraction() < p
}

// wide is a number of 128 bits.
type wide struct{ hi, lo uint64 }

func (a wide) times(b wide) wide {
	hi, lo := bits.Mul64(a.lo, b.lo)
	return wide{hi + a.hi*b.lo + a.lo*b.hi, lo}
}

func (a wide) plus(b wide) wide {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	return wide{a.hi + b.hi + carry, lo}
}
