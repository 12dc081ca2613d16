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

// Split implements [Codec].
func (l Length) Split(b []byte, seen int) (msg []byte, size int, err error) {
	r, err := l.ready()
	if err != nil {
		return nil, 0, err
	}
	return r.Split(b, seen)
}

// Append implements [Codec].
func (l Length) Append(dst, msg []byte) ([]byte, error) {
	r, err := l.ready()
	if err != nil {
		return dst, err
	}
	return r.Append(dst, msg)
}

// Most implements [Codec].
func (l Length) Most() int { return most(l.Max, l.Size) }

// ready checks the fields.
func (l Length) ready() (r readyLength, err error) {
	if l.Size < 1 || l.Size > 8 {
		return r, fmt.Errorf("%w: Length.Size %d: want 1 to 8 bytes", ErrCodec, l.Size)
	}
	l.Max, err = limit(l.Max)
	return readyLength{l}, err
}

// readyLength is a Length that makes sense, with its Max.
type readyLength struct{ Length }

// Split implements [Codec].
func (l *readyLength) Split(b []byte, _ int) (msg []byte, size int, err error) {
	if len(b) < l.Size {
		return nil, 0, nil
	}
	n := l.get(b)
	if l.Inclusive {
		if n < uint64(l.Size) {
			return nil, 0, fmt.Errorf("%w: length %d, which does not count itself, %d bytes", ErrMalformed, n, l.Size)
		}
		n -= uint64(l.Size)
	}
	if n > uint64(l.Max) {
		return nil, 0, tooLong(n, l.Max)
	}
	size = l.Size + int(n)
	if len(b) < size {
		return nil, 0, nil
	}
	return b[l.Size:size:size], size, nil
}

// Append implements [Codec].
func (l *readyLength) Append(dst, msg []byte) ([]byte, error) {
	n := uint64(len(msg))
	if n > uint64(l.Max) {
		return dst, tooLong(n, l.Max)
	}
	if l.Inclusive {
		n += uint64(l.Size)
	}
	unused := 64 - 8*l.Size
	if n<<unused>>unused != n {
		return dst, fmt.Errorf("%w: its length %d does not fit into %d bytes", ErrMessage, n, l.Size)
	}
	switch { // not a byte more: the message may lie behind it
	case l.Size == 4 && !l.LittleEndian:
		dst = binary.BigEndian.AppendUint32(dst, uint32(n))
	case l.Size == 2 && !l.LittleEndian:
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	case l.LittleEndian:
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], n)
		dst = append(dst, word[:l.Size]...)
	default:
		var word [8]byte
		binary.BigEndian.PutUint64(word[:], n<<unused)
		dst = append(dst, word[:l.Size]...)
	}
	return append(dst, msg...), nil
}

// get reads the length at the beginning of b, as a word of which the rest is unused.
func (l *readyLength) get(b []byte) uint64 {
	if len(b) < 8 {
		var word [8]byte
		copy(word[:], b)
		b = word[:]
	}
	unused := 64 - 8*l.Size
	if l.LittleEndian {
		return binary.LittleEndian.Uint64(b) << unused >> unused
	}
	return binary.BigEndian.Uint64(b) >> unused
}
