package segment

import (
	"math/bits"

	"thinnet/packet"
	"thinnet/wire"
)

// Sum adds the 16-bit words of the frame from byte off on to the running sum s,
// as [wire.Sum] does, wherever the pieces of the packet lie. off lies within the
// head.
func Sum(p *packet.Packet, off int, s uint64) uint64 {
	head := p.Head()[off:]
	s = wire.Sum(head, s)
	odd := len(head)%2 != 0
	for _, f := range p.Frags() {
		b := f.Bytes()
		part := wire.Fold(wire.Sum(b, 0))
		if odd {
			// Its first byte is the second of a word: RFC 1071, section 2 (B).
			part = bits.ReverseBytes16(part)
		}
		s += uint64(part)
		odd = odd != (len(b)%2 != 0)
	}
	return s
}

// Checksum returns what belongs in the checksum field of a packet with
// ChecksumPartial, and where in the frame the field lies, in bytes. It reports
// false if the field is not within the head.
func Checksum(p *packet.Packet) (sum uint16, off int, ok bool) {
	start := int(p.NetworkOffset) + int(p.ChecksumStart)
	off = start + int(p.ChecksumOffset)
	if off+2 > len(p.Head()) {
		return 0, 0, false
	}
	sum = ^wire.Fold(Sum(p, start, 0))
	if sum == 0 {
		// A UDP checksum of 0 says that there is none (RFC 768); in TCP the
		// two values mean the same.
		sum = 0xffff
	}
	return sum, off, true
}

// Complete fills in the checksum of a packet with ChecksumPartial, which is then
// ChecksumNone: what comes next may damage the bytes. Other packets stay as they
// are. It reports false if the packet does not say where the checksum belongs.
func Complete(p *packet.Packet) bool {
	if p.Checksum != packet.ChecksumPartial {
		return true
	}
	sum, off, ok := Checksum(p)
	if !ok {
		return false
	}
	field := p.Head()[off:]
	field[0], field[1] = byte(sum>>8), byte(sum)
	p.Checksum = packet.ChecksumNone
	return true
}
