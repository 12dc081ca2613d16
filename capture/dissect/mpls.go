package dissect

var mplsLabels = names{
	0: "IPv4 explicit NULL", 1: "router alert", 2: "IPv6 explicit NULL", 3: "implicit NULL",
	4: "rsvd", 5: "rsvd", 6: "rsvd", 7: "rsvd", 8: "rsvd", 9: "rsvd",
	10: "rsvd", 11: "rsvd", 12: "rsvd", 13: "rsvd", 14: "rsvd", 15: "rsvd",
}

// mplsEntry prints the fields of a label stack entry (RFC 3032, RFC 5462) after
// the label.
func (p *Printer) mplsEntry(entry uint32) {
	p.f(", tc %u", entry>>9&7)
	if entry&0x100 != 0 {
		p.s(", [S]")
	}
	p.f(", ttl %u", entry&0xff)
}

// mpls prints a label stack and what it carries.
func (p *Printer) mpls(v view, length uint32) {
	p.proto = "mpls"
	p.s("MPLS")
	var label uint32
	for first := true; ; first = false {
		if length < 4 {
			p.invalid()
			v.need(0, length)
			return
		}
		entry := v.u32(0)
		label = entry >> 12
		if !first && p.Verbose > 0 {
			p.s("\n\t")
		} else {
			p.c(' ')
		}
		p.f("(label %u", label)
		if name, ok := mplsLabels[label]; ok && p.Verbose > 0 {
			p.s(" (")
			p.s(name)
			p.c(')')
		}
		p.mplsEntry(entry)
		p.c(')')
		v, length = v.from(4), length-4
		if entry&0x100 != 0 {
			break
		}
	}
	version := uint32(0)
	switch label {
	case 0, 3:
		version = 4
	case 2:
		version = 6
	default:
		// Nothing says what follows, but the first byte of IP tells.
		if length < 1 {
			return
		}
		switch first := v.u8(0); {
		case first >= 0x45 && first <= 0x4f:
			version = 4
		case first >= 0x60 && first <= 0x6f:
			version = 6
		}
	}
	if version == 0 {
		p.unknown(v, length)
		return
	}
	if p.Verbose > 0 {
		p.s("\n\t")
	} else {
		p.c(' ')
	}
	if version == 4 {
		p.ipv4(v, length)
	} else {
		p.ipv6(v, length)
	}
}
