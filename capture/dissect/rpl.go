package dissect

// icmp6RPL is the ICMPv6 type of the routing protocol for low-power networks
// (RFC 6550).
const icmp6RPL = 155

var rplMessages = names{
	0: "DODAG Information Solicitation",
	1: "DODAG Information Object",
	2: "Destination Advertisement Object",
	3: "Destination Advertisement Object Ack",
}

var rplModes = names{0: "nonstoring", 1: "storing", 2: "nonstoring-multicast", 3: "storing-multicast"}

var rplOptions = names{
	0: "pad1", 1: "padN", 2: "metrics", 3: "routinginfo", 4: "config", 5: "rpltarget",
	6: "transitinfo", 8: "destprefix", 9: "rpltargetdesc",
}

// rpl prints a message, of which v is what follows the ICMPv6 checksum.
func (p *Printer) rpl(v view, length, code uint32) {
	if code&0x80 != 0 {
		p.s(", (SEC) [worktodo]")
		return
	}
	p.s(", (CLR)")
	p.name(rplMessages, code, "RPL message, unknown code %u")
	if p.Verbose == 0 {
		return
	}
	switch code {
	case 1:
		p.rplInformation(v, length)
	case 2:
		p.rplDestination(v, length, 0x40)
	case 3:
		p.rplDestination(v, length, 0x80)
	}
}

// rplInformation prints a DIO (RFC 6550, section 6.3).
func (p *Printer) rplInformation(v view, length uint32) {
	if p.invalidIf("length", length, 24) {
		return
	}
	v.need(0, 24)
	flags := v.u8(4)
	p.s(" [dagid:")
	p.ip6(v, 8)
	p.f(",seq:%u,instance:%u,rank:%u,", v.u8(5), v.u8(0), v.u16(2))
	if flags&0x80 != 0 {
		p.s("grounded,")
	}
	p.s("mop:")
	p.name(rplModes, flags>>3&7, "mop%u")
	p.f(",prf:%u]", flags&7)
	p.rplOptions(v.from(24), length-24)
}

// rplDestination prints a DAO or its acknowledgement (RFC 6550, sections 6.4 and
// 6.5), in which hasID is the flag that says that there is an identifier.
func (p *Printer) rplDestination(v view, length, hasID uint32) {
	if p.invalidIf("length", length, 4) {
		return
	}
	flags, head := v.u8(1), uint32(4)
	if flags&hasID != 0 {
		if p.invalidIf("length", length-4, 16) {
			return
		}
		v.need(4, 16)
		head = 20
	}
	acknowledgement := hasID == 0x80
	instance, last := v.u8(0), v.u8(3)
	seq := last
	if acknowledgement {
		seq = v.u8(2)
	}
	p.s(" [dagid:")
	if head == 20 {
		p.ip6(v, 4)
	} else {
		p.s("<elided>")
	}
	p.f(",seq:%u,instance:%u", seq, instance)
	if acknowledgement {
		p.f(",status:%u]", last)
	} else {
		if flags&0x80 != 0 {
			p.s(",acK")
		}
		if flags&0x40 != 0 {
			p.s(",Dagid")
		}
		p.f(",flags:%02x]", flags)
	}
	p.rplOptions(v.from(head), length-head)
}

// rplOptions prints options (RFC 6550, section 6.7) for -vv.
func (p *Printer) rplOptions(v view, length uint32) {
	if p.Verbose < 2 {
		return
	}
	for length != 0 {
		typ := v.u8(0)
		if typ == 0 {
			p.s(" opt:pad1")
			v, length = v.from(1), length-1
			continue
		}
		if length < 2 {
			p.trunc()
			return
		}
		n := v.u8(1) + 2
		p.s(" opt:")
		p.name(rplOptions, typ, "subopt:%u")
		p.f(" len:%u ", n)
		if !v.has(0, n) || length < n {
			p.trunc()
			return
		}
		if p.Verbose > 2 {
			p.hexDump(" ", v.from(2), n-2)
		}
		v, length = v.from(n), length-n
	}
}
