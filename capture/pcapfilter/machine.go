package pcapfilter

import "encoding/binary"

// machine runs a program. Its instructions are decoded once, into operations that
// each do something and then go on by a comparison, so that a load and the
// comparison of what it loaded take one step.
type machine struct {
	ops []operation
}

type operation struct {
	action    action
	condition condition
	alu       aluOp  // of doALU and doALUX
	k         uint32 // of the action
	compared  uint32 // what A is compared with
	jt, jf    *operation
}

type action uint8

const (
	doNothing action = iota
	doReturn
	doReturnA
	doLoadByte
	doLoadHalf
	doLoadWord
	doLoadByteX
	doLoadHalfX
	doLoadWordX
	doHeader
	doConstA
	doConstX
	doLengthA
	doLengthX
	doMemoryA
	doMemoryX
	doStoreA
	doStoreX
	doTAX
	doTXA
	doNegative
	doAnd
	doALU
	doALUX
	doRepeat // before a jump back
)

type condition uint8

const (
	ifAlways condition = iota // goes on with jt
	ifEqual
	ifGreater
	ifGreaterEqual
	ifSet
	ifEqualX
	ifGreaterX
	ifGreaterEqualX
	ifSetX
)

var actions = map[uint16]action{
	opReturn: doReturn, opReturnA: doReturnA,
	classLoadA | sizeByte | modeAbsolute: doLoadByte, classLoadA | sizeByte | modeIndirect: doLoadByteX,
	classLoadA | sizeHalf | modeAbsolute: doLoadHalf, classLoadA | sizeHalf | modeIndirect: doLoadHalfX,
	classLoadA | sizeWord | modeAbsolute: doLoadWord, classLoadA | sizeWord | modeIndirect: doLoadWordX,
	opLoadHeader:               doHeader,
	classLoadA | modeImmediate: doConstA, classLoadX | modeImmediate: doConstX,
	classLoadA | modeLength: doLengthA, classLoadX | modeLength: doLengthX,
	classLoadA | modeMemory: doMemoryA, classLoadX | modeMemory: doMemoryX,
	classStoreA: doStoreA, classStoreX: doStoreX,
	opTAX: doTAX, opTXA: doTXA, opNegative: doNegative,
	classALU | uint16(aluAnd): doAnd,
}

var conditions = map[uint16]condition{
	uint16(jumpEqual): ifEqual, uint16(jumpEqual) | operandX: ifEqualX,
	uint16(jumpGreater): ifGreater, uint16(jumpGreater) | operandX: ifGreaterX,
	uint16(jumpGreaterEqual): ifGreaterEqual, uint16(jumpGreaterEqual) | operandX: ifGreaterEqualX,
	uint16(jumpSet): ifSet, uint16(jumpSet) | operandX: ifSetX,
}

func newMachine(code []Instruction) machine {
	ops := make([]operation, len(code)+1)
	for n, i := range code {
		ops[n] = i.decode(n, ops)
	}
	for n := range len(code) - 1 {
		// What goes on with a comparison takes it in. The comparison stays where
		// it is too, for those that jump to it.
		o, next := &ops[n], ops[n+1]
		if o.condition == ifAlways && o.jt == &ops[n+1] && next.action == doNothing {
			o.condition, o.compared, o.jt, o.jf = next.condition, next.compared, next.jt, next.jf
		}
	}
	return machine{ops}
}

// decode is the n-th instruction as an operation.
func (i Instruction) decode(n int, ops []operation) operation {
	o := operation{k: i.K, jt: &ops[n+1]}
	var known bool
	if o.action, known = actions[i.Op]; known {
		return o
	}
	switch {
	case i.Op == opJumpAlways:
		if int32(i.K) < 0 {
			o.action = doRepeat
		}
		o.jt = &ops[n+1+int(int32(i.K))]
	case i.Op&7 == classJump:
		o.condition, o.compared = conditions[i.Op&^7], i.K
		o.jt, o.jf = &ops[n+1+int(i.Jt)], &ops[n+1+int(i.Jf)]
	default:
		o.action, o.alu = doALU, aluOp(i.Op&0xf0)
		if i.Op&operandX != 0 {
			o.action = doALUX
		}
	}
	return o
}

// maxLoops bounds the jumps back that one packet may cause.
const maxLoops = 1024

// run returns what the program returns for a packet of which frame is there; 0
// where it loads what is not there, divides by zero or runs too long.
func (m *machine) run(frame []byte, wireLen uint32) uint32 {
	var (
		a, x  uint32
		mem   [memoryWords]uint32
		loops int
		ok    bool
	)
	size := uint64(len(frame))
	for o := &m.ops[0]; ; {
		switch o.action {
		case doNothing:
		case doReturn:
			return o.k
		case doReturnA:
			return a
		case doLoadByte:
			if uint64(o.k) >= size {
				return 0
			}
			a = uint32(frame[o.k])
		case doLoadHalf:
			if uint64(o.k)+2 > size {
				return 0
			}
			a = uint32(binary.BigEndian.Uint16(frame[o.k:]))
		case doLoadWord:
			if uint64(o.k)+4 > size {
				return 0
			}
			a = binary.BigEndian.Uint32(frame[o.k:])
		case doLoadByteX:
			at := uint64(x) + uint64(o.k)
			if at >= size {
				return 0
			}
			a = uint32(frame[at])
		case doLoadHalfX:
			at := uint64(x) + uint64(o.k)
			if at+2 > size {
				return 0
			}
			a = uint32(binary.BigEndian.Uint16(frame[at:]))
		case doLoadWordX:
			at := uint64(x) + uint64(o.k)
			if at+4 > size {
				return 0
			}
			a = binary.BigEndian.Uint32(frame[at:])
		case doHeader:
			if uint64(o.k) >= size {
				return 0
			}
			x = uint32(frame[o.k]&0xf) << 2
		case doConstA:
			a = o.k
		case doConstX:
			x = o.k
		case doLengthA:
			a = wireLen
		case doLengthX:
			x = wireLen
		case doMemoryA:
			a = mem[o.k%memoryWords]
		case doMemoryX:
			x = mem[o.k%memoryWords]
		case doStoreA:
			mem[o.k%memoryWords] = a
		case doStoreX:
			mem[o.k%memoryWords] = x
		case doTAX:
			x = a
		case doTXA:
			a = x
		case doNegative:
			a = -a
		case doAnd:
			a &= o.k
		case doALU:
			if a, ok = o.alu.compute(a, o.k); !ok {
				return 0
			}
		case doALUX:
			if a, ok = o.alu.compute(a, x); !ok {
				return 0
			}
		case doRepeat:
			if loops++; loops > maxLoops {
				return 0
			}
		}
		// Equality is what most comparisons are, so it goes first.
		var is bool
		switch {
		case o.condition == ifEqual:
			is = a == o.compared
		case o.condition == ifAlways:
			is = true
		default:
			is = o.condition.holds(a, x, o.compared)
		}
		if is {
			o = o.jt
		} else {
			o = o.jf
		}
	}
}

func (c condition) holds(a, x, k uint32) bool {
	switch c {
	case ifGreater:
		return a > k
	case ifGreaterEqual:
		return a >= k
	case ifSet:
		return a&k != 0
	case ifEqualX:
		return a == x
	case ifGreaterX:
		return a > x
	case ifGreaterEqualX:
		return a >= x
	}
	return a&x != 0
}
