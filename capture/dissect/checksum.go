package dissect

import "thinnet/wire"

// checksum returns the complement of the sum of n bytes: 0 if they contain a
// right checksum. The bytes must have been captured.
func checksum(v view, n uint32) uint32 {
	return uint32(^wire.Fold(wire.Sum(v[:n], 0)))
}

// rightChecksum returns what a checksum field should have been, from what it is
// and from the checksum over the data with the field in it.
func rightChecksum(field, sum uint32) uint32 {
	return uint32(wire.Fold(uint64(field) + uint64(sum)))
}

// ipHeader is the network header that a transport protocol's header came behind:
// its text and its checksum need the addresses.
type ipHeader struct {
	view
	version uint32
	// A later destination of a source-routed packet, which is the one that
	// the checksum covers.
	finalDst []byte
}

// transportChecksum is checksum over the pseudo-header and n bytes of v.
func (h *ipHeader) transportChecksum(v view, n, proto uint32) uint32 {
	sum := uint64(proto) + uint64(n&0xffff)
	if h.version == 4 {
		// There is no room for the upper half of a length.
		sum = wire.Sum(h.view[12:16], sum)
		dst := []byte(h.view[16:20])
		if h.finalDst != nil {
			dst = h.finalDst
		}
		sum = wire.Sum(dst, sum)
	} else {
		sum = wire.Sum(h.view[8:24], sum+uint64(n>>16))
		dst := []byte(h.view[24:40])
		if h.finalDst != nil {
			dst = h.finalDst
		}
		sum = wire.Sum(dst, sum)
	}
	return uint32(^wire.Fold(wire.Sum(v[:n], sum)))
}

// proto returns the protocol that the header itself says follows.
func (h *ipHeader) proto() uint32 {
	if h.version == 6 {
		return h.u8(6)
	}
	return h.u8(9)
}

// src prints the source address.
func (p *Printer) src(h *ipHeader) {
	if h.version == 6 {
		p.ip6(h.view, 8)
	} else {
		p.ip4(h.view, 12)
	}
}

// dst prints the destination address.
func (p *Printer) dst(h *ipHeader) {
	if h.version == 6 {
		p.ip6(h.view, 24)
	} else {
		p.ip4(h.view, 16)
	}
}
