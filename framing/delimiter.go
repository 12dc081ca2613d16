package framing

import (
	"bytes"
	"fmt"
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
	return readyDelimiter{d, d.End[len(d.End)-1]}, err
}

// readyDelimiter is a Delimiter that makes sense, with its Max.
type readyDelimiter struct {
	Delimiter
	last byte // of the mark
}

// Split implements [Codec]. A mark ends with its last byte.
func (d *readyDelimiter) Split(b []byte, seen int) (msg []byte, size int, err error) {
	for {
		i := bytes.IndexByte(b[seen:], d.last)
		if i < 0 {
			break
		}
		seen += i + 1
		end := seen - len(d.End)
		if len(d.End) > 1 && (end < 0 || string(b[end:seen]) != d.End) {
			continue
		}
		if end > d.Max {
			return nil, 0, tooLong(uint64(end), d.Max)
		}
		return b[:end:end], seen, nil
	}
	if len(b) >= d.Max+len(d.End) {
		return nil, 0, fmt.Errorf("%w: no %q in %d bytes, at most %d", ErrTooLong, d.End, len(b), d.Max)
	}
	return nil, 0, nil
}

// Append implements [Codec]. What the peer will see is what Split sees.
func (d *readyDelimiter) Append(dst, msg []byte) ([]byte, error) {
	if len(msg) > d.Max {
		return dst, tooLong(uint64(len(msg)), d.Max)
	}
	whole := append(append(dst, msg...), d.End...)
	sent := whole[len(dst):]
	seen, size, err := d.Split(sent, 0)
	switch {
	case err != nil:
		return dst, err
	case size < len(sent):
		return dst, fmt.Errorf("%w: the peer would see its end, %q, at byte %d of %d", ErrMessage, d.End, len(seen), len(msg))
	}
	return whole, nil
}
