package dissect

// IPv6 options (IANA's registry).
const (
	ip6OptPad1        = 0
	ip6OptPadN        = 1
	ip6OptRouterAlert = 5
	ip6OptJumbo       = 0xc2
	ip6OptHomeAddress = 0xc9
)

// hopByHop prints the hop-by-hop options header (RFC 8200, section 4.3), and
// returns its length.
func (p *Printer) hopByHop(v view, k *ipv6Packet) (uint32, bool) {
	p.proto = "hbh"
	n := (v.u8(1) + 1) * 8
	v.need(0, n)
	p.s("HBH ")
	if !p.ipv6Options(v.from(2), n-2, k) {
		p.invalid()
		return 0, false
	}
	return n, true
}

// destinationOptions prints the destination options header (RFC 8200, section
// 4.6), and returns its length.
func (p *Printer) destinationOptions(v view) (uint32, bool) {
	p.proto = "dstopt"
	n := (v.u8(1) + 1) * 8
	v.need(0, n)
	p.s("DSTOPT ")
	if p.Verbose > 0 && !p.ipv6Options(v.from(2), n-2, nil) {
		p.invalid()
		return 0, false
	}
	return n, true
}

// ipv6Options prints options. A jumbo payload option counts in a hop-by-hop
// header, which is the one that has a packet. It reports false if they are
// invalid.
func (p *Printer) ipv6Options(v view, length uint32, k *ipv6Packet) bool {
	jumboSeen := false
	for i := uint32(0); i < length; {
		o := v.from(i)
		left := length - i
		typ, n := o.u8(0), uint32(1)
		if typ != ip6OptPad1 {
			if p.below("remaining length", left, 2) {
				return false
			}
			n = o.u8(1) + 2
		}
		if p.below("remaining length", left, n) {
			return false
		}
		o.need(0, n)
		switch typ {
		case ip6OptPad1:
			if p.Verbose > 0 {
				p.s("(pad1)")
			}
		case ip6OptPadN:
			if p.Verbose > 0 {
				p.s("(padn)")
			}
		case ip6OptRouterAlert:
			if p.below("(rtalert) remaining length", left, 4) || p.differs("(rtalert) length", n-2, 2) {
				return false
			}
			if p.Verbose > 0 {
				p.f("(rtalert: 0x%04x) ", o.u16(2))
			}
		case ip6OptJumbo:
			if p.below("(jumbo) remaining length", left, 6) || p.differs("(jumbo) length", n-2, 4) {
				return false
			}
			p.jumboOption(o.u32(2), jumboSeen, k)
			jumboSeen = true
		case ip6OptHomeAddress:
			if p.below("(homeaddr) remaining length", left, 18) || p.below("(homeaddr) length", n-2, 16) {
				return false
			}
			if p.Verbose > 0 {
				p.s("(homeaddr: ")
				p.ip6(o, 2)
				if n > 18 && !p.ipv6SubOptions(o.from(18), n-18) {
					return false
				}
				p.c(')')
			}
		default:
			if p.Verbose > 0 {
				p.f("(unknown opt-type 0x%02x len=%u)", typ, n-2)
			}
		}
		i += n
	}
	if p.Verbose > 0 {
		p.c(' ')
	}
	return true
}

// jumboOption prints a jumbo payload option (RFC 2675), and takes its length if it
// is valid.
func (p *Printer) jumboOption(n uint32, again bool, k *ipv6Packet) {
	verdict := ""
	switch {
	case again:
		verdict = " - already seen"
	case k == nil:
		verdict = " - not a hop-by-hop option"
	case k.payload != 0:
		verdict = " - payload len != 0"
	case n < 65536:
		verdict = " - < 65536"
	default:
		k.jumbo, k.payload = true, n
	}
	if p.Verbose > 0 {
		p.f("(jumbo: %u", n)
		p.s(verdict)
		p.s(") ")
	}
}

// ipv6SubOptions prints what follows a home address.
func (p *Printer) ipv6SubOptions(v view, length uint32) bool {
	for i := uint32(0); i < length; {
		typ, n := v.u8(i), uint32(1)
		if typ != ip6OptPad1 {
			if p.below("remaining length", length-i, 2) {
				return false
			}
			n = v.u8(i+1) + 2
		}
		if p.below("remaining length", length-i, n) {
			return false
		}
		v.need(i, n)
		switch typ {
		case ip6OptPad1:
			p.s(", pad1")
		case ip6OptPadN:
			p.s(", padn")
		default:
			p.f(", unknown subopt-type 0x%02x len=%u", typ, n-2)
		}
		i += n
	}
	return true
}

// ipv6Fragment prints a fragment header (RFC 8200, section 4.5), and returns its
// length; false if what follows is not the first fragment.
func (p *Printer) ipv6Fragment(v view, k *ipv6Packet) (uint32, bool) {
	p.proto = "frag6"
	p.s("frag (")
	if p.Verbose > 0 {
		p.f("0x%08x:", v.u32(4))
	} else {
		v.need(4, 4)
	}
	offset := v.u16(2) & 0xfff8
	p.f("%u|", offset)
	if total := 40 + k.u16(4); k.at+8 > total {
		p.s("[length < 0] (invalid))")
	} else {
		p.f("%u)", total-k.at-8)
	}
	if offset != 0 {
		return 0, false
	}
	p.c(' ')
	return 8, true
}

// Routing header types.
const (
	routingSource   = 0 // RFC 2460, deprecated by RFC 5095
	routingMobile   = 2 // RFC 6275
	routingSegments = 4 // RFC 8754
)

// ipv6Routing prints a routing header (RFC 8200, section 4.4), and returns its
// length.
func (p *Printer) ipv6Routing(v view) (uint32, bool) {
	p.proto = "rt6"
	p.s("RT6")
	n := v.u8(1)
	p.f(" (len=%u", n)
	typ := v.u8(2)
	p.f(", type=%u", typ)
	if typ == routingSource {
		p.s(" [Deprecated]")
	}
	p.f(", segleft=%u", v.u8(3))
	switch typ {
	case routingSource, routingMobile:
		if reserved := v.u32(4); reserved != 0 || p.Verbose > 0 {
			p.f(", rsv=0x%x", reserved)
		}
		if n%2 == 1 {
			p.f(" [length %u]", n)
			p.invalid()
			return 0, false
		}
		p.routingAddresses(v, n/2)
	case routingSegments:
		last := v.u8(4)
		p.f(", last-entry=%u", last)
		if flags := v.u8(5); flags != 0 || p.Verbose > 0 {
			p.f(", flags=0x%x", flags)
		}
		p.f(", tag=%x", v.u16(6))
		p.routingAddresses(v, last+1)
		if list := (last + 1) * 2; list < n && !p.segmentTLVs(v.from(8+16*(last+1)), (n-list)*8) {
			p.invalid()
			return 0, false
		}
	default:
		p.s(" (unknown type)")
		p.invalid()
		return 0, false
	}
	p.s(") ")
	return (n + 1) * 8, true
}

func (p *Printer) routingAddresses(v view, count uint32) {
	for i := range count {
		v.need(8+16*i, 16)
		p.f(", [%u]", i)
		p.ip6(v, 8+16*i)
	}
}

var segmentTLVNames = names{0: "Pad1", 4: "PadN", 5: "HMAC"}

// segmentTLVs prints what follows the segments (RFC 8754, section 2.1). It reports
// false if that is invalid.
func (p *Printer) segmentTLVs(v view, left uint32) bool {
	for left != 0 {
		typ := v.u8(0)
		p.s(", TLV-type=")
		p.name(segmentTLVNames, typ, "Unknown")
		p.f("(%u)", typ)
		v, left = v.from(1), left-1
		if left == 0 {
			break
		}
		if typ == 0 {
			continue
		}
		n := v.u8(0)
		p.f(", TLV-len=%u", n)
		v, left = v.from(1), left-1
		switch typ {
		case 4:
			if p.above("PadN length", n, 5) || p.below("remaining length", left, n) {
				return false
			}
			v.need(0, n)
		case 5:
			if p.below("remaining length", left, 6) {
				return false
			}
			p.segmentHMAC(v)
			v, left = v.from(6), left-6
			for i := range n {
				b := v.u8(i)
				if p.below("remaining length", left-i, 1) {
					return false
				}
				if p.Verbose > 0 {
					p.hex8(byte(b))
				}
			}
		default:
			if p.Verbose > 0 {
				p.s(", TLV-value=0x")
			}
			if p.below("remaining length", left, n) {
				return false
			}
			if p.Verbose > 0 {
				p.hexBytes(v, min(n, v.len()), "")
			}
			v.need(0, n)
		}
		v, left = v.from(n), left-n
	}
	return true
}

// segmentHMAC prints the fields before an HMAC.
func (p *Printer) segmentHMAC(v view) {
	v.need(0, 2)
	if p.Verbose == 0 {
		v.need(2, 4)
		return
	}
	reserved := v.u16(0)
	p.f(", D=%u", reserved>>15)
	if reserved &= 0x7fff; reserved != 0 {
		p.f(", reserved MBZ %u", reserved)
	}
	p.f(", HMAC-key-ID=0x%02x, HMAC=0x", v.u32(2))
}
