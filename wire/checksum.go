package wire

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Sum adds the 16-bit words of b to the running sum s (RFC 1071), an odd last
// byte as if a zero followed it. Sums of consecutive pieces add up as long as
// every piece but the last is even in length. The result is folded by Fold; it
// may be handed to the next Sum as it is.
func Sum(b []byte, s uint64) uint64 {
	// The sum of big-endian 16-bit words is, modulo 2^16-1, the sum of 64-bit
	// words in either byte order, swapped at the end. The carry out of the top goes
	// back in at the bottom. Two sums, none of which waits for the other, keep the
	// adders busy.
	var x, y, c uint64
	for len(b) >= 64 {
		p := (*[64]byte)(b)
		x, c = bits.Add64(x, binary.LittleEndian.Uint64(p[0:]), 0)
		x, c = bits.Add64(x, binary.LittleEndian.Uint64(p[8:]), c)
		x, c = bits.Add64(x, binary.LittleEndian.Uint64(p[16:]), c)
		x, c = bits.Add64(x, binary.LittleEndian.Uint64(p[24:]), c)
		x += c
		y, c = bits.Add64(y, binary.LittleEndian.Uint64(p[32:]), 0)
		y, c = bits.Add64(y, binary.LittleEndian.Uint64(p[40:]), c)
		y, c = bits.Add64(y, binary.LittleEndian.Uint64(p[48:]), c)
		y, c = bits.Add64(y, binary.LittleEndian.Uint64(p[56:]), c)
		y += c
		b = b[64:]
	}
	for len(b) >= 8 {
		x, c = bits.Add64(x, binary.LittleEndian.Uint64(b), 0)
		x += c
		b = b[8:]
	}
	var last uint64
	for i, v := range b {
		last |= uint64(v) << (8 * i)
	}
	x, c = bits.Add64(x, last, 0)
	acc, c := bits.Add64(x, y, c)
	acc += c
	// To 16 bits, then to the byte order of the wire.
	acc = acc>>32 + acc&0xffffffff
	acc = acc>>32 + acc&0xffffffff
	acc = acc>>16 + acc&0xffff
	acc = acc>>16 + acc&0xffff
	return s + uint64(bits.ReverseBytes16(uint16(acc)))
}

// Fold brings a sum down to 16 bits. The checksum is its complement; a sum over
// data that contains a right checksum folds to 0xffff.
func Fold(s uint64) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

// PseudoHeader returns the sum of the pseudo-header that TCP and UDP checksums
// cover (RFC 9293 section 3.1, RFC 8200 section 8.1); n is the length of the
// transport header and its data in bytes.
func PseudoHeader(src, dst netip.Addr, p Protocol, n int) uint64 {
	s := uint64(p) + uint64(n>>16) + uint64(n&0xffff)
	if src.Is4() {
		a, b := src.As4(), dst.As4()
		x, y := binary.BigEndian.Uint32(a[:]), binary.BigEndian.Uint32(b[:])
		return s + uint64(x>>16) + uint64(x&0xffff) + uint64(y>>16) + uint64(y&0xffff)
	}
	a, b := src.As16(), dst.As16()
	return Sum(b[:], Sum(a[:], s))
}

// UpdateChecksum returns the checksum c after a 16-bit field that it covers went
// from old to v (RFC 1624, equation 3).
func UpdateChecksum(c, old, v uint16) uint16 {
	return ^Fold(uint64(^c) + uint64(^old) + uint64(v))
}
