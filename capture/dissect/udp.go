package dissect

// udp prints a UDP datagram (RFC 768). length is that of header and data, as IP
// says.
func (p *Printer) udp(v view, length uint32, h *ipHeader, fragmented bool, ttl uint32) {
	p.proto = "udp"
	if !v.has(2, 2) {
		if h.proto() == protoUDP {
			p.src(h)
			p.s(" > ")
			p.dst(h)
			p.s(": ")
		}
		panic(truncation{})
	}
	sport, dport := v.u16(0), v.u16(2)
	p.endpoints(h, protoUDP, sport, dport, (*Printer).udpPort)
	if p.invalidIf("undersized-udp", length, 8) {
		return
	}
	ulen, field := v.u16(4), v.u16(6)
	if ulen == 0 && length > 65535 {
		ulen = length // a jumbo datagram (RFC 2675)
	}
	if p.invalidIf("undersized-udplength", ulen, 8) {
		return
	}
	ulen -= 8
	length = min(length-8, ulen)
	data := v.from(8)
	if p.Payload != PayloadByPort {
		p.udpSaid(data, length)
		return
	}
	if p.Verbose > 0 && !p.NoChecksum && !fragmented {
		p.udpChecksum(v, length, h, field)
	}
	if p.Quiet == 0 && p.udpPayload(data, length, sport, dport) {
		return
	}
	if ulen > length && !fragmented {
		p.f("UDP, bad length %u > %u", ulen, length)
	} else {
		p.s("UDP, length ")
		p.u(ulen)
	}
}

// udpChecksum prints whether the checksum is right. For IPv4 that takes -vv, for
// IPv6, where there must be one, -v.
func (p *Printer) udpChecksum(v view, length uint32, h *ipHeader, field uint32) {
	if h.version == 4 {
		if p.Verbose < 2 {
			return
		}
		if field == 0 {
			p.s("[no cksum] ")
			return
		}
	}
	if !v.has(8, length) {
		return
	}
	if sum := h.transportChecksum(v, length+8, protoUDP); sum != 0 {
		p.f("[bad udp cksum 0x%04x -> 0x%04x!] ", field, rightChecksum(field, sum))
	} else {
		p.s("[udp sum ok] ")
	}
}

// udpSaid prints what -T says a datagram carries.
func (p *Printer) udpSaid(v view, length uint32) {
	switch p.Payload {
	case PayloadDomain:
		p.dns(v, length, false)
	case PayloadTFTP:
		p.tftp(v, length)
	case PayloadVXLAN:
		p.vxlan(v, length)
	}
}

// udpPayload prints what a datagram carries, by its ports. It reports false if
// they tell nothing.
func (p *Printer) udpPayload(v view, length, sport, dport uint32) bool {
	is := func(port uint32) bool { return sport == port || dport == port }
	switch {
	case is(53):
		p.dns(v, length, false)
	case is(67), is(68):
		p.bootp(v, length)
	case is(69):
		p.tftp(v, length)
	case is(123):
		p.ntp(v, length)
	case is(514):
		p.syslog(v, length)
	case is(546), is(547):
		p.dhcp6(v, length)
	case is(5060):
		p.textProtocol("sip", v, length, sipMethods, true)
	case is(5353):
		p.dns(v, length, true)
	case is(8472), is(4789):
		p.vxlan(v, length)
	case dport == 6081:
		p.geneve(v, length)
	case is(6635):
		p.mpls(v, length)
	default:
		return false
	}
	return true
}
