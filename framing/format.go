package framing

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrFormat is a format that makes no sense.
var ErrFormat = errors.New("format")

// star is a repeater of *: as many as there are.
const star = -1

// maxRepeat bounds a repeater, in bytes or values.
const maxRepeat = 1 << 24

// item is a letter of a format with its repeater.
type item struct {
	letter byte
	repeat int  // star, or 0 to maxRepeat; 1 if there is none
	given  bool // there is one
	name   string
}

// letters are all that there are; PHP's manual describes them under pack().
const letters = "aAhHcCsSnvlLNVqQJPfgGdeExXZiI@"

// formatError is an error that shows the place in the format.
func formatError(format string, at int, what string, args ...any) error {
	return fmt.Errorf("%w %q, at %q: %s", ErrFormat, format, format[at:], fmt.Sprintf(what, args...))
}

// parseItem reads a letter and its repeater at the beginning of format[at:].
func parseItem(format string, at int) (it item, next int, err error) {
	it = item{letter: format[at], repeat: 1}
	if strings.IndexByte(letters, it.letter) < 0 {
		return it, 0, formatError(format, at, "no such letter; want one of %s", letters)
	}
	next = at + 1
	if next < len(format) && format[next] == '*' {
		it.repeat, it.given = star, true
		return it, next + 1, nil
	}
	end := next
	for end < len(format) && format[end] >= '0' && format[end] <= '9' {
		end++
	}
	if end == next {
		return it, next, nil
	}
	n, err := strconv.Atoi(format[next:end])
	if err != nil || n > maxRepeat {
		return it, 0, formatError(format, next, "a repeater of %s; at most %d", format[next:end], maxRepeat)
	}
	it.repeat, it.given = n, true
	return it, end, nil
}

// isText reports whether the letter's repeater is the length of one string, and
// not a number of values.
func (it *item) isText() bool { return strings.IndexByte("aAZhH", it.letter) >= 0 }

// number is how a letter's values are stored. PHP's machine byte order and sizes
// are those of amd64 and arm64: the lowest byte first, int of 32 bits.
type number struct {
	size   int // bytes
	big    bool
	signed bool
	float  bool
}

func (it *item) number() (number, bool) {
	switch it.letter {
	case 'c':
		return number{size: 1, signed: true}, true
	case 'C':
		return number{size: 1}, true
	case 's':
		return number{size: 2, signed: true}, true
	case 'S', 'v':
		return number{size: 2}, true
	case 'n':
		return number{size: 2, big: true}, true
	case 'i', 'l':
		return number{size: 4, signed: true}, true
	case 'I', 'L', 'V':
		return number{size: 4}, true
	case 'N':
		return number{size: 4, big: true}, true
	case 'q':
		return number{size: 8, signed: true}, true
	case 'Q', 'P':
		return number{size: 8}, true
	case 'J':
		return number{size: 8, big: true}, true
	case 'f', 'g':
		return number{size: 4, float: true}, true
	case 'G':
		return number{size: 4, float: true, big: true}, true
	case 'd', 'e':
		return number{size: 8, float: true}, true
	case 'E':
		return number{size: 8, float: true, big: true}, true
	}
	return number{}, false
}

// put appends the lowest bytes of v.
func (k number) put(dst []byte, v uint64) []byte {
	for i := range k.size {
		shift := 8 * i
		if k.big {
			shift = 8 * (k.size - 1 - i)
		}
		dst = append(dst, byte(v>>shift))
	}
	return dst
}

// get reads size bytes.
func (k number) get(b []byte) (v uint64) {
	for i, c := range b[:k.size] {
		if k.big {
			v = v<<8 | uint64(c)
		} else {
			v |= uint64(c) << (8 * i)
		}
	}
	return v
}
