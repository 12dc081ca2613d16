package dissect

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
	p.querySources(v, length, 28, mldAddress)
	p.c(']')
}

// mld2Report prints a report (RFC 9777, section 5.2).
func (p *Printer) mld2Report(v view, length uint32) {
	if length < 8 {
		p.f(" [invalid len %u]", length)
		return
	}
	p.groupRecords(v, length, mldAddress, " [v2-report-#%u]")
}
