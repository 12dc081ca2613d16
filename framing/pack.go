package framing

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// ErrArgument is an argument that its letter cannot take, or one too many or few.
var ErrArgument = errors.New("argument")

// Pack returns its arguments as bytes, by the letters of PHP's pack(). Each may
// have a repeater behind it, a number or *.
//
//	a A Z   a string, filled up with NUL, with spaces, or with NUL of which there
//	        is one at least; the repeater is its length, * as long as it is
//	h H     a string of hexadecimal digits, the low or the high one of a byte first
//	c C     8 bits, signed or not
//	s S     16 bits; n in network order, v the lowest byte first
//	i I l L 32 bits; N in network order, V the lowest byte first
//	q Q     64 bits; J in network order, P the lowest byte first
//	f g G   a float of 32 bits; g the lowest byte first, G the highest
//	d e E   a float of 64 bits; e the lowest byte first, E the highest
//	x       a NUL byte
//	X       takes the last byte away
//	@       fills up with NUL, or cuts, to a length
//
// Where PHP has the machine's byte order, it is the lowest byte first, as PHP has
// it on amd64 and arm64. Strings are string or []byte; numbers are of any type of
// Go's, and must fit into their size, signed or not.
func Pack(format string, args ...any) ([]byte, error) { return AppendPack(nil, format, args...) }

// AppendPack is Pack behind dst. X and @ do not reach into dst.
func AppendPack(dst []byte, format string, args ...any) ([]byte, error) {
	p := packer{dst: dst, start: len(dst), args: args}
	for at := 0; at < len(format); {
		it, next, err := parseItem(format, at)
		if err != nil {
			return dst, err
		}
		if err := p.item(it); err != nil {
			return dst, fmt.Errorf("pack %q, at %q: %w", format, format[at:], err)
		}
		at = next
	}
	if p.used < len(args) {
		return dst, fmt.Errorf("pack %q: %w: %d, and %d are used", format, ErrArgument, len(args), p.used)
	}
	return p.dst, nil
}

type packer struct {
	dst   []byte
	start int // of what is packed, in dst
	args  []any
	used  int
}

// next returns the next argument.
func (p *packer) next() (any, error) {
	if p.used == len(p.args) {
		return nil, fmt.Errorf("%w %d is missing", ErrArgument, p.used+1)
	}
	p.used++
	return p.args[p.used-1], nil
}

func (p *packer) item(it item) error {
	if k, ok := it.number(); ok {
		n := it.repeat
		if n == star {
			n = len(p.args) - p.used
		}
		for range n {
			if err := p.number(it.letter, k); err != nil {
				return err
			}
		}
		return nil
	}
	if it.isText() {
		v, err := p.next()
		if err != nil {
			return err
		}
		var s string
		switch v := v.(type) {
		case string:
			s = v
		case []byte:
			s = string(v)
		default:
			return fmt.Errorf("%w %d is a %T; %c takes a string or []byte", ErrArgument, p.used, v, it.letter)
		}
		if it.letter == 'h' || it.letter == 'H' {
			return p.hex(it, s)
		}
		p.text(it, s)
		return nil
	}
	if it.repeat == star {
		return fmt.Errorf("%w: %c takes a number, not *", ErrFormat, it.letter)
	}
	switch it.letter {
	case 'x':
		p.dst = append(p.dst, make([]byte, it.repeat)...)
	case 'X':
		if it.repeat > len(p.dst)-p.start {
			return fmt.Errorf("%w: %d bytes are taken away of %d", ErrFormat, it.repeat, len(p.dst)-p.start)
		}
		p.dst = p.dst[:len(p.dst)-it.repeat]
	case '@':
		if fill := it.repeat - (len(p.dst) - p.start); fill > 0 {
			p.dst = append(p.dst, make([]byte, fill)...)
		}
		p.dst = p.dst[:p.start+it.repeat]
	}
	return nil
}

// text packs a, A or Z.
func (p *packer) text(it item, s string) {
	n := it.repeat
	if n == star {
		n = len(s)
		if it.letter == 'Z' {
			n++
		}
	}
	keep := n
	if it.letter == 'Z' {
		keep = max(n-1, 0)
	}
	keep = min(keep, len(s))
	p.dst = append(p.dst, s[:keep]...)
	fill := "\x00"
	if it.letter == 'A' {
		fill = " "
	}
	for range n - keep {
		p.dst = append(p.dst, fill...)
	}
}

// hex packs h or H.
func (p *packer) hex(it item, s string) error {
	n := it.repeat
	if n == star {
		n = len(s)
	}
	if n > len(s) {
		return fmt.Errorf("%w %d has %d digits; %c%d takes as many", ErrArgument, p.used, len(s), it.letter, n)
	}
	for i := range n {
		d := strings.IndexByte("0123456789abcdef", s[i]|0x20)
		if s[i] >= '0' && s[i] <= '9' {
			d = int(s[i] - '0')
		}
		if d < 0 || s[i] < '0' {
			return fmt.Errorf("%w %d: %q is no hexadecimal digit", ErrArgument, p.used, s[i])
		}
		high := (it.letter == 'H') == (i%2 == 0)
		if high {
			d <<= 4
		}
		if i%2 == 0 {
			p.dst = append(p.dst, byte(d))
		} else {
			p.dst[len(p.dst)-1] |= byte(d)
		}
	}
	return nil
}

// number packs one number.
func (p *packer) number(letter byte, k number) error {
	v, err := p.next()
	if err != nil {
		return err
	}
	if k.float {
		f, ok := toFloat(v)
		if !ok {
			return fmt.Errorf("%w %d is a %T; %c takes a number", ErrArgument, p.used, v, letter)
		}
		if k.size == 4 {
			p.dst = k.put(p.dst, uint64(math.Float32bits(float32(f))))
		} else {
			p.dst = k.put(p.dst, math.Float64bits(f))
		}
		return nil
	}
	bits, negative, ok := toInteger(v)
	if !ok {
		return fmt.Errorf("%w %d is a %T; %c takes an integer", ErrArgument, p.used, v, letter)
	}
	if k.size < 8 {
		width := 8 * k.size
		if !negative && bits>>width != 0 || negative && int64(bits) < -1<<(width-1) {
			return fmt.Errorf("%w %d, %v, does not fit into the %d bits of %c", ErrArgument, p.used, v, width, letter)
		}
	}
	p.dst = k.put(p.dst, bits)
	return nil
}

// toInteger returns an integer's bits.
func toInteger(v any) (bits uint64, negative, ok bool) {
	switch v := v.(type) {
	case int:
		return uint64(v), v < 0, true
	case int8:
		return uint64(v), v < 0, true
	case int16:
		return uint64(v), v < 0, true
	case int32:
		return uint64(v), v < 0, true
	case int64:
		return uint64(v), v < 0, true
	case uint:
		return uint64(v), false, true
	case uint8:
		return uint64(v), false, true
	case uint16:
		return uint64(v), false, true
	case uint32:
		return uint64(v), false, true
	case uint64:
		return v, false, true
	}
	return 0, false, false
}

func toFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case float32:
		return float64(v), true
	}
	bits, negative, ok := toInteger(v)
	if negative {
		return float64(int64(bits)), ok
	}
	return float64(bits), ok
}
