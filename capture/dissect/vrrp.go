package dissect

var vrrpAuthentications = names{0: "none", vrrpSimple: "simple", 2: "ah"}

const vrrpSimple = 1 // a password

// vrrp prints VRRP (RFC 3768, RFC 9568).
func (p *Printer) vrrp(v view, length uint32, h *ipHeader, ttl uint32) {
	p.proto = "vrrp"
	p.s("VRRP")
	first := v.u8(0)
	version, typ := first>>4, first&15
	p.f("v%u, ", version)
	if typ == 1 {
		p.s("Advertisement")
	} else {
		p.f("unknown type (%u)", typ)
	}
	if ttl != 255 {
		p.f(", (ttl %u)", ttl)
	}
	if version < 2 || version > 3 || typ != 1 {
		return
	}
	p.f(", vrid %u, prio %u", v.u8(1), v.u8(2))
	auth := uint32(0)
	if version == 2 {
		auth = v.u8(4)
		p.s(", authtype ")
		p.name(vrrpAuthentications, auth, "#%u")
		p.f(", intvl %us, length %u", v.u8(5), length)
	} else {
		p.f(", intvl %ucs, length %u", v.u16(4)&0xfff, length)
	}
	if p.Verbose == 0 {
		return
	}
	count := v.u8(3)
	if v.has(0, length) {
		sum := uint32(0)
		if version == 2 {
			sum = checksum(v, length)
		} else {
			sum = h.transportChecksum(v, length, protoVRRP)
		}
		if sum != 0 {
			p.f(", (bad vrrp cksum %x)", v.u16(6))
		}
	}
	p.s(", addrs")
	if count > 1 {
		p.f("(%u)", count)
	}
	p.c(':')
	v = v.from(8)
	for i := range count {
		size := uint32(4)
		if h.version == 6 {
			size = 16
		}
		v.need(0, size)
		if i == 0 {
			p.c(' ')
		} else {
			p.c(',')
		}
		if h.version == 6 {
			p.ip6(v, 0)
		} else {
			p.ip4(v, 0)
		}
		v = v.from(size)
	}
	if version == 2 && auth == vrrpSimple {
		p.s(" auth \"")
		p.charsToNul(v, 8)
		p.c('"')
	}
}
