package flow

import (
	"encoding/binary"
	"net/netip"

	"thinnet/wire"
)

// ipv6Len is the length of an IPv6 header, in bytes (RFC 8200, section 3).
const ipv6Len = 40

// Extension headers that are passed over (RFC 8200, section 4; RFC 4302; RFC 6275;
// RFC 7401; RFC 5533).
const (
	hopByHop    = 0
	routing     = 43
	fragment    = 44
	authHeader  = 51
	destination = 60
	mobility    = 135
	hip         = 139
	shim6       = 140
)

func (h *Headers) ipv6(b []byte, onWire int) {
	if len(b) < ipv6Len {
		return
	}
	h.Version = 6
	h.Src, h.Dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	h.HopLimit = b[7]
	h.Length = onWire
	if n := int(binary.BigEndian.Uint16(b[4:])); n != 0 { // 0: a jumbogram (RFC 2675)
		h.Length = min(onWire, ipv6Len+n)
	}
	h.Protocol = wire.Protocol(b[6])
	end := min(len(b), max(h.Length, ipv6Len))
	h.extensions(b[ipv6Len:end], h.Length-ipv6Len)
}

// extensions passes over the extension headers at the start of b, which was n
// bytes on the wire.
func (h *Headers) extensions(b []byte, n int) {
	for h.Offset == 0 {
		length := 0
		switch h.Protocol {
		case hopByHop, routing, destination, mobility, hip, shim6:
			if len(b) < 2 {
				return
			}
			length = 8 * (int(b[1]) + 1)
		case authHeader:
			if len(b) < 2 {
				return
			}
			length = 4 * (int(b[1]) + 2)
		case fragment:
			if len(b) < 8 {
				return
			}
			length = 8
			place := binary.BigEndian.Uint16(b[2:])
			h.Offset, h.More = int(place&^7), place&1 != 0
			h.Fragment = h.Offset != 0 || h.More
			h.HasID, h.ID = true, binary.BigEndian.Uint32(b[4:])
		default:
			h.transport(b, n)
			return
		}
		if length > len(b) {
			return
		}
		h.Protocol = wire.Protocol(b[0])
		b, n = b[length:], n-length
	}
}
