package framing

import "fmt"

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
