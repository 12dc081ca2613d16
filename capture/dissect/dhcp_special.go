package dissect

// dhcpSpecial prints an option in a way of its own, and returns how much of it.
func (p *Printer) dhcpSpecial(v view, code uint32) (used uint32) {
	n := v.len()
	switch code {
	case dhcpNetbiosNode, dhcpOverload:
		if n < 1 {
			p.badLength("length < 1 byte")
			return 0
		}
		if code == dhcpNetbiosNode {
			p.name(netbiosNodes, v.u8(0), "#%u")
		} else {
			p.name(dhcpOverloads, v.u8(0), "#%u")
		}
		return 1
	case dhcpFQDN:
		p.dhcpName(v)
	case dhcpClientID:
		p.dhcpClientID(v)
	case dhcpAgent:
		return p.dhcpAgent(v)
	case dhcpClasslessRoute, dhcpClasslessMS:
		p.dhcpRoutes(v)
	case dhcpUserClass:
		p.dhcpUserClasses(v)
	case dhcpSZTP:
		return p.dhcpRedirects(v)
	case dhcpIPv6Only:
		if n != 4 {
			p.badLength("length != 4 bytes")
			break
		}
		p.u(v.u32(0))
	}
	return n
}

// dhcpName prints the client's domain name (RFC 4702).
func (p *Printer) dhcpName(v view) {
	if v.len() < 3 {
		p.badLength("length < 3 bytes")
		return
	}
	flags := v.u8(0)
	if flags&0xf0 != 0 {
		p.f("[MBZ nibble 0x%x != 0] ", flags>>4)
		p.invalid()
	}
	if flags&0x0f != 0 {
		p.c('[')
		p.bits(dhcpFQDNFlags, flags, "", "")
		p.s("] ")
	}
	if v.u8(1) != 0 || v.u8(2) != 0 {
		p.f("%u/%u ", v.u8(1), v.u8(2))
	}
	p.quoted(v.from(3))
}

// dhcpClientID prints a client identifier (RFC 2132, section 9.14).
func (p *Printer) dhcpClientID(v view) {
	if v.len() < 1 {
		p.badLength("length < 1 byte")
		return
	}
	typ := v.u8(0)
	if typ == 0 {
		p.quoted(v.from(1))
		return
	}
	p.name(dhcpClientHardware, typ, "hardware-type %u,")
	p.c(' ')
	p.hexBytes(v.from(1), v.len()-1, ":")
}

// dhcpAgent prints what a relay agent added (RFC 3046).
func (p *Printer) dhcpAgent(v view) (used uint32) {
	n := v.len()
	for used+2 <= n {
		code, length := v.u8(used), v.u8(used+1)
		used += 2
		p.s("\n\t      ")
		p.name(dhcpAgentOptions, code, "Unknown")
		p.f(" SubOption %u, length %u: ", code, length)
		if length > n-used {
			p.s("length goes past end of option")
			return n
		}
		if _, known := dhcpAgentOptions[code]; known {
			p.chars(v.from(used), length)
		} else {
			p.hexDump("\n\t\t", v.from(used), length)
		}
		used += length
	}
	return used
}

// dhcpRoutes prints classless static routes (RFC 3442).
func (p *Printer) dhcpRoutes(v view) {
	if v.len() < 5 {
		p.badLength("length < 5 bytes")
		return
	}
	for first := true; len(v) > 0; first = false {
		if !first {
			p.c(',')
		}
		width := v.u8(0)
		v = v.from(1)
		if width > 32 {
			p.f("[Mask width (%u) > 32]", width)
			p.invalid()
			return
		}
		octets := (width + 7) / 8
		if v.len() < octets+4 {
			p.f("[Remaining length (%u) < %u bytes]", v.len(), octets+4)
			p.invalid()
			return
		}
		if width == 0 {
			p.s("(default")
		} else {
			p.c('(')
			for i := range uint32(4) {
				if i > 0 {
					p.c('.')
				}
				if i < octets {
					p.u(v.u8(i))
				} else {
					p.c('0')
				}
			}
			p.f("/%u", width)
		}
		p.c(':')
		p.ip4(v, octets)
		p.c(')')
		v = v.from(octets + 4)
	}
}

// dhcpUserClasses prints user classes (RFC 3004).
func (p *Printer) dhcpUserClasses(v view) {
	if v.len() < 2 {
		p.badLength("length < 2 bytes")
		return
	}
	for instance := uint32(1); len(v) > 0; instance++ {
		n := v.u8(0)
		v = v.from(1)
		p.f("\n\t      instance#%u: ", instance)
		if n == 0 {
			p.badLength("suboption length == 0")
			return
		}
		if v.len() < n {
			p.f("[length %u < suboption length %u", v.len(), n)
			p.invalid()
			return
		}
		p.quoted(v.upTo(n))
		p.f(", length %u", n)
		v = v.from(n)
	}
}

// dhcpRedirects prints bootstrap servers (RFC 8572, section 8.3).
func (p *Printer) dhcpRedirects(v view) (used uint32) {
	n := v.len()
	for used+2 <= n {
		length := v.u16(used)
		used += 2
		p.f("\n\t\t    length %u: ", length)
		if n-used < length {
			p.s("length goes past end of option")
			return n
		}
		p.quoted(v.from(used).upTo(length))
		used += length
	}
	if used != n {
		p.badLength("length < 2 bytes")
	}
	return used
}
