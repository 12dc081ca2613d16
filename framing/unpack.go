package framing

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ErrShort is data that ends before its format does.
var ErrShort = errors.New("not enough data")

// Field is a value that was unpacked.
type Field struct {
	// Name is the one in the format, with the value's number behind it if there
	// is a repeater; without a name in the format it is the number alone.
	Name string
	// Value is a string, an int64, a uint64 or a float64.
	Value any
}

// Unpack takes data apart by a format of PHP's unpack(): letters as in [Pack],
// each with a repeater and a name if wanted, separated by slashes, such as
// "nlength/a4magic/C*". It returns the values in their order. A takes white space
// and NUL from the end of a string, Z ends at the first NUL. Bytes behind the last
// value are ignored. X, x and @ move within data.
func Unpack(format string, data []byte) ([]Field, error) {
	u := unpacker{data: data}
	for at := 0; at < len(format); {
		it, next, err := parseItem(format, at)
		if err != nil {
			return nil, err
		}
		it.name = format[next:]
		if i := strings.IndexByte(it.name, '/'); i >= 0 {
			it.name = it.name[:i]
		}
		if err := u.item(it); err != nil {
			return nil, fmt.Errorf("unpack %q, at %q: %w", format, format[at:], err)
		}
		at = next + len(it.name) + 1
	}
	return u.fields, nil
}

type unpacker struct {
	data   []byte
	pos    int
	fields []Field
}

func (u *unpacker) add(it item, i int, value any) {
	name := it.name
	if name == "" || it.repeat != 1 && !it.isText() {
		name += strconv.Itoa(i + 1)
	}
	u.fields = append(u.fields, Field{name, value})
}

// have checks that there are so many bytes.
func (u *unpacker) have(letter byte, n int) error {
	if n > len(u.data)-u.pos {
		return fmt.Errorf("%w: %c needs %d bytes at byte %d, and there are %d", ErrShort, letter, n, u.pos, len(u.data)-u.pos)
	}
	return nil
}

func (u *unpacker) item(it item) error {
	if k, ok := it.number(); ok {
		for i := 0; it.repeat == star && len(u.data)-u.pos >= k.size || i < it.repeat; i++ {
			if err := u.have(it.letter, k.size); err != nil {
				return err
			}
			u.add(it, i, k.value(u.data[u.pos:]))
			u.pos += k.size
		}
		return nil
	}
	if it.isText() {
		return u.text(it)
	}
	n := it.repeat
	if n == star {
		return fmt.Errorf("%w: %c takes a number, not *", ErrFormat, it.letter)
	}
	switch it.letter {
	case 'x':
		if err := u.have(it.letter, n); err != nil {
			return err
		}
		u.pos += n
	case 'X':
		if n > u.pos {
			return fmt.Errorf("%w: %d bytes back from byte %d", ErrFormat, n, u.pos)
		}
		u.pos -= n
	case '@':
		if n > len(u.data) {
			return fmt.Errorf("%w: @ wants byte %d, and there are %d", ErrShort, n, len(u.data))
		}
		u.pos = n
	}
	return nil
}

// text takes a string.
func (u *unpacker) text(it item) error {
	digits := it.letter == 'h' || it.letter == 'H'
	n := it.repeat
	if digits && n != star {
		n = (n + 1) / 2
	}
	if n == star {
		n = len(u.data) - u.pos
	}
	if err := u.have(it.letter, n); err != nil {
		return err
	}
	s := string(u.data[u.pos : u.pos+n])
	u.pos += n
	switch it.letter {
	case 'A':
		s = strings.TrimRight(s, " \t\r\n\x00")
	case 'Z':
		if i := strings.IndexByte(s, 0); i >= 0 {
			s = s[:i]
		}
	case 'h', 'H':
		s = hexOf(it, s)
	}
	u.add(it, 0, s)
	return nil
}

// hexOf writes bytes as hexadecimal digits, of which an odd repeater leaves out
// the last.
func hexOf(it item, s string) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		high, low := digits[s[i]>>4], digits[s[i]&15]
		if it.letter == 'h' {
			high, low = low, high
		}
		b = append(b, high, low)
	}
	if it.repeat != star {
		b = b[:min(len(b), it.repeat)]
	}
	return string(b)
}

// value is one number.
func (k number) value(b []byte) any {
	bits := k.get(b)
	switch {
	case k.float && k.size == 4:
		return float64(math.Float32frombits(uint32(bits)))
	case k.float:
		return math.Float64frombits(bits)
	case k.signed:
		shift := 64 - 8*k.size
		return int64(bits<<shift) >> shift
	}
	return bits
}
