package dissect

// vxlanLen is the length of a VXLAN header, in bytes.
const vxlanLen = 8

// vxlan prints VXLAN (RFC 7348).
func (p *Printer) vxlan(v view, length uint32) {
	p.proto = "vxlan"
	p.s("VXLAN")
	if p.invalidIf("length", length, vxlanLen) {
		return
	}
	flags := v.u8(0)
	valid := flags&8 != 0
	if valid {
		p.s(", flags [I]")
	} else {
		p.s(", flags [invalid]")
	}
	p.f(" (0x%02x), ", flags)
	if valid {
		p.f("vni %u\n", v.u24(4))
	} else {
		p.s("ERROR: I flag not set\n")
	}
	v.need(7, 1)
	p.ethernet(v.from(vxlanLen), length-vxlanLen)
}
