package pcapfilter

import "errors"

// emitter emits the instructions of one block after the other, and follows what
// the registers hold.
type emitter struct {
	registers
	values *values
	code   []Instruction
	slots  int // scratch cells from 0 that are slots; the others are for temporary values
	temps  int // of those, in use
	needs  map[*value]need
	err    error
}

func (e *emitter) op(op uint16, k uint32) { e.code = append(e.code, Instruction{Op: op, K: k}) }

// assign fills a slot.
func (e *emitter) assign(a assignment) {
	slot := e.values.slot(a.slot)
	if e.x == a.value || e.loadsX(a.value) {
		e.toX(a.value)
		e.op(classStoreX, a.slot)
		e.x = slot
		return
	}
	e.toA(a.value)
	e.op(classStoreA, a.slot)
	e.a = slot
}

// test emits what a test needs, and returns the comparison.
func (e *emitter) test(t test) *Instruction {
	if t.b.kind == valueConst {
		e.toA(t.a)
		return &Instruction{Op: classJump | uint16(t.jump), K: t.b.k}
	}
	e.operands(t.a, t.b, t.jump == jumpEqual || t.jump == jumpSet)
	return &Instruction{Op: classJump | uint16(t.jump) | operandX}
}

// toA computes v into A. It may change X.
func (e *emitter) toA(v *value) {
	if e.a == v {
		return
	}
	if e.x == v {
		e.op(opTXA, 0)
		e.a = v
		return
	}
	if cell, ok := e.inMemory(v); ok {
		e.op(classLoadA|modeMemory, cell)
		e.a = v
		return
	}
	switch v.kind {
	case valueConst:
		e.op(classLoadA|modeImmediate, v.k)
	case valueLength:
		e.op(classLoadA|modeLength, 0)
	case valueLoad:
		mode := uint16(modeAbsolute)
		if v.a != nil {
			e.toX(v.a)
			mode = modeIndirect
		}
		e.op(classLoadA|sizeCode(v.size)|mode, v.k)
	case valueNegative:
		e.toA(v.a)
		e.op(opNegative, 0)
	case valueALU:
		if v.b.kind == valueConst {
			e.toA(v.a)
			e.op(classALU|uint16(v.op), v.b.k)
		} else {
			e.operands(v.a, v.b, v.op.commutative())
			e.op(classALU|uint16(v.op)|operandX, 0)
		}
	}
	e.a = v
}

// loadsX says whether v can be put into X with one instruction that leaves A alone.
func (e *emitter) loadsX(v *value) bool {
	if v.kind == valueConst || v.kind == valueLength {
		return true
	}
	if _, ok := e.inMemory(v); ok {
		return true
	}
	_, ok := v.headerLength()
	return ok
}

// toX computes v into X. It may change A.
func (e *emitter) toX(v *value) {
	if e.x == v {
		return
	}
	header, isHeader := v.headerLength()
	cell, inMemory := e.inMemory(v)
	switch {
	case e.a == v:
		e.op(opTAX, 0)
	case inMemory:
		e.op(classLoadX|modeMemory, cell)
	case v.kind == valueConst:
		e.op(classLoadX|modeImmediate, v.k)
	case v.kind == valueLength:
		e.op(classLoadX|modeLength, 0)
	case isHeader:
		e.op(opLoadHeader, header)
	default:
		e.toA(v)
		e.op(opTAX, 0)
	}
	e.x = v
}

// operands computes a into A and b into X, or if swappable perhaps the other way round.
func (e *emitter) operands(a, b *value, swappable bool) {
	needA, needB := e.need(a), e.need(b)
	switch {
	case e.a == a && e.loadsX(b), !needA.changesX(b):
		e.toX(b)
		e.toA(a)
		return
	case swappable && !needB.changesX(a):
		e.toX(a)
		e.toA(b)
		return
	}
	// One of them waits in a cell: the one that takes more cells itself.
	first, second := b, a
	if needA.cells > needB.cells {
		first, second = a, b
	}
	store := uint16(classStoreX)
	if e.x != first {
		e.toA(first)
		store = classStoreA
	}
	cell := e.temporary()
	e.op(store, cell)
	e.mem[cell] = first
	if second == a {
		e.toA(a)
		e.toX(b)
	} else {
		e.toX(b)
		e.toA(a)
	}
	e.temps--
}

// need is what computing a value into A takes.
type need struct {
	x       *value // what it puts into X; nil for nothing
	several bool   // it puts more than one value into X
	cells   int    // scratch cells for temporary values
}

// changesX says whether X holds something else than x afterwards, if it held x.
func (n need) changesX(x *value) bool { return n.several || n.x != nil && n.x != x }

// and is what two computations take, one after the other.
func (n need) and(other need) need {
	if n.x == nil {
		n.x = other.x
	}
	n.several = n.several || other.several || other.x != nil && other.x != n.x
	n.cells = max(n.cells, other.cells)
	return n
}

func (e *emitter) need(v *value) need {
	if n, ok := e.needs[v]; ok {
		return n
	}
	var n need
	switch {
	case v.kind == valueNegative:
		n = e.need(v.a)
	case v.kind == valueLoad && v.a != nil:
		n = e.need(v.a).and(need{x: v.a})
	case v.kind == valueALU && v.b.kind == valueConst:
		n = e.need(v.a)
	case v.kind == valueALU:
		a, b := e.need(v.a), e.need(v.b)
		n = a.and(b).and(need{x: v.b})
		if a.changesX(v.b) && !(v.op.commutative() && !b.changesX(v.a)) {
			n.cells = max(n.cells, 1)
			if a.cells == b.cells {
				n.cells = a.cells + 1
			}
		}
	}
	e.needs[v] = n
	return n
}

// temporary is a scratch cell for a value of the block's.
func (e *emitter) temporary() uint32 {
	cell := e.slots + e.temps
	if cell >= memoryWords {
		if e.err == nil {
			e.err = errors.New("too many registers needed to evaluate expression")
		}
		cell = memoryWords - 1
	}
	e.temps++
	return uint32(cell)
}
