package pcapfilter

// jump is a comparison, as BPF codes it.
type jump uint16

const (
	jumpEqual        jump = 0x10
	jumpGreater      jump = 0x20
	jumpGreaterEqual jump = 0x30
	jumpSet          jump = 0x40 // has a bit in common
)

func (j jump) compute(a, b uint32) bool {
	switch j {
	case jumpEqual:
		return a == b
	case jumpGreater:
		return a > b
	case jumpGreaterEqual:
		return a >= b
	case jumpSet:
		return a&b != 0
	}
	panic("pcapfilter: no such comparison")
}

// test compares two values. It is a value itself: equal tests are ==.
type test struct {
	jump jump
	a, b *value
}

// simplified returns a cheaper test with the same outcome on every packet, and
// whether its sense is turned round.
func (t test) simplified(vs *values) (s test, negated bool) {
	for {
		next, not, ok := t.step(vs)
		if !ok {
			return t, negated
		}
		t, negated = next, negated != not
	}
}

// step is one step of simplified.
func (t test) step(vs *values) (next test, negated, ok bool) {
	if t.a.kind == valueConst && t.b.kind != valueConst {
		switch t.jump {
		case jumpGreater:
			return test{jumpGreaterEqual, t.b, t.a}, true, true
		case jumpGreaterEqual:
			return test{jumpGreater, t.b, t.a}, true, true
		}
		return test{t.jump, t.b, t.a}, false, true
	}
	if t.b.kind != valueConst {
		return t, false, false
	}
	of, mask, isMasked := t.a.masked()
	switch {
	case t.jump == jumpSet && isMasked && mask&t.b.k != 0:
		return test{jumpSet, of, vs.constant(mask & t.b.k)}, false, true
	case t.jump != jumpEqual:
		return t, false, false
	case isMasked && t.b.k == 0:
		return test{jumpSet, of, vs.constant(mask)}, true, true
	case isMasked && t.b.k == mask && singleBit(mask):
		return test{jumpSet, of, t.b}, false, true
	}
	switch t.a.kind {
	case valueNegative:
		return test{jumpEqual, t.a.a, vs.constant(-t.b.k)}, false, true
	case valueALU:
		return t.unwound(vs)
	}
	return t, false, false
}

// unwound moves the last operation of an equality's left side to its right side.
func (t test) unwound(vs *values) (next test, negated, ok bool) {
	x, y, k := t.a.a, t.a.b, t.b.k
	if y.kind != valueConst {
		if t.a.op == aluSub && k == 0 {
			return test{jumpEqual, x, y}, false, true
		}
		return t, false, false
	}
	switch t.a.op {
	case aluAdd:
		return test{jumpEqual, x, vs.constant(k - y.k)}, false, true
	case aluSub:
		return test{jumpEqual, x, vs.constant(k + y.k)}, false, true
	case aluXor:
		return test{jumpEqual, x, vs.constant(k ^ y.k)}, false, true
	case aluRsh:
		if y.k < 32 && k<<y.k>>y.k == k {
			kept := vs.alu(aluAnd, x, vs.constant(^uint32(0)<<y.k))
			if kept.kind == valueALU {
				return test{jumpEqual, kept, vs.constant(k << y.k)}, false, true
			}
		}
	}
	return t, false, false
}
