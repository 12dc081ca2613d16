package dissect

import "math/bits"

// Address families of BSD systems.
var bsdFamilies = names{
	bsdIPv4: "IPv4", 6: "NS", 7: "ISO", 16: "Appletalk", 23: "IPX",
	bsdIPv6: "IPv6", bsdIPv6FreeBSD: "IPv6", bsdIPv6Darwin: "IPv6",
}

const (
	bsdIPv4        = 2
	bsdIPv6        = 24 // NetBSD, OpenBSD, Npcap
	bsdIPv6FreeBSD = 28
	bsdIPv6Darwin  = 30
)

// loopbackLen is the length of the header, in bytes.
const loopbackLen = 4

// loopback prints a packet of a BSD loopback interface (LINKTYPE_NULL and
// LINKTYPE_LOOP): the address family in the byte order of whichever host it was.
func (p *Printer) loopback(v view, length uint32) uint32 {
	p.proto = "null"
	// As tcpdump reads it on a little-endian host.
	family := bits.ReverseBytes32(v.u32(0))
	if family > 0xffff {
		family = bits.ReverseBytes32(family)
	}
	if p.Link {
		p.loopbackHeader(family, length)
	}
	v, left := v.from(loopbackLen), length-loopbackLen
	switch family {
	case bsdIPv4:
		p.ipv4(v, left)
	case bsdIPv6, bsdIPv6FreeBSD, bsdIPv6Darwin:
		p.ipv6(v, left)
	default:
		if !p.Link {
			p.loopbackHeader(family, length)
		}
		p.unknown(v, v.len())
	}
	return loopbackLen
}

func (p *Printer) loopbackHeader(family, length uint32) {
	if p.Quiet != 0 {
		p.name(bsdFamilies, family, "Unknown AF %u")
	} else {
		p.s("AF ")
		p.name(bsdFamilies, family, "Unknown")
		p.f(" (%u)", family)
	}
	p.f(", length %u: ", length)
}
