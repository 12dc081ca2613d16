package framing

import (
	"bytes"
	"fmt"
	"strings"
)

// Delimiter is a codec with a mark behind each message, in which it cannot occur.
// Delimiter{End: "\n"} is lines; a carriage return in front of the mark belongs
// to the message.
type Delimiter struct {
	End string // the mark, at least one byte
	Max int    // longest message in bytes, without the mark; 0: DefaultMax
}

// check returns the longest message.
func (d *Delimiter) check() (max int, err error) {
	if d.End != "" && d.Max > 0 {
		return d.Max, nil
	}
	if d.End == "" {
		return 0, fmt.Errorf("%w: Delimiter.End is empty", ErrCodec)
	}
	return limit(d.Max)
}

// Split implements [Codec].
func (d Delimiter) Split(b []byte, seen int) (msg []byte, size int, err error) {
	most, err := d.check()
	if err != nil {
		return nil, 0, err
	}
	from, end := 0, 0
	if len(d.End) == 1 {
		from = seen
		end = bytes.IndexByte(b[from:], d.End[0])
	} else {
		from = max(seen-len(d.End)+1, 0) // what was seen may end with the beginning of a mark
		end = d.index(b[from:])
	}
	if end < 0 {
		if len(b) >= most+len(d.End) {
			return nil, 0, fmt.Errorf("%w: no %q in %d bytes, at most %d", ErrTooLong, d.End, len(b), most)
		}
		return nil, 0, nil
	}
	if end += from; end > most {
		return nil, 0, tooLong(uint64(end), most)
	}
	return b[:end:end], end + len(d.End), nil
}

// index finds the mark. bytes.Index would need a []byte of it, and so an allocation.
func (d *Delimiter) index(b []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], d.End[0])
		if i < 0 || from+i+len(d.End) > len(b) {
			return -1
		}
		if i += from; string(b[i:i+len(d.End)]) == d.End {
			return i
		}
		from = i + 1
	}
}

// Append implements [Codec].
func (d Delimiter) Append(dst, msg []byte) ([]byte, error) {
	max, err := d.check()
	if err != nil {
		return dst, err
	}
	if len(msg) > max {
		return dst, tooLong(uint64(len(msg)), max)
	}
	if i := d.index(msg); i >= 0 {
		return dst, fmt.Errorf("%w: it has %q at byte %d, where the peer would see its end", ErrMessage, d.End, i)
	}
	// The message's end and the mark's beginning may make a mark too early.
	if tail := string(msg[len(msg)-min(len(msg), len(d.End)-1):]); strings.Index(tail+d.End, d.End) < len(tail) {
		return dst, fmt.Errorf("%w: with %q behind it the peer would see its end too early", ErrMessage, d.End)
	}
	return append(append(dst, msg...), d.End...), nil
}

// Most implements [Codec].
func (d Delimiter) Most() int { return most(d.Max, len(d.End)) }

// Fixed is a codec of messages that all have one size.
type Fixed struct {
	Size int // of a message, 1 to DefaultMax bytes
}

func (f Fixed) check() error {
	if f.Size < 1 || f.Size > DefaultMax {
		return fmt.Errorf("%w: Fixed.Size %d: want 1 to %d bytes", ErrCodec, f.Size, DefaultMax)
	}
	return nil
}

// Split implements [Codec].
func (f Fixed) Split(b []byte, _ int) (msg []byte, size int, err error) {
	if err := f.check(); err != nil || len(b) < f.Size {
		return nil, 0, err
	}
	return b[:f.Size:f.Size], f.Size, nil
}

// Append implements [Codec].
func (f Fixed) Append(dst, msg []byte) ([]byte, error) {
	if err := f.check(); err != nil {
		return dst, err
	}
	if len(msg) != f.Size {
		return dst, fmt.Errorf("%w: it has %d bytes, and all have %d", ErrMessage, len(msg), f.Size)
	}
	return append(dst, msg...), nil
}

// Most implements [Codec].
func (f Fixed) Most() int { return max(f.Size, 0) }
