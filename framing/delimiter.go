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

// Split implements [Codec].
func (d Delimiter) Split(b []byte, seen int) (msg []byte, size int, err error) {
	r, err := d.ready()
	if err != nil {
		return nil, 0, err
	}
	return r.Split(b, seen)
}

// Append implements [Codec].
func (d Delimiter) Append(dst, msg []byte) ([]byte, error) {
	r, err := d.ready()
	if err != nil {
		return dst, err
	}
	return r.Append(dst, msg)
}

// Most implements [Codec].
func (d Delimiter) Most() int { return most(d.Max, len(d.End)) }

// ready checks the fields.
func (d Delimiter) ready() (r readyDelimiter, err error) {
	if d.End == "" {
		return r, fmt.Errorf("%w: Delimiter.End is empty", ErrCodec)
	}
	d.Max, err = limit(d.Max)
	return readyDelimiter{d}, err
}

// readyDelimiter is a Delimiter that makes sense, with its Max.
type readyDelimiter struct{ Delimiter }

// Split implements [Codec].
func (d *readyDelimiter) Split(b []byte, seen int) (msg []byte, size int, err error) {
	from, end := 0, 0
	if len(d.End) == 1 {
		from = seen
		end = bytes.IndexByte(b[from:], d.End[0])
	} else {
		from = max(seen-len(d.End)+1, 0) // what was seen may end with the beginning of a mark
		end = d.index(b[from:])
	}
	if end < 0 {
		if len(b) >= d.Max+len(d.End) {
			return nil, 0, fmt.Errorf("%w: no %q in %d bytes, at most %d", ErrTooLong, d.End, len(b), d.Max)
		}
		return nil, 0, nil
	}
	if end += from; end > d.Max {
		return nil, 0, tooLong(uint64(end), d.Max)
	}
	return b[:end:end], end + len(d.End), nil
}

// index finds the mark. bytes.Index would need a []byte of it, and so an allocation.
func (d *readyDelimiter) index(b []byte) int {
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
func (d *readyDelimiter) Append(dst, msg []byte) ([]byte, error) {
	if len(msg) > d.Max {
		return dst, tooLong(uint64(len(msg)), d.Max)
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
