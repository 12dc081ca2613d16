package dissect

var ipv4Flags = []bitName{{0x2000, "+"}, {0x4000, "DF"}, {0x8000, "rsvd"}}

var ecnNames = [4]string{"", ",ECT(1)", ",ECT(0)", ",CE"}

// ipv4 prints an IPv4 packet (RFC 791).
func (p *Printer) ipv4(v view, length uint32) {
	p.proto = "ip"
	if !p.Link {
		p.s("IP ")
	}
	if p.invalidIf("length", length, 20) {
		return
	}
	if p.differs("version", v.u8(0)>>4, 4) {
		p.invalid()
		return
	}
	hlen := v.u8(0) & 15 * 4
	if p.invalidIf("header length", hlen, 20) {
		return
	}
	total := v.u16(2)
	if total > length {
		p.f("[total length %u > length %u]", total, length)
		p.invalid()
		p.c(' ')
	}
	offloaded := false
	if total == 0 {
		// A packet on its way to a device that splits it has no length yet.
		if next := v.u8(9); next == protoTCP || next == protoUDP {
			total, offloaded = length, true
		}
	}
	if total < hlen {
		p.f("[total length %u < header length %u]", total, hlen)
		p.invalid()
		return
	}
	if !v.has(0, 20) {
		p.trunc()
		return
	}
	v = v.upTo(min(length, total))
	field := v.u16(6)
	offset := field & 0x1fff * 8
	if p.Verbose > 0 && !p.ipv4Verbose(v, length, hlen, offloaded) {
		return
	}
	next := v.u8(9)
	h := ipHeader{view: v, version: 4}
	if offset != 0 {
		if p.Quiet > 1 {
			return
		}
		// The transport header is in another fragment.
		p.src(&h)
		p.s(" > ")
		p.dst(&h)
		p.c(':')
		p.unknownProtocol(next)
		return
	}
	if next != protoTCP && next != protoUDP && next != protoSCTP && next != protoDCCP {
		p.src(&h)
		p.s(" > ")
		p.dst(&h)
		p.s(": ")
	}
	if !v.has(0, hlen) {
		p.f(" [remaining caplen(%u) < header length(%u)]", v.len(), hlen)
		panic(truncation{})
	}
	h.finalDst = ipv4FinalDst(v, hlen)
	p.ipPayload(v.from(hlen), min(length, total)-hlen, &h, next, field&0x2000 != 0, v.u8(8))
}

// ipv4Verbose prints the rest of the header. It reports false if the packet ends
// in the middle of it.
func (p *Printer) ipv4Verbose(v view, length, hlen uint32, offloaded bool) bool {
	tos, field, next := v.u8(1), v.u16(6), v.u8(9)
	p.f("(tos 0x%x", tos)
	p.s(ecnNames[tos&3])
	if ttl := v.u8(8); ttl >= 1 {
		p.f(", ttl %u", ttl)
	}
	p.f(", id %u, offset %u, flags [", v.u16(4), field&0x1fff*8)
	p.bits(ipv4Flags, field&0xe000, ", ", "none")
	p.s("], proto ")
	p.name(ipProtocols, next, "unknown")
	p.f(" (%u)", next)
	switch {
	case !offloaded:
		p.f(", length %u", v.u16(2))
	case length > 65535:
		p.f(", length %u [was 0, presumed BIG TCP]", length)
	default:
		p.f(", length %u [was 0, presumed TSO]", length)
	}
	whole := true
	if hlen > 20 {
		p.s(", options (")
		if whole = p.ipv4Options(v.from(20), hlen-20); !whole {
			p.s(" [truncated-option]")
		}
		p.c(')')
	}
	if !p.NoChecksum && v.has(0, hlen) {
		if sum := checksum(v, hlen); sum != 0 {
			field := v.u16(10)
			p.f(", bad cksum %x (->%x)!", field, rightChecksum(field, sum))
		}
	}
	p.endOfHeader()
	if !whole {
		p.ip4(v, 12)
		p.s(" > ")
		p.ip4(v, 16)
		p.s(": ")
		p.trunc()
	}
	return whole
}

// endOfHeader closes what -v prints of an IP header.
func (p *Printer) endOfHeader() {
	if p.OneLine {
		p.s(") ")
	} else {
		p.s(")\n    ")
	}
}

// rawIPv4 prints a packet of a link that carries just IPv4.
func (p *Printer) rawIPv4(v view, length uint32) {
	if p.Link {
		p.s("IP ")
	}
	p.ipv4(v, length)
}

// raw prints a packet of a link that carries IP.
func (p *Printer) raw(v view, length uint32) {
	p.proto = "raw"
	switch version := v.u8(0) >> 4; version {
	case 4:
		p.rawIPv4(v, length)
	case 6:
		p.rawIPv6(v, length)
	default:
		p.f("IP%u", version)
		p.invalid()
	}
}
