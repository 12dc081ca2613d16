package dissect

var mld2Records = names{1: "is_in", 2: "is_ex", 3: "to_in", 4: "to_ex", 5: "allow", 6: "block"}

// mld prints a multicast listener message (RFC 2710).
func (p *Printer) mld(v view) {
	if !v.has(0, icmp6ListenerMinLen) {
		return
	}
	p.f("max resp delay: %u addr: ", v.u16(4))
	p.ip6(v, 8)
}

// mld2Query prints a query (RFC 9777, section 5.1).
func (p *Printer) mld2Query(v view, length uint32) {
	delay := v.u16(4)
	if delay >= 0x8000 {
		delay = (delay&0xfff | 0x1000) << (delay>>12&7 + 3)
	}
	if p.Verbose > 0 {
		p.f(" [max resp delay=%u]", delay)
	}
	v.need(8, 16)
	p.s(" [gaddr ")
	p.ip6(v, 8)
	if p.Verbose > 0 {
		flags := v.u8(24)
		if flags&8 != 0 {
			p.s(" sflag")
		}
		if flags&7 != 0 {
			p.f(" robustness=%u", flags&7)
		}
		interval := v.u8(25)
		if interval >= 0x80 {
			interval = (interval&0xf | 0x10) << (interval>>4&7 + 3)
		}
		p.f(" qqi=%u", interval)
	}
	if sources := v.u16(26); sources > 0 {
		switch {
		case length < 28+16*sources:
			p.s(" [invalid number of sources]")
		case p.Verbose > 1:
			p.mldSources(v.from(28), sources)
		default:
			p.f(", %u source(s)", sources)
		}
	}
	p.c(']')
}

// mld2Report prints a report (RFC 9777, section 5.2).
func (p *Printer) mld2Report(v view, length uint32) {
	if length < 8 {
		p.f(" [invalid len %u]", length)
		return
	}
	records := v.u16(6)
	p.f(", %u group record(s)", records)
	if p.Verbose == 0 {
		return
	}
	at := uint32(8)
	for range records {
		if length < at+20 {
			p.s(" [invalid number of groups]")
			return
		}
		v.need(at+4, 16)
		p.s(" [gaddr ")
		p.ip6(v, at+4)
		p.c(' ')
		p.name(mld2Records, v.u8(at), " [v2-report-#%u]")
		sources := v.u16(at + 2)
		if length < at+20+16*sources {
			p.f(" [invalid number of sources %u]", sources)
			return
		}
		if p.Verbose == 1 {
			p.f(", %u source(s)", sources)
		} else {
			p.mldSources(v.from(at+20), sources)
		}
		at += 20 + 16*sources
		p.c(']')
	}
}

func (p *Printer) mldSources(v view, n uint32) {
	p.s(" {")
	for i := range n {
		v.need(16*i, 16)
		p.c(' ')
		p.ip6(v, 16*i)
	}
	p.s(" }")
}
