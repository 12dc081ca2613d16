package dissect

// esp prints the header of an encrypted packet (RFC 4303).
func (p *Printer) esp(v view, length uint32) {
	p.proto = "esp"
	p.s("ESP")
	p.f("(spi=0x%08x", v.u32(0))
	p.f(",seq=0x%x), length %u", v.u32(4), length)
}

// ipComp prints the header of a compressed packet (RFC 3173).
func (p *Printer) ipComp(v view) {
	p.proto = "ipcomp"
	p.f("IPComp(cpi=0x%04x)", v.u16(2))
}
