package zstd

import (
	"encoding/binary"
	"math/bits"
)

// backwardBits reads bits from the end of a stream to its start (RFC 8878 section
// 4.1), the most significant first.
type backwardBits struct {
	data []byte
	left int // bits that are not read yet; below zero after reading past the start
}

// newBackwardBits starts below the highest bit that is set in the last byte, which
// marks where the stream ends.
func newBackwardBits(data []byte) backwardBits {
	if len(data) == 0 || data[len(data)-1] == 0 {
		panic(corrupt("a bit stream has no end mark"))
	}
	return backwardBits{data, 8*len(data) - bits.LeadingZeros8(data[len(data)-1]) - 1}
}

// peek returns the next n bits, at most 56, and zeros for those before the start.
func (b *backwardBits) peek(n int) uint64 {
	at := b.left - n
	i := at >> 3
	var v uint64
	if i >= 0 && i+8 <= len(b.data) {
		v = binary.LittleEndian.Uint64(b.data[i:])
	} else {
		for k := max(i, 0); k < min(i+8, len(b.data)); k++ {
			v |= uint64(b.data[k]) << (8 * (k - i))
		}
	}
	return v >> (at & 7) & (1<<n - 1)
}

// take returns the next n bits, at most 56, and goes past them.
func (b *backwardBits) take(n int) int {
	v := b.peek(n)
	b.left -= n
	return int(v)
}

// forwardBits reads bits from the start of a stream, the least significant first.
type forwardBits struct {
	data []byte
	at   int // bits read
}

// peek returns the next n bits, at most 16, and zeros for those past the end.
func (b *forwardBits) peek(n int) int {
	var v int
	for k := b.at >> 3; k < min(b.at>>3+3, len(b.data)); k++ {
		v |= int(b.data[k]) << (8 * (k - b.at>>3))
	}
	return v >> (b.at & 7) & (1<<n - 1)
}

func (b *forwardBits) take(n int) int {
	v := b.peek(n)
	b.at += n
	return v
}

// bytes returns how many bytes were begun.
func (b *forwardBits) bytes() int {
	n := (b.at + 7) / 8
	if n > len(b.data) {
		panic(corrupt("a table is longer than its block"))
	}
	return n
}
