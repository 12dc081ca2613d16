package pcapfilter

import "math/bits"

// aluOp is an arithmetic operation, as BPF codes it.
type aluOp uint16

const (
	aluAdd aluOp = 0x00
	aluSub aluOp = 0x10
	aluMul aluOp = 0x20
	aluDiv aluOp = 0x30
	aluOr  aluOp = 0x40
	aluAnd aluOp = 0x50
	aluLsh aluOp = 0x60
	aluRsh aluOp = 0x70
	aluMod aluOp = 0x90
	aluXor aluOp = 0xa0
)

// compute is what a BPF machine computes; ok is false where it would stop.
func (op aluOp) compute(a, b uint32) (v uint32, ok bool) {
	switch op {
	case aluAdd:
		return a + b, true
	case aluSub:
		return a - b, true
	case aluMul:
		return a * b, true
	case aluDiv:
		if b == 0 {
			return 0, false
		}
		return a / b, true
	case aluMod:
		if b == 0 {
			return 0, false
		}
		return a % b, true
	case aluOr:
		return a | b, true
	case aluAnd:
		return a & b, true
	case aluXor:
		return a ^ b, true
	case aluLsh:
		return a << b, true
	case aluRsh:
		return a >> b, true
	}
	panic("pcapfilter: no such arithmetic operation")
}

func (op aluOp) commutative() bool {
	return op == aluAdd || op == aluMul || op == aluOr || op == aluAnd || op == aluXor
}

// value is a number that a program computes from the packet. Equal values are one
// value: they compare as pointers.
type value struct {
	kind valueKind
	op   aluOp  // of valueALU
	size uint8  // of valueLoad: 1, 2 or 4 bytes, in network byte order
	k    uint32 // the constant, the slot, or the load's offset
	a, b *value // operands; a is what a load's offset is relative to, nil for the packet's start
}

type valueKind uint8

const (
	valueConst valueKind = iota
	valueLength
	valueLoad
	valueSlot // a scratch cell that an assignment fills
	valueNegative
	valueALU
)

// values makes values, each once.
type values struct {
	known map[value]*value
	// fold computes what is constant, as an optimiser may.
	fold bool
}

func newValues(fold bool) *values { return &values{known: map[value]*value{}, fold: fold} }

func (vs *values) make(v value) *value {
	if p, ok := vs.known[v]; ok {
		return p
	}
	p := &v
	vs.known[v] = p
	return p
}

func (vs *values) constant(k uint32) *value { return vs.make(value{kind: valueConst, k: k}) }
func (vs *values) length() *value           { return vs.make(value{kind: valueLength}) }
func (vs *values) slot(n uint32) *value     { return vs.make(value{kind: valueSlot, k: n}) }

// load is the number of size bytes at base plus k.
func (vs *values) load(size uint8, base *value, k uint32) *value {
	if vs.fold && base != nil && base.kind == valueConst {
		// The sum wraps, as it does in libpcap: ip[-1] is the byte before the header.
		base, k = nil, base.k+k
	}
	return vs.make(value{kind: valueLoad, size: size, a: base, k: k})
}

func (vs *values) negative(a *value) *value {
	if vs.fold && a.kind == valueConst {
		return vs.constant(-a.k)
	}
	return vs.make(value{kind: valueNegative, a: a})
}

// alu is an operation on two values.
func (vs *values) alu(op aluOp, a, b *value) *value {
	if vs.fold {
		if v := vs.folded(op, a, b); v != nil {
			return v
		}
		if op.commutative() && a.kind == valueConst {
			a, b = b, a
		}
	}
	return vs.make(value{kind: valueALU, op: op, a: a, b: b})
}

// folded is a simpler value for the operation; nil if there is none. Loads are
// dropped only where libpcap drops them, from a product or an intersection with 0.
func (vs *values) folded(op aluOp, a, b *value) *value {
	if a.kind == valueConst && b.kind == valueConst {
		if k, ok := op.compute(a.k, b.k); ok {
			return vs.constant(k)
		}
		return nil
	}
	if a.kind == valueConst && op.commutative() {
		a, b = b, a
	}
	if b.kind == valueConst {
		return vs.foldedConst(op, a, b.k)
	}
	if a.kind == valueConst && a.k == 0 && op != aluSub {
		return a
	}
	return nil
}

// foldedConst is folded for a constant right operand.
func (vs *values) foldedConst(op aluOp, a *value, k uint32) *value {
	switch {
	case k == 0 && (op == aluMul || op == aluAnd):
		return vs.constant(0)
	case k == 0 && op != aluDiv && op != aluMod, k == 1 && (op == aluMul || op == aluDiv), k == ^uint32(0) && op == aluAnd:
		return a
	}
	// (x op c) op k is x op (c op k) where the operation associates.
	if op.commutative() && a.kind == valueALU && a.op == op && a.b.kind == valueConst {
		c, _ := op.compute(a.b.k, k)
		return vs.alu(op, a.a, vs.constant(c))
	}
	return nil
}

// masked splits v into a value and the mask that applies to it.
func (v *value) masked() (of *value, mask uint32, ok bool) {
	if v.kind == valueALU && v.op == aluAnd && v.b.kind == valueConst {
		return v.a, v.b.k, true
	}
	return nil, 0, false
}

// headerLength recognises 4*(byte&15), the length of an IPv4 header, which BPF
// loads into X with one instruction if the byte's place is constant.
func (v *value) headerLength() (offset uint32, ok bool) {
	if v.kind != valueALU || v.op != aluLsh || v.b.kind != valueConst || v.b.k != 2 {
		return 0, false
	}
	of, mask, ok := v.a.masked()
	if !ok || mask != 0xf || of.kind != valueLoad || of.size != 1 || of.a != nil {
		return 0, false
	}
	return of.k, true
}

// eachSlot calls f for each slot that v reads.
func (v *value) eachSlot(f func(slot uint32)) {
	if v == nil {
		return
	}
	if v.kind == valueSlot {
		f(v.k)
	}
	v.a.eachSlot(f)
	v.b.eachSlot(f)
}

func singleBit(k uint32) bool { return bits.OnesCount32(k) == 1 }
