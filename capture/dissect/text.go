package dissect

import "strconv"

// s prints a text as it is.
func (p *Printer) s(text string) { p.out = append(p.out, text...) }

// c prints one byte as it is.
func (p *Printer) c(b byte) { p.out = append(p.out, b) }

// u prints a number.
func (p *Printer) u(v uint32) { p.out = strconv.AppendUint(p.out, uint64(v), 10) }

// f prints numbers in a format: %u, %d (signed), %x and %c, with a width and a
// leading zero as in C. It is not fmt's: numbers would have to be allocated.
func (p *Printer) f(format string, args ...uint32) {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			p.out = append(p.out, format[i])
			continue
		}
		i++
		if format[i] == '%' {
			p.out = append(p.out, '%')
			continue
		}
		pad, width := byte(' '), 0
		if format[i] == '0' {
			pad = '0'
		}
		for ; format[i] >= '0' && format[i] <= '9'; i++ {
			width = 10*width + int(format[i]-'0')
		}
		v := args[0]
		args = args[1:]
		switch format[i] {
		case 'u':
			p.number(uint64(v), 10, pad, width)
		case 'x':
			p.number(uint64(v), 16, pad, width)
		case 'd':
			p.out = strconv.AppendInt(p.out, int64(int32(v)), 10)
		case 'c':
			p.out = append(p.out, byte(v))
		default:
			panic("dissect: bad format " + format)
		}
	}
}

// number prints v in a base, padded on the left.
func (p *Printer) number(v uint64, base int, pad byte, width int) {
	var buf [20]byte
	digits := strconv.AppendUint(buf[:0], v, base)
	for n := len(digits); n < width; n++ {
		p.out = append(p.out, pad)
	}
	p.out = append(p.out, digits...)
}

// names are the names of a field's values.
type names map[uint32]string

// name prints the name of v, or v in a format if it has none.
func (p *Printer) name(n names, v uint32, otherwise string) {
	if s, ok := n[v]; ok {
		p.s(s)
		return
	}
	p.number1(otherwise, v)
}

// number1 prints a format that shows v or does not.
func (p *Printer) number1(format string, v uint32) {
	for i := 0; i < len(format); i++ {
		if format[i] == '%' {
			p.f(format, v)
			return
		}
	}
	p.s(format)
}

// bitName is the name of one or several bits that are set together.
type bitName struct {
	bits uint32
	name string
}

// bits prints the names of the bits that are set in v, with a separator between
// them; if none has a name, v in a format.
func (p *Printer) bits(table []bitName, v uint32, separator, otherwise string) {
	first := true
	for i := range table {
		if b := table[i].bits; b != 0 && v&b == b {
			if !first {
				p.s(separator)
			}
			p.s(table[i].name)
			first = false
		}
	}
	if first {
		p.number1(otherwise, v)
	}
}

// char prints a byte of the packet: ^A for a control character, M- before one of
// the upper half.
func (p *Printer) char(b byte) {
	if b >= 0x80 {
		b &= 0x7f
		p.s("M-")
	}
	if !isPrint(b) {
		b ^= 0x40
		p.c('^')
	}
	p.c(b)
}

// chars prints n bytes of the packet.
func (p *Printer) chars(v view, n uint32) {
	for i := range n {
		p.char(byte(v.u8(i)))
	}
}

// charsToNul prints at most n bytes of the packet, up to a zero byte.
func (p *Printer) charsToNul(v view, n uint32) {
	for i := range n {
		b := byte(v.u8(i))
		if b == 0 {
			return
		}
		p.char(b)
	}
}

// hexBytes prints n bytes in hexadecimal, with a separator between them.
func (p *Printer) hexBytes(v view, n uint32, separator string) {
	for i := range n {
		if i > 0 {
			p.s(separator)
		}
		p.hex8(byte(v.u8(i)))
	}
}

const hexDigits = "0123456789abcdef"

func (p *Printer) hex8(b byte) { p.out = append(p.out, hexDigits[b>>4], hexDigits[b&15]) }

// relativeTime prints seconds in the form 1w2d3h4m5s.
func (p *Printer) relativeTime(secs uint32) {
	if secs == 0 {
		p.s("0s")
		return
	}
	for _, unit := range [...]struct {
		secs uint32
		name byte
	}{{31536000, 'y'}, {604800, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}} {
		if secs >= unit.secs {
			p.u(secs / unit.secs)
			p.c(unit.name)
			secs %= unit.secs
		}
	}
}

// upper prints a text in capitals.
func (p *Printer) upper(text string) {
	for i := range len(text) {
		b := text[i]
		if b >= 'a' && b <= 'z' {
			b -= 'a' - 'A'
		}
		p.c(b)
	}
}

func isPrint(b byte) bool { return b >= 0x20 && b <= 0x7e }
func isGraph(b byte) bool { return b > 0x20 && b <= 0x7e }
func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// trunc prints the mark of a text that is cut.
func (p *Printer) trunc() {
	p.s(" [|")
	p.s(p.proto)
	p.c(']')
}

// invalid says that the packet is not as it has to be.
func (p *Printer) invalid() { p.s(" (invalid)") }

// invalidIf says that the packet is invalid if a value is below its least.
func (p *Printer) invalidIf(what string, v, least uint32) bool {
	if !p.below(what, v, least) {
		return false
	}
	p.invalid()
	return true
}

// below prints what is wrong if a value is below its least.
func (p *Printer) below(what string, v, least uint32) bool {
	return v < least && p.wrong(what, v, " < ", least)
}

// above prints what is wrong if a value is above its greatest.
func (p *Printer) above(what string, v, greatest uint32) bool {
	return v > greatest && p.wrong(what, v, " > ", greatest)
}

// differs prints what is wrong if a value is not the one it has to be.
func (p *Printer) differs(what string, v, want uint32) bool {
	return v != want && p.wrong(what, v, " != ", want)
}

func (p *Printer) wrong(what string, v uint32, relation string, limit uint32) bool {
	p.s(" [")
	p.s(what)
	p.c(' ')
	p.u(v)
	p.s(relation)
	p.u(limit)
	p.c(']')
	return true
}
