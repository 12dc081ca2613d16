package monitor

import (
	"thinnet/link/segment"
	"thinnet/packet"
)

// Flatten copies the first bytes of the frame into dst, as many as there is room
// for, and returns how many those are. A checksum that is pending is filled in,
// in the copy: it reads as the wire will have it. p is not changed. A packet that
// says a wrong place for its checksum is copied as it is.
func Flatten(dst []byte, p *packet.Packet) int {
	n := p.CopyTo(dst, 0)
	if p.Checksum != packet.ChecksumPartial {
		return n
	}
	if sum, off, ok := segment.Checksum(p); ok && off+2 <= n {
		dst[off], dst[off+1] = byte(sum>>8), byte(sum)
	}
	return n
}
