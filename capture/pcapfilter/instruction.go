package pcapfilter

import (
	"fmt"
	"strings"
)

// Instruction is an instruction of the classic BPF machine, as BSD and Linux have it.
type Instruction struct {
	Op uint16
	// Jt and Jf are how many instructions a comparison skips if true and if false.
	Jt, Jf uint8
	K      uint32
}

// Instruction codes are a class, and for each class its own parts; those of
// comparisons and arithmetic are in jump and aluOp.
const (
	classLoadA  = 0x00
	classLoadX  = 0x01
	classStoreA = 0x02
	classStoreX = 0x03
	classALU    = 0x04
	classJump   = 0x05
	classReturn = 0x06
	classMisc   = 0x07

	sizeWord = 0x00
	sizeHalf = 0x08
	sizeByte = 0x10

	modeImmediate = 0x00
	modeAbsolute  = 0x20
	modeIndirect  = 0x40
	modeMemory    = 0x60
	modeLength    = 0x80
	modeHeader    = 0xa0 // 4*(byte&15)

	operandX = 0x08

	opReturn     = classReturn
	opReturnA    = classReturn | 0x10
	opJumpAlways = classJump
	opNegative   = classALU | 0x80
	opTAX        = classMisc
	opTXA        = classMisc | 0x80
	opLoadHeader = classLoadX | sizeByte | modeHeader
)

// memoryWords is how many scratch cells the machine has.
const memoryWords = 16

// sizeCode is the size part of a load of so many bytes.
func sizeCode(bytes uint8) uint16 {
	switch bytes {
	case 1:
		return sizeByte
	case 2:
		return sizeHalf
	}
	return sizeWord
}

// Disassemble returns the program as tcpdump -d prints it, a line an instruction.
func (p *Program) Disassemble() string {
	var b strings.Builder
	for n, i := range p.instructions {
		fmt.Fprintln(&b, i.image(n))
	}
	return b.String()
}

// C returns the program as tcpdump -dd prints it: a fragment of a C program.
func (p *Program) C() string {
	var b strings.Builder
	for _, i := range p.instructions {
		fmt.Fprintf(&b, "{ 0x%x, %d, %d, 0x%08x },\n", i.Op, i.Jt, i.Jf, i.K)
	}
	return b.String()
}

// Decimal returns the program as tcpdump -ddd prints it: the number of
// instructions, then their parts as decimal numbers.
func (p *Program) Decimal() string {
	var b strings.Builder
	fmt.Fprintln(&b, len(p.instructions))
	for _, i := range p.instructions {
		fmt.Fprintf(&b, "%d %d %d %d\n", i.Op, i.Jt, i.Jf, i.K)
	}
	return b.String()
}

// image is the n-th instruction as tcpdump -d prints it.
func (i Instruction) image(n int) string {
	name, operand := i.mnemonic(n)
	switch {
	case i.Op&7 == classJump && i.Op != opJumpAlways:
		return fmt.Sprintf("(%03d) %-8s %-16s jt %d\tjf %d", n, name, operand, n+1+int(i.Jt), n+1+int(i.Jf))
	case operand == "":
		return fmt.Sprintf("(%03d) %s", n, name)
	}
	return fmt.Sprintf("(%03d) %-8s %s", n, name, operand)
}

var (
	aluNames = map[aluOp]string{
		aluAdd: "add", aluSub: "sub", aluMul: "mul", aluDiv: "div", aluMod: "mod", aluOr: "or",
		aluAnd: "and", aluXor: "xor", aluLsh: "lsh", aluRsh: "rsh",
	}
	jumpNames = map[jump]string{
		jumpEqual: "jeq", jumpGreater: "jgt", jumpGreaterEqual: "jge", jumpSet: "jset",
	}
)

func (i Instruction) mnemonic(n int) (name, operand string) {
	signed := int32(i.K)
	switch i.Op & 7 {
	case classLoadA, classLoadX:
		return i.loadMnemonic()
	case classStoreA:
		return "st", fmt.Sprintf("M[%d]", signed)
	case classStoreX:
		return "stx", fmt.Sprintf("M[%d]", signed)
	case classReturn:
		if i.Op == opReturnA {
			return "ret", ""
		}
		return "ret", fmt.Sprintf("#%d", signed)
	case classMisc:
		if i.Op == opTXA {
			return "txa", ""
		}
		return "tax", ""
	case classJump:
		if i.Op == opJumpAlways {
			return "ja", fmt.Sprint(n + 1 + int(signed))
		}
		name = jumpNames[jump(i.Op&0xf0)]
		if i.Op&operandX != 0 {
			return name, "x"
		}
		return name, fmt.Sprintf("#0x%x", i.K)
	}
	if i.Op == opNegative {
		return "neg", ""
	}
	op := aluOp(i.Op & 0xf0)
	switch {
	case i.Op&operandX != 0:
		return aluNames[op], "x"
	case op == aluAnd || op == aluOr || op == aluXor:
		return aluNames[op], fmt.Sprintf("#0x%x", i.K)
	}
	return aluNames[op], fmt.Sprintf("#%d", signed)
}

func (i Instruction) loadMnemonic() (name, operand string) {
	name = "ld"
	if i.Op&7 == classLoadX {
		name = "ldx"
	}
	switch i.Op & 0x18 {
	case sizeHalf:
		name += "h"
	case sizeByte:
		name += "b"
	}
	k := int32(i.K)
	switch i.Op & 0xe0 {
	case modeImmediate:
		return name, fmt.Sprintf("#0x%x", i.K)
	case modeAbsolute:
		if known, ok := ancillaryNames[i.K-ancillaryBase]; ok {
			return name, "[" + known + "]"
		}
		return name, fmt.Sprintf("[%d]", k)
	case modeIndirect:
		return name, fmt.Sprintf("[x + %d]", k)
	case modeMemory:
		return name, fmt.Sprintf("M[%d]", k)
	case modeLength:
		return name, "#pktlen"
	}
	return name, fmt.Sprintf("4*([%d]&0xf)", k)
}
