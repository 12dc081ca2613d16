package dissect

// geneveLen is the length of a Geneve header without options, in bytes.
const geneveLen = 8

var geneveFlags = []bitName{
	{0x80, "O"}, {0x40, "C"}, {0x20, "R1"}, {0x10, "R2"}, {0x08, "R3"}, {0x04, "R4"}, {0x02, "R5"}, {0x01, "R6"},
}

// geneve prints Geneve (RFC 8926).
func (p *Printer) geneve(v view, length uint32) {
	p.proto = "geneve"
	p.s("Geneve")
	if p.invalidIf("len", length, geneveLen) {
		return
	}
	first := v.u8(0)
	if version := first >> 6; version != 0 {
		p.f(" ERROR: unknown-version %u", version)
		p.invalid()
		return
	}
	flags, proto, vni, reserved := v.u8(1), v.u16(2), v.u24(4), v.u8(7)
	p.s(", Flags [")
	p.bits(geneveFlags, flags, "", "none")
	p.f("], vni 0x%x", vni)
	if reserved != 0 {
		p.f(", rsvd 0x%x", reserved)
	}
	if p.Link {
		p.s(", proto ")
		p.name(etherTypes, proto, "unknown")
		p.f(" (0x%04x)", proto)
	}
	v, length = v.from(geneveLen), length-geneveLen
	n := first & 0x3f * 4
	if length < n {
		p.f(" (opts_len %u > %u", n, length)
		p.invalid()
		return
	}
	if n > 0 {
		p.s(", options [")
		if p.Verbose == 0 {
			v.need(0, n)
			p.f("%u bytes", n)
		} else if !p.geneveOptions(v, n) {
			p.invalid()
			return
		}
		p.c(']')
	}
	v, length = v.from(n), length-n
	p.tunnelled()
	switch {
	case p.etherPayload(proto, v, length):
	case proto == etherTEB:
		p.ethernet(v, length)
	default:
		p.f("geneve-proto-0x%x", proto)
		v.need(0, length)
	}
}

// tunnelled leads over from a tunnel's header to what is in it.
func (p *Printer) tunnelled() {
	if p.Verbose > 0 {
		p.s("\n\t")
	} else {
		p.s(": ")
	}
}

// geneveOptions prints options. It reports false if one is bad.
func (p *Printer) geneveOptions(v view, length uint32) bool {
	for first := true; length != 0; first = false {
		if p.below("remaining options length", length, 4) {
			v.need(0, length)
			return false
		}
		if !first {
			p.s(", ")
		}
		class, typ, n := v.u16(0), v.u8(2), 4+v.u8(3)&0x1f*4
		p.s("class ")
		p.s(geneveClass(class))
		p.f(" (0x%x) type 0x%x", class, typ)
		if typ&0x80 != 0 {
			p.s("(C)")
		}
		p.f(" len %u", n)
		if n > length {
			p.s(" [bad length]")
			v.need(0, length)
			return false
		}
		if p.Verbose > 1 && n > 4 {
			p.s(" data")
			for i := uint32(4); i < n; i += 4 {
				p.f(" %08x", v.u32(i))
			}
		} else {
			v.need(0, n)
		}
		v, length = v.from(n), length-n
	}
	return true
}

// geneveClass returns who defines an option (IANA's registry).
func geneveClass(class uint32) string {
	switch {
	case class <= 0xff:
		return "Standard"
	case class == 0x100:
		return "Linux"
	case class == 0x101:
		return "Open vSwitch"
	case class == 0x102:
		return "Open Virtual Networking (OVN)"
	case class == 0x103:
		return "In-band Network Telemetry (INT)"
	case class == 0x104:
		return "VMware"
	case class == 0x106 || class == 0x130 || class == 0x131:
		return "Cisco"
	case class == 0x107:
		return "Oracle"
	case class >= 0x105 && class <= 0x110:
		return "Amazon"
	case class >= 0x111 && class <= 0x118:
		return "IBM"
	case class >= 0x119 && class <= 0x128:
		return "Ericsson"
	case class == 0x129:
		return "Oxide"
	case class >= 0x132 && class <= 0x135:
		return "Google"
	case class == 0x136:
		return "InfoQuick"
	case class >= 0xfff0:
		return "Experimental"
	}
	return "Unknown"
}
