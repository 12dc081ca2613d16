package dissect

// Queries for node information (RFC 4620).
const (
	nodeNoop      = 0
	nodeName      = 2
	nodeAddresses = 3
	nodeIPv4      = 4
	nodeHeaderLen = 16
)

var nodeFlags = []bitName{{1, "T"}, {2, "A"}, {4, "C"}, {8, "L"}, {16, "S"}, {32, "G"}}

// nodeTruncated is the flag of an answer that is not whole.
const nodeTruncated = 1

func (p *Printer) nodeFlags(flags uint32, table []bitName) {
	if flags != 0 {
		p.s(" [")
		p.bits(table, flags, "", "none")
		p.c(']')
	}
}

// nodeQuery prints a query.
func (p *Printer) nodeQuery(v view) {
	if v.len() == icmp6HeaderLen+4 {
		p.s(" who-are-you request")
		return
	}
	if !v.has(0, nodeHeaderLen) {
		p.trunc()
		return
	}
	p.s(" (")
	flags := v.u16(6)
	switch v.u16(4) {
	case nodeNoop:
		p.s("noop")
		if v.len() != nodeHeaderLen && p.Verbose > 0 {
			p.s(", invalid len")
		}
		p.c(')')
		return
	case nodeName:
		p.s("node name")
		flags = 0
	case nodeAddresses:
		p.s("node addresses")
		p.nodeFlags(flags, nodeFlags)
	case nodeIPv4:
		p.s("ipv4 addresses")
		p.nodeFlags(flags, nodeFlags[:2])
	default:
		p.s("unknown")
		flags = 0
	}
	if flags&nodeTruncated != 0 {
		p.s(" [invalid flag Truncate present]")
	}
	p.nodeSubject(v)
	p.c(')')
}

// nodeSubject prints whom a query is about.
func (p *Printer) nodeSubject(v view) {
	subject := v.from(nodeHeaderLen)
	size := uint32(16)
	switch v.u8(1) {
	case 0:
	case 1:
		p.s(", subject=DNS name")
		p.nodeDNSName(subject)
		return
	case 2:
		size = 4
	default:
		p.s(", unknown subject")
		return
	}
	switch {
	case subject.len() < size:
	case subject.len() != size:
		if p.Verbose > 0 {
			p.s(", invalid subject len")
		}
	case size == 4:
		p.s(", subject=")
		p.ip4(subject, 0)
	default:
		p.s(", subject=")
		p.ip6(subject, 0)
	}
}

// nodeReply prints a reply.
func (p *Printer) nodeReply(v view, length uint32) {
	if length > v.len() || !v.has(0, nodeHeaderLen) {
		p.trunc()
		return
	}
	p.s(" (")
	alone := func() {
		if v.len() != nodeHeaderLen && p.Verbose > 0 {
			p.s(", invalid length")
		}
	}
	switch v.u8(1) {
	case 0:
		if p.Verbose > 0 {
			p.s("success, ")
		}
	case 1:
		p.s("refused")
		alone()
		p.c(')')
		return
	case 2:
		p.s("unknown")
		alone()
		p.c(')')
		return
	default:
		p.c(')')
		return
	}
	flags, data := v.u16(6), v.from(nodeHeaderLen)
	switch v.u16(4) {
	case nodeNoop:
		p.s("noop")
		alone()
	case nodeName:
		p.s("node name")
		p.nodeDNSName(data.from(4))
		if flags&1 != 0 {
			p.f(" [TTL=%u]", data.u32(0))
		}
	case nodeAddresses:
		p.s("node addresses")
		p.nodeFlags(flags, nodeFlags)
		for ; data.len() >= 20; data = data.from(20) {
			p.c(' ')
			p.ip6(data, 4)
			p.f("(%u)", data.u32(0))
		}
	case nodeIPv4:
		p.s("ipv4 addresses")
		p.nodeFlags(flags, nodeFlags)
		for ; len(data) > 0; data = data.from(8) {
			ttl := data.u32(0)
			data.need(4, 4)
			p.c(' ')
			p.ip4(data, 4)
			p.f("(%u)", ttl)
		}
	default:
		p.s("unknown")
	}
	p.c(')')
}

// nodeDNSName prints a name without compression that fills the view.
func (p *Printer) nodeDNSName(v view) {
	p.s(", \"")
	for len(v) > 0 {
		n := v.u8(0)
		v = v[1:]
		if n == 0 {
			switch {
			case len(v) == 0:
				p.c('.')
			case len(v) == 1 && v[0] == 0:
				// One label of a name that is not whole.
			default:
				p.s("???")
			}
			break
		}
		if n > v.len() {
			p.s("???")
			break
		}
		p.chars(v, n)
		if v = v.from(n); len(v) > 1 && v[0] != 0 {
			p.c('.')
		}
	}
	p.c('"')
}

var renumberingFlags = []bitName{{0x80, "T"}, {0x40, "R"}, {0x20, "A"}, {0x10, "S"}, {0x08, "P"}}

var renumberingOps = names{1: "add", 2: "change", 3: "setglobal"}

// routerRenumbering prints router renumbering (RFC 2894).
func (p *Printer) routerRenumbering(v view) {
	if !v.has(12, 4) {
		p.trunc()
		return
	}
	code := v.u8(1)
	switch code {
	case 0:
		p.s(", command")
	case 1:
		p.s(", result")
	case 255:
		p.s(", sequence number reset")
	default:
		p.f(", code-#%u", code)
	}
	p.f(", seq=%u", v.u32(4))
	if p.Verbose > 0 {
		p.c('[')
		if flags := v.u8(9); flags != 0 {
			p.bits(renumberingFlags, flags, "", "none")
			p.c(',')
		}
		p.f("seg=%u,maxdelay=%u", v.u8(8), v.u16(10))
		if reserved := v.u32(12); reserved != 0 {
			p.f("rsvd=0x%x", reserved)
		}
		p.c(']')
	}
	if code == 0 && !p.renumberingCommand(v.from(16)) {
		p.trunc()
	}
}

// renumberingCommand prints which prefixes are changed, and to what. It reports
// false if that is cut.
func (p *Printer) renumberingCommand(v view) bool {
	separator := " "
	if p.Verbose > 1 {
		separator = "\n\t"
	}
	if !v.has(8, 16) {
		return false
	}
	p.s(separator)
	p.s("match(")
	p.name(renumberingOps, v.u8(0), "#%u")
	if p.Verbose > 0 {
		p.f(",ord=%u,min=%u,max=%u", v.u8(2), v.u8(4), v.u8(5))
	}
	p.c(',')
	p.ip6Number([16]byte(v[8:]))
	p.f("/%u)", v.u8(3))
	n := v.u8(1) - 3
	if n&3 != 0 {
		return false
	}
	v = v.from(24)
	for ; int32(n) > 0; n -= 4 {
		if !v.has(16, 16) {
			return false
		}
		p.s(separator)
		p.s("use(")
		p.renumberingUse(v)
		v = v.from(32)
	}
	return true
}

func (p *Printer) renumberingUse(v view) {
	if flags := v.u8(12); flags != 0 {
		if flags&0x80 != 0 {
			p.c('V')
		}
		if flags&0x40 != 0 {
			p.c('P')
		}
		p.c(',')
	}
	if p.Verbose > 0 {
		p.f("mask=0x%x,raflags=0x%x,", v.u8(2), v.u8(3))
		for i, name := range [...]string{"vltime=", "pltime="} {
			p.s(name)
			if t := v.u32(4 + 4*uint32(i)); t == ndInfinity {
				p.s("infty,")
			} else {
				p.f("%u,", t)
			}
		}
	}
	p.ip6Number([16]byte(v[16:]))
	p.f("/%u/%u)", v.u8(0), v.u8(1))
}
