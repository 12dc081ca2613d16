package network

import (
	"encoding/binary"

	"thinnet/packet"
	"thinnet/wire"
)

// sumFrom adds the bytes of p from offset off on to the sum s.
func sumFrom(p *packet.Packet, off int, s uint64) uint64 {
	h := p.Head()
	odd := false
	if off < len(h) {
		s = wire.Sum(h[off:], s)
		odd = (len(h)-off)%2 != 0
		off = 0
	} else {
		off -= len(h)
	}
	for _, f := range p.Frags() {
		b := f.Bytes()
		if off >= len(b) {
			off -= len(b)
			continue
		}
		b, off = b[off:], 0
		if odd {
			// The first byte is the second one of a word.
			s += uint64(b[0])
			b = b[1:]
		}
		s = wire.Sum(b, s)
		odd = len(b)%2 != 0
	}
	return s
}

// completeChecksum makes the transport checksum of p right, if that is pending.
func completeChecksum(p *packet.Packet) {
	if p.Checksum != packet.ChecksumPartial {
		return
	}
	p.Checksum = packet.ChecksumNone
	start := int(p.NetworkOffset) + int(p.ChecksumStart)
	field := start + int(p.ChecksumOffset)
	if p.Pull(field+2) == nil {
		return // a header that is cut short: nobody can use it
	}
	c := ^wire.Fold(sumFrom(p, start, 0))
	if c == 0 && p.ChecksumOffset == wire.UDPChecksumOffset {
		c = 0xffff // RFC 768: zero would say that there is none
	}
	binary.BigEndian.PutUint16(p.Head()[field:], c)
}
