package dissect

// authentication prints an IP Authentication Header (RFC 4302), and returns its
// length.
func (p *Printer) authentication(v view) uint32 {
	p.proto = "ah"
	p.s("AH")
	words := v.u8(1)
	n := (words + 2) * 4
	p.c('(')
	if p.Verbose > 0 {
		p.f("length=%u(%u-bytes),", words, n)
	}
	if reserved := v.u16(2); reserved != 0 {
		p.f("reserved=0x%x[MustBeZero],", reserved)
	}
	p.f("spi=0x%08x,", v.u32(4))
	p.f("seq=0x%x,", v.u32(8))
	p.s("icv=0x")
	if n > 12 {
		p.hexBytes(v.from(12), n-12, "")
	}
	p.s("): ")
	return n
}
