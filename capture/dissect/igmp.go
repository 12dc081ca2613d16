package dissect

// dvmrpMessages are the codes of DVMRP (draft-ietf-idmr-dvmrp-v3).
var dvmrpMessages = names{
	1: "Probe", 2: "Report", 3: "Ask-neighbors(old)", 4: "Neighbors(old)", 5: "Ask-neighbors2",
	6: "Neighbors2", 7: "Prune", 8: "Graft", 9: "Graft-ACK",
}

// igmp prints IGMP (RFC 1112, RFC 2236, RFC 9776).
func (p *Printer) igmp(v view, length uint32) {
	p.proto = "igmp"
	if p.Quiet != 0 {
		p.s("igmp")
		return
	}
	switch typ := v.u8(0); typ {
	case 0x11:
		p.s("igmp query")
		if length >= 12 {
			p.igmp3Query(v, length)
		} else {
			p.igmpQuery(v, length)
		}
	case 0x12:
		v.need(4, 4)
		p.s("igmp v1 report ")
		p.ip4(v, 4)
		if length != 8 {
			p.f(" [len %u]", length)
		}
	case 0x16:
		v.need(4, 4)
		p.s("igmp v2 report ")
		p.ip4(v, 4)
	case 0x17:
		v.need(4, 4)
		p.s("igmp leave ")
		p.ip4(v, 4)
	case 0x22:
		p.s("igmp v3 report")
		p.igmp3Report(v, length)
	case 0x13:
		p.s("igmp dvmrp")
		if length < 8 {
			p.f(" [len %u]", length)
		} else {
			p.c(' ')
			p.name(dvmrpMessages, v.u8(1), "[type %u]")
		}
	case 0x14:
		p.s("igmp pimv1")
	case 0x1e:
		p.mtrace("mresp", v, length)
	case 0x1f:
		p.mtrace("mtrace", v, length)
	default:
		p.f("igmp-%u", typ)
	}
	if p.Verbose > 0 && length >= 4 && v.has(0, length) && checksum(v, length) != 0 {
		p.f(" bad igmp cksum %x!", v.u16(2))
	}
}

// igmpQuery prints a query of version 1 or 2.
func (p *Printer) igmpQuery(v view, length uint32) {
	if delay := v.u8(1); delay != 0 {
		p.s(" v2")
		if delay != 100 {
			p.f(" [max resp time %u]", delay)
		}
	} else {
		p.s(" v1")
	}
	if v.u32(4) != 0 {
		p.s(" [gaddr ")
		p.ip4(v, 4)
		p.c(']')
	}
	if length != 8 {
		p.f(" [len %u]", length)
	}
}

// igmp3Query prints a query of version 3 (RFC 9776, section 4.1).
func (p *Printer) igmp3Query(v view, length uint32) {
	p.s(" v3")
	if length&3 != 0 {
		p.f(" [invalid len %u]", length)
		return
	}
	code := v.u8(1)
	tenths := code
	if code >= 128 {
		tenths = (code&0xf | 0x10) << (code>>4&7 + 3)
	}
	if code != 100 {
		p.s(" [max resp time ")
		if tenths < 600 {
			p.f("%u.%us", tenths/10, tenths%10)
		} else {
			p.relativeTime(tenths / 10)
		}
		p.c(']')
	}
	if v.u32(4) == 0 {
		return
	}
	p.s(" [gaddr ")
	p.ip4(v, 4)
	p.querySources(v, length, 12, igmpAddress)
	p.c(']')
}

// igmp3Report prints a report of version 3 (RFC 9776, section 4.2).
func (p *Printer) igmp3Report(v view, length uint32) {
	if length < 16 || length&3 != 0 {
		p.f(" [invalid len %u]", length)
		return
	}
	p.groupRecords(v, length, igmpAddress, " [v3-report-#%u]")
}

// mtrace prints the query of a multicast traceroute.
func (p *Printer) mtrace(name string, v view, length uint32) {
	if length < 24 {
		p.f(" [invalid len %u]", length)
		return
	}
	v.need(8, 16)
	p.s(name)
	p.f(" %u: ", v.u24(21))
	p.ip4(v, 8)
	p.s(" to ")
	p.ip4(v, 12)
	p.s(" reply-to ")
	p.ip4(v, 16)
	if v.u8(16)>>4 == 14 { // multicast
		p.f(" with-ttl %u", v.u8(20))
	}
}
