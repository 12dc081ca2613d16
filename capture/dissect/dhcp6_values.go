package dissect

// Authentication protocols (RFC 8415, section 20).
const (
	dhcp6AuthDelayed  = 2
	dhcp6AuthReconfig = 3
)

// dhcp6Auth prints an authentication option.
func (p *Printer) dhcp6Auth(v view) {
	proto := v.u8(0)
	switch proto {
	case dhcp6AuthDelayed:
		p.s(" proto: delayed")
	case dhcp6AuthReconfig:
		p.s(" proto: reconfigure")
	default:
		p.f(" proto: %u", proto)
	}
	if alg := v.u8(1); alg == 1 {
		p.s(", alg: HMAC-MD5")
	} else {
		p.f(", alg: %u", alg)
	}
	if rdm := v.u8(2); rdm == 0 {
		p.s(", RDM: mono")
	} else {
		p.f(", RDM: %u", rdm)
	}
	p.s(", RD:")
	for i := range uint32(4) {
		p.f(" %04x", v.u16(3+2*i))
	}
	info := v.from(11)
	n := info.len()
	words := func(v view) {
		for i := range uint32(4) {
			p.f(" %08x", v.u32(4*i))
		}
	}
	switch {
	case proto == dhcp6AuthDelayed && n == 0:
	case proto == dhcp6AuthDelayed && n >= 20:
		realm := n - 20
		if realm > 0 {
			p.s(", realm: ")
			p.hexBytes(info, realm, "")
		}
		p.f(", key ID: %08x, HMAC-MD5:", info.u32(realm))
		words(info.from(realm + 4))
	case proto == dhcp6AuthReconfig && n == 17:
		switch info.u8(0) {
		case 1:
			p.s(" reconfig-key")
		case 2:
			p.s(" type: HMAC-MD5")
		default:
			p.s(" type: ??")
		}
		p.s(" value:")
		words(info.from(1))
	default:
		p.s(" ??")
	}
}

// dhcp6Domains prints a list of domain names. It reports false if one is bad.
func (p *Printer) dhcp6Domains(v view) bool {
	var ok bool
	for at := uint32(0); at < v.len(); {
		p.c(' ')
		if at, ok = p.dnsName(v, at); !ok {
			return false
		}
	}
	return true
}

// dhcp6NTP prints an NTP server option (RFC 5908). It reports false if a
// suboption runs beyond its end.
func (p *Printer) dhcp6NTP(v view) bool {
	for v.len() > 4 {
		code, n := v.u16(0), v.u16(2)
		if !v.has(4, n) {
			return false
		}
		value := v.from(4).upTo(n)
		p.f(" subopt:%u", code)
		switch {
		case code <= 2 && code > 0 && n == 16:
			p.c(' ')
			p.ip6(value, 0)
		case code == 3:
			p.c(' ')
			if _, ok := p.dnsName(value, 0); !ok {
				return false
			}
		default:
			p.s(" ?")
		}
		v = v.from(4 + n)
	}
	return true
}

// dhcp6PlainName prints a name without compression (RFC 6334).
func (p *Printer) dhcp6PlainName(v view) {
	p.c(' ')
	for len(v) > 0 && v[0] != 0 {
		n := v.u8(0)
		if n >= v.len()-1 {
			p.s(" ?")
			return
		}
		v = v.from(1)
		p.charsToNul(v, n)
		if v = v.from(n); v.u8(0) != 0 {
			p.c('.')
		}
	}
}

// dhcp6Texts prints texts that have their length before them.
func (p *Printer) dhcp6Texts(v view) {
	p.c(' ')
	for first := true; v.len() >= 2; first = false {
		if !first {
			p.c(',')
		}
		n := v.u16(0)
		if n > v.len()-2 {
			p.s(" ?")
			break
		}
		p.chars(v.from(2), n)
		v = v.from(2 + n)
	}
	if len(v) != 0 {
		p.s(" ?")
	}
}

// dhcp6VendorClass prints a vendor class (RFC 8415, section 21.16).
func (p *Printer) dhcp6VendorClass(v view) {
	p.f(" enterprise %u", v.u32(0))
	v = v.from(4)
	for v.len() >= 2 {
		n := v.u16(0)
		p.f(" (len %u", n)
		v = v.from(2)
		if n > v.len() {
			p.s(" ?")
			break
		}
		if n > 0 {
			p.s(" data ")
			p.chars(v, n)
			v = v.from(n)
		}
		p.c(')')
	}
	if len(v) != 0 {
		p.s(" ?")
	}
}

// dhcp6VendorOptions prints vendor-specific information (RFC 8415, section 21.17).
func (p *Printer) dhcp6VendorOptions(v view) {
	p.f(" enterprise %u", v.u32(0))
	v = v.from(4)
	for v.len() >= 4 {
		n := v.u16(2)
		p.f(" (code %u len %u", v.u16(0), n)
		v = v.from(4)
		if n > v.len() {
			p.s(" ?")
			break
		}
		if n > 0 {
			p.s(" data ")
			p.hexStart(v.upTo(n))
			v = v.from(n)
		}
		p.c(')')
	}
	if len(v) != 0 {
		p.s(" ?")
	}
}
