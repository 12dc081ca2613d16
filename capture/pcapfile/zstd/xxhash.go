package zstd

import (
	"encoding/binary"
	"math/bits"
)

// xxHash is the XXH64 checksum with seed 0, of which a frame carries the lower
// half (RFC 8878 section 3.1.1).
type xxHash struct {
	total uint64 // bytes written
	lanes [4]uint64
	rest  [32]byte // the last total%32 bytes
}

const (
	prime1 uint64 = 11400714785074694791
	prime2 uint64 = 14029467366897019727
	prime3 uint64 = 1609587929392839161
	prime4 uint64 = 9650029242287828579
	prime5 uint64 = 2870177450012600261
)

func (h *xxHash) reset() {
	p1, p2 := prime1, prime2
	*h = xxHash{lanes: [4]uint64{p1 + p2, p2, 0, -p1}}
}

func (h *xxHash) write(b []byte) {
	have := int(h.total % 32)
	h.total += uint64(len(b))
	if have > 0 {
		n := copy(h.rest[have:], b)
		b = b[n:]
		if have+n < 32 {
			return
		}
		h.stripe(h.rest[:])
	}
	for ; len(b) >= 32; b = b[32:] {
		h.stripe(b)
	}
	copy(h.rest[:], b)
}

func (h *xxHash) stripe(b []byte) {
	for i := range h.lanes {
		h.lanes[i] = round(h.lanes[i], binary.LittleEndian.Uint64(b[8*i:]))
	}
}

func round(acc, v uint64) uint64 {
	return bits.RotateLeft64(acc+v*prime2, 31) * prime1
}

func (h *xxHash) sum() uint64 {
	v := prime5
	if h.total >= 32 {
		v = 0
		for i, n := range [4]int{1, 7, 12, 18} {
			v += bits.RotateLeft64(h.lanes[i], n)
		}
		for _, l := range h.lanes {
			v = (v^round(0, l))*prime1 + prime4
		}
	}
	v += h.total
	b := h.rest[:h.total%32]
	for ; len(b) >= 8; b = b[8:] {
		v = bits.RotateLeft64(v^round(0, binary.LittleEndian.Uint64(b)), 27)*prime1 + prime4
	}
	if len(b) >= 4 {
		v = bits.RotateLeft64(v^uint64(binary.LittleEndian.Uint32(b))*prime1, 23)*prime2 + prime3
		b = b[4:]
	}
	for _, c := range b {
		v = bits.RotateLeft64(v^uint64(c)*prime5, 11) * prime1
	}
	v = (v ^ v>>33) * prime2
	v = (v ^ v>>29) * prime3
	return v ^ v>>32
}
