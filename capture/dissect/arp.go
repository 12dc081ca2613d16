package dissect

var arpHardware = names{
	1:  "Ethernet",
	6:  "TokenRing",
	7:  "ArcNet",
	15: "FrameRelay",
	23: "Strip",
	24: "IEEE 1394",
	19: "ATM",
	32: "InfiniBand",
}

var arpOps = names{
	1:  "Request",
	2:  "Reply",
	3:  "Reverse Request",
	4:  "Reverse Reply",
	8:  "Inverse Request",
	9:  "Inverse Reply",
	10: "NACK Reply",
}

// arp prints ARP and RARP (RFC 826, 903, 2390).
func (p *Printer) arp(v view, length uint32) {
	p.proto = "arp"
	v.need(0, 8)
	hardware, protocol, op := v.u16(0), v.u16(2), v.u16(6)
	hlen, plen := v.u8(4), v.u8(5)
	sha := uint32(8)
	spa, tha := sha+hlen, sha+hlen+plen
	tpa := tha + hlen
	v.need(tpa, plen)

	if !p.Link {
		p.s("ARP, ")
	}
	known := protocol == etherIPv4 || protocol == etherTrail
	if !known || plen != 4 || hlen == 0 || p.Verbose > 0 {
		p.name(arpHardware, hardware, "Unknown Hardware (%u)")
		p.f(" (len %u), ", hlen)
		p.name(etherTypes, protocol, "Unknown Protocol (0x%04x)")
		p.f(" (len %u)", plen)
		if p.Verbose == 0 {
			p.f(", length %u", length)
			return
		}
		p.s(", ")
	}
	p.name(arpOps, op, "Unknown (%u)")
	p.c(' ')
	address := func(at uint32) {
		switch {
		case !known:
			p.s("<wrong proto type>")
		case plen != 4:
			p.s("<wrong len>")
		default:
			p.ip4(v, at)
		}
	}
	switch op {
	case 1:
		p.s("who-has ")
		address(tpa)
		for i := range hlen {
			if v.u8(tha+i) != 0 {
				p.s(" (")
				p.linkAddress(v, tha, hlen)
				p.c(')')
				break
			}
		}
		p.s(" tell ")
		address(spa)
	case 2:
		address(spa)
		p.s(" is-at ")
		p.linkAddress(v, sha, hlen)
	case 3, 8:
		p.s("who-is ")
		p.linkAddress(v, tha, hlen)
		p.s(" tell ")
		p.linkAddress(v, sha, hlen)
	case 4:
		p.linkAddress(v, tha, hlen)
		p.s(" at ")
		address(tpa)
	case 9:
		p.linkAddress(v, sha, hlen)
		p.s(" at ")
		address(spa)
	default:
		p.hexASCII("\n\t", v, v.len())
		return
	}
	p.f(", length %u", length)
}
