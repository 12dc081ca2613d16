package pcapfilter

// machine runs a program.
type machine struct {
	code []Instruction
}

// maxLoops bounds the jumps back that one packet may cause.
const maxLoops = 1024

func newMachine(code []Instruction) machine { return machine{code} }

// run returns what the program returns for a packet of which frame is there; 0
// where it loads what is not there, divides by zero or runs too long.
func (m *machine) run(frame []byte, wireLen uint32) uint32 {
	var a, x uint32
	var mem [memoryWords]uint32
	loops := 0
	for pc := 0; ; pc++ {
		i := &m.code[pc]
		k := i.K
		switch i.Op {
		case opReturn:
			return k
		case opReturnA:
			return a
		case classLoadA | sizeWord | modeAbsolute, classLoadA | sizeHalf | modeAbsolute, classLoadA | sizeByte | modeAbsolute:
			v, ok := load(frame, i.Op, 0, k)
			if !ok {
				return 0
			}
			a = v
		case classLoadA | sizeWord | modeIndirect, classLoadA | sizeHalf | modeIndirect, classLoadA | sizeByte | modeIndirect:
			v, ok := load(frame, i.Op, x, k)
			if !ok {
				return 0
			}
			a = v
		case opLoadHeader:
			if uint64(k) >= uint64(len(frame)) {
				return 0
			}
			x = uint32(frame[k]&0xf) << 2
		case classLoadA | modeImmediate:
			a = k
		case classLoadX | modeImmediate:
			x = k
		case classLoadA | modeLength:
			a = wireLen
		case classLoadX | modeLength:
			x = wireLen
		case classLoadA | modeMemory:
			a = mem[k%memoryWords]
		case classLoadX | modeMemory:
			x = mem[k%memoryWords]
		case classStoreA:
			mem[k%memoryWords] = a
		case classStoreX:
			mem[k%memoryWords] = x
		case opTAX:
			x = a
		case opTXA:
			a = x
		case opNegative:
			a = -a
		case opJumpAlways:
			if int32(k) < 0 {
				if loops++; loops > maxLoops {
					return 0
				}
			}
			pc += int(int32(k))
		default:
			operand := k
			if i.Op&operandX != 0 {
				operand = x
			}
			if i.Op&7 == classJump {
				if jump(i.Op&0xf0).compute(a, operand) {
					pc += int(i.Jt)
				} else {
					pc += int(i.Jf)
				}
				continue
			}
			v, ok := aluOp(i.Op&0xf0).compute(a, operand)
			if !ok {
				return 0
			}
			a = v
		}
	}
}

// load is a load's value; ok is false if it is not in the frame.
func load(frame []byte, op uint16, x, k uint32) (v uint32, ok bool) {
	at := uint64(x) + uint64(k)
	size := uint64(4)
	switch op & 0x18 {
	case sizeHalf:
		size = 2
	case sizeByte:
		size = 1
	}
	if at+size > uint64(len(frame)) {
		return 0, false
	}
	for _, b := range frame[at : at+size] {
		v = v<<8 | uint32(b)
	}
	return v, true
}
