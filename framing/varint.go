package framing

import "fmt"

// Varint is a codec with a length in front whose bytes hold seven bits each, the
// lowest first, and have their highest bit set but for the last: MQTT's Variable
// Byte Integer (MQTT 5.0, section 1.5.5), 1 to 4 bytes.
type Varint struct {
	Max int // longest message in bytes, up to MaxVarint; 0: DefaultMax
}

// MaxVarint is the longest message that a [Varint] can tell of, in bytes.
const MaxVarint = 1<<28 - 1

const maxVarintLen = 4

// Split implements [Codec].
func (v Varint) Split(b []byte, seen int) (msg []byte, size int, err error) {
	r, err := v.ready()
	if err != nil {
		return nil, 0, err
	}
	return r.Split(b, seen)
}

// Append implements [Codec].
func (v Varint) Append(dst, msg []byte) ([]byte, error) {
	r, err := v.ready()
	if err != nil {
		return dst, err
	}
	return r.Append(dst, msg)
}

// Most implements [Codec].
func (v Varint) Most() int { return most(v.Max, maxVarintLen) }

// ready checks the fields.
func (v Varint) ready() (r readyVarint, err error) {
	if v.Max > MaxVarint {
		return r, fmt.Errorf("%w: Varint.Max %d: at most %d can be told", ErrCodec, v.Max, MaxVarint)
	}
	v.Max, err = limit(v.Max)
	return readyVarint{v}, err
}

// readyVarint is a Varint that makes sense, with its Max.
type readyVarint struct{ Varint }

// Split implements [Codec].
func (v *readyVarint) Split(b []byte, _ int) (msg []byte, size int, err error) {
	n := 0
	for i, c := range b[:min(len(b), maxVarintLen)] {
		n |= int(c&0x7f) << (7 * i)
		if c >= 0x80 {
			continue
		}
		if c == 0 && i > 0 {
			return nil, 0, fmt.Errorf("%w: length %d in %d bytes, which needs fewer", ErrMalformed, n, i+1)
		}
		if n > v.Max {
			return nil, 0, tooLong(uint64(n), v.Max)
		}
		if size = i + 1 + n; len(b) < size {
			return nil, 0, nil
		}
		return b[i+1 : size : size], size, nil
	}
	if len(b) >= maxVarintLen {
		return nil, 0, fmt.Errorf("%w: a length of more than %d bytes", ErrMalformed, maxVarintLen)
	}
	return nil, 0, nil
}

// Append implements [Codec].
func (v *readyVarint) Append(dst, msg []byte) ([]byte, error) {
	if len(msg) > v.Max {
		return dst, tooLong(uint64(len(msg)), v.Max)
	}
	n := len(msg)
	for ; n >= 0x80; n >>= 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(append(dst, byte(n)), msg...), nil
}
