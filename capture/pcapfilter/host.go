package pcapfilter

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"thinnet/capture"
	"thinnet/wire"
)

// Where addresses are in their headers, in bytes.
const (
	ipv4Src, ipv4Dst = 12, 16 // RFC 791 section 3.1
	ipv6Src, ipv6Dst = 8, 24  // RFC 8200 section 3
	arpSrc, arpDst   = 14, 24 // RFC 826, for IPv4 over Ethernet
	macSrc, macDst   = 6, 0
)

// prefix4 is an IPv4 network.
type prefix4 struct{ addr, mask uint32 }

// hosts4: an address of the packet is in one of the networks, or with except in none.
func (l *lowering) hosts4(q qualifiers, nets []prefix4, except bool, context string) *cond {
	if !l.ordinary(q.dir) {
		return never
	}
	of := func(p proto) *cond {
		q.proto = p
		return l.hosts4(q, nets, except, context)
	}
	var linkProto, src, dst uint32
	switch q.proto {
	case protoDefault:
		if l.layout.labels > 0 {
			return of(protoIP)
		}
		return or(of(protoIP), of(protoARP), of(protoRARP))
	case protoIP:
		linkProto, src, dst = etherTypeIPv4, ipv4Src, ipv4Dst
	case protoARP:
		linkProto, src, dst = etherTypeARP, arpSrc, arpDst
	case protoRARP:
		linkProto, src, dst = etherTypeRARP, arpSrc, arpDst
	default:
		return l.fail(messageQualifier, q.proto, context)
	}
	match := never
	header := l.layout.networkHeader()
	for _, n := range nets {
		match = or(match, between(q.dir,
			func() *cond { return l.masked(header.plus(src), 4, n.addr, n.mask) },
			func() *cond { return l.masked(header.plus(dst), 4, n.addr, n.mask) }))
	}
	if except {
		match = not(match)
	}
	return and(l.linkProtocol(linkProto), match)
}

// hosts6: an IPv6 address of the packet is in one of the networks, or with except in none.
func (l *lowering) hosts6(q qualifiers, nets []netip.Prefix, except bool, context string) *cond {
	if !l.ordinary(q.dir) {
		return never
	}
	if q.proto != protoDefault && q.proto != protoIPv6 {
		return l.fail(messageQualifier, q.proto, context)
	}
	match := never
	header := l.layout.networkHeader()
	for _, n := range nets {
		match = or(match, between(q.dir,
			func() *cond { return l.prefix6(header.plus(ipv6Src), n) },
			func() *cond { return l.prefix6(header.plus(ipv6Dst), n) }))
	}
	if except {
		match = not(match)
	}
	return and(l.linkProtocol(etherTypeIPv6), match)
}

func (l *lowering) prefix6(at offset, net netip.Prefix) *cond {
	addr, all := net.Addr().As16(), always
	for word := range 4 {
		var mask uint32
		if bits := net.Bits() - 32*word; bits > 0 {
			mask = ^uint32(0) << (32 - min(bits, 32))
		}
		k := binary.BigEndian.Uint32(addr[4*word:])
		all = and(all, l.masked(at.plus(uint32(4*word)), 4, k, mask))
	}
	return all
}

// namedHost: an address of the packet is one of the host of that name.
func (l *lowering) namedHost(q qualifiers, proto6 proto, name string, except bool) *cond {
	const context = "host <Internet hostname>"
	addrs := slices.SortedFunc(slices.Values(l.names.Host(name)), netip.Addr.Compare)
	if len(addrs) == 0 {
		return l.fail("unknown host '%s'", name)
	}
	var nets4 []prefix4
	var nets6 []netip.Prefix
	for _, a := range addrs {
		switch a = a.Unmap().WithZone(""); {
		case a.Is4() && q.proto != protoIPv6:
			nets4 = append(nets4, prefix4{ipv4Number(a), ^uint32(0)})
		case a.Is6() && proto6 != protoARP && proto6 != protoIP && proto6 != protoRARP:
			nets6 = append(nets6, netip.PrefixFrom(a, 128))
		}
	}
	if len(nets4)+len(nets6) == 0 {
		family := ""
		if q.proto != protoDefault {
			family = " for specified address family"
		}
		return l.fail("unknown host '%s'%s", name, family)
	}
	match := never
	if len(nets4) > 0 {
		match = l.hosts4(q, nets4, except, context)
	}
	if len(nets6) > 0 {
		q.proto = proto6
		match = or(match, l.hosts6(q, nets6, except, context))
	}
	return match
}

// macHost: an Ethernet address of the packet is this one.
func (l *lowering) macHost(mac wire.MAC, dir direction, keyword string) *cond {
	if l.layout.linkType != capture.LinkTypeEthernet {
		return l.unsupported(keyword)
	}
	if !l.ordinary(dir) {
		return never
	}
	return and(l.hasLinkHeader(), between(dir,
		func() *cond { return l.bytes(l.layout.link.plus(macSrc), mac[:]) },
		func() *cond { return l.bytes(l.layout.link.plus(macDst), mac[:]) }))
}

func (l *lowering) namedMACHost(name string, dir direction, keyword string) *cond {
	if l.layout.linkType != capture.LinkTypeEthernet {
		return l.unsupported(keyword)
	}
	mac, ok := l.names.Ether(name)
	if !ok {
		return l.fail("unknown Ethernet-like host '%s'", name)
	}
	return l.macHost(mac, dir, keyword)
}

// gateway: the packet is to or from the host on the link, and its IP addresses are
// those of others.
func (l *lowering) gateway(name string, p proto) *cond {
	switch {
	case p != protoDefault && p != protoIP && p != protoARP && p != protoRARP:
		return l.fail(messageQualifier, p, "gateway")
	case l.layout.labels > 0:
		return l.fail("'gateway' cannot be used within MPLS")
	case l.layout.inTunnel:
		return l.fail("'gateway' cannot be used within VXLAN or Geneve")
	}
	link := l.namedMACHost(name, dirSrcOrDst, "gateway")
	if l.err != nil {
		return never
	}
	return and(link, l.namedHost(qualifiers{proto: p, dir: dirSrcOrDst}, protoIP, name, true))
}

// decnetHost: a DECnet address of the packet is this one. The routing header is
// long or short, and one byte of padding may come before it; the flags tell.
func (l *lowering) decnetHost(addr uint16, dir direction) *cond {
	swapped := uint32(addr>>8 | addr<<8)
	header := l.layout.networkHeader()
	// shape is one of the four forms: flags of size bytes, then the address.
	shape := func(size uint8, flags, mask uint32, at uint32) *cond {
		return and(l.masked(header.plus(2), size, flags, mask), l.equal(header.plus(at), 2, swapped))
	}
	long := func(at uint32) *cond {
		return or(shape(1, 0x06, 0x07, 2+at), shape(2, 0x8106, 0xff07, 3+at))
	}
	return between(dir,
		func() *cond {
			return or(shape(1, 0x02, 0x07, 2+3), shape(2, 0x8102, 0xff07, 3+3), long(15))
		},
		func() *cond {
			// Flags and address are in one word here.
			return or(l.masked(header.plus(2), 4, 0x02000000|swapped<<8, 0x07ffff00),
				l.masked(header.plus(2), 4, 0x81020000|swapped, 0xff07ffff), long(7))
		})
}
