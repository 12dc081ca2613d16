package framing

import (
	"encoding/binary"
	"fmt"
)

// Length is a codec with the length of a message in front of it.
type Length struct {
	Size         int  // of the length, 1 to 8 bytes
	LittleEndian bool // its lowest byte comes first; network order is the other
	Inclusive    bool // it counts itself
	Max          int  // longest message in bytes; 0: DefaultMax
}

// check returns the longest message.
func (l *Length) check() (max int, err error) {
	if l.Size >= 1 && l.Size <= 8 && l.Max > 0 {
		return l.Max, nil
	}
	if l.Size < 1 || l.Size > 8 {
		return 0, fmt.Errorf("%w: Length.Size %d: want 1 to 8 bytes", ErrCodec, l.Size)
	}
	return limit(l.Max)
}

// Split implements [Codec].
func (l Length) Split(b []byte, _ int) (msg []byte, size int, err error) {
	max, err := l.check()
	if err != nil || len(b) < l.Size {
		return nil, 0, err
	}
	n := l.get(b[:l.Size])
	if l.Inclusive {
		if n < uint64(l.Size) {
			return nil, 0, fmt.Errorf("%w: length %d, which does not count itself, %d bytes", ErrMalformed, n, l.Size)
		}
		n -= uint64(l.Size)
	}
	if n > uint64(max) {
		return nil, 0, tooLong(n, max)
	}
	size = l.Size + int(n)
	if len(b) < size {
		return nil, 0, nil
	}
	return b[l.Size:size:size], size, nil
}

// get reads a length. The sizes that most protocols have are read as one word.
func (l *Length) get(b []byte) (n uint64) {
	switch {
	case len(b) == 4 && !l.LittleEndian:
		return uint64(binary.BigEndian.Uint32(b))
	case len(b) == 2 && !l.LittleEndian:
		return uint64(binary.BigEndian.Uint16(b))
	case l.LittleEndian:
		for i, c := range b {
			n |= uint64(c) << (8 * i)
		}
	default:
		for _, c := range b {
			n = n<<8 | uint64(c)
		}
	}
	return n
}

// put appends a length.
func (l *Length) put(dst []byte, n uint64) []byte {
	switch {
	case l.Size == 4 && !l.LittleEndian:
		return binary.BigEndian.AppendUint32(dst, uint32(n))
	case l.Size == 2 && !l.LittleEndian:
		return binary.BigEndian.AppendUint16(dst, uint16(n))
	}
	for i := range l.Size {
		shift := 8 * i
		if !l.LittleEndian {
			shift = 8 * (l.Size - 1 - i)
		}
		dst = append(dst, byte(n>>shift))
	}
	return dst
}

// Append implements [Codec].
func (l Length) Append(dst, msg []byte) ([]byte, error) {
	max, err := l.check()
	if err != nil {
		return dst, err
	}
	n := uint64(len(msg))
	if n > uint64(max) {
		return dst, tooLong(n, max)
	}
	if l.Inclusive {
		n += uint64(l.Size)
	}
	if l.Size < 8 && n>>(8*l.Size) != 0 {
		return dst, fmt.Errorf("%w: its length %d does not fit into %d bytes", ErrMessage, n, l.Size)
	}
	return append(l.put(dst, n), msg...), nil
}

// Most implements [Codec].
func (l Length) Most() int { return most(l.Max, l.Size) }

// Varint is a codec with a length in front whose bytes hold seven bits each, the
// lowest first, and have their highest bit set but for the last: MQTT's Variable
// Byte Integer (MQTT 5.0, section 1.5.5), 1 to 4 bytes.
type Varint struct {
	Max int // longest message in bytes, up to MaxVarint; 0: DefaultMax
}

// MaxVarint is the longest message that a [Varint] can tell of, in bytes.
const MaxVarint = 1<<28 - 1

const maxVarintLen = 4

func (v Varint) check() (max int, err error) {
	if v.Max > MaxVarint {
		return 0, fmt.Errorf("%w: Varint.Max %d: at most %d can be told", ErrCodec, v.Max, MaxVarint)
	}
	return limit(v.Max)
}

// Split implements [Codec].
func (v Varint) Split(b []byte, _ int) (msg []byte, size int, err error) {
	max, err := v.check()
	if err != nil {
		return nil, 0, err
	}
	n := 0
	for i, c := range b[:min(len(b), maxVarintLen)] {
		n |= int(c&0x7f) << (7 * i)
		if c >= 0x80 {
			continue
		}
		if c == 0 && i > 0 {
			return nil, 0, fmt.Errorf("%w: length %d in %d bytes, which needs fewer", ErrMalformed, n, i+1)
		}
		if n > max {
			return nil, 0, tooLong(uint64(n), max)
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
func (v Varint) Append(dst, msg []byte) ([]byte, error) {
	max, err := v.check()
	if err != nil {
		return dst, err
	}
	if len(msg) > max {
		return dst, tooLong(uint64(len(msg)), max)
	}
	n := len(msg)
	for ; n >= 0x80; n >>= 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(append(dst, byte(n)), msg...), nil
}

// Most implements [Codec].
func (v Varint) Most() int { return most(v.Max, maxVarintLen) }
