package siphash

import (
	"encoding/binary"
	"testing"
)

// The reference vectors of the paper's appendix: key 00..0f, input 00, 01, ….
func TestVectors(t *testing.T) {
	k := Key{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	in := make([]byte, 16)
	for i := range in {
		in[i] = byte(i)
	}
	for n, want := range map[int]uint64{
		0: 0x726fdb47dd0e0e31, 1: 0x74f839c593dc67fd, 7: 0xab0200f58b01d137,
		8: 0x93f5f5799a932462, 15: 0xa129ca6149be45e5,
	} {
		if got := k.Sum(in[:n]); got != want {
			t.Errorf("Sum of %d bytes = %x, want %x", n, got, want)
		}
	}
	a, b := binary.LittleEndian.Uint64(in), binary.LittleEndian.Uint64(in[8:])
	if got, want := k.Words(a, b), k.Sum(in); got != want {
		t.Errorf("Words = %x, want the Sum of the same bytes, %x", got, want)
	}
}
