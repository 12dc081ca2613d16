// Package siphash is SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash
// for what an outsider must not be able to guess, such as initial sequence
// numbers, ephemeral ports and the place of a connection in a hash table.
package siphash

import (
	"encoding/binary"
	"math/bits"
)

// Key is the secret, from a good source of randomness.
type Key struct{ K0, K1 uint64 }

// Sum returns the hash of b under the key.
func (k Key) Sum(b []byte) uint64 {
	s := newState(k)
	n := len(b)
	for len(b) >= 8 {
		s = s.block(binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	last := uint64(n) << 56
	for i, x := range b {
		last |= uint64(x) << (8 * i)
	}
	s = s.block(last)
	return s.finish()
}

// Words returns the hash of the words, little-endian, under the key.
func (k Key) Words(words ...uint64) uint64 {
	s := newState(k)
	for _, w := range words {
		s = s.block(w)
	}
	s = s.block(uint64(8*len(words)) << 56)
	return s.finish()
}

// state is passed on by value, and so stays in registers.
type state struct{ v0, v1, v2, v3 uint64 }

func newState(k Key) state {
	return state{
		k.K0 ^ 0x736f6d6570736575,
		k.K1 ^ 0x646f72616e646f6d,
		k.K0 ^ 0x6c7967656e657261,
		k.K1 ^ 0x7465646279746573,
	}
}

func (s state) round() state {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
	return s
}

func (s state) block(m uint64) state {
	s.v3 ^= m
	s = s.round().round()
	s.v0 ^= m
	return s
}

func (s state) finish() uint64 {
	s.v2 ^= 0xff
	s = s.round().round().round().round()
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}
