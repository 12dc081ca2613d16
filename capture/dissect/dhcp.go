package dissect

// Offsets in a BOOTP message (RFC 951), in bytes.
const (
	bootpCIAddr = 12
	bootpHWAddr = 28
	bootpServer = 44
	bootpFile   = 108
	bootpVendor = 236
)

// Magic numbers of the vendor area.
const (
	dhcpCookie = 0x63825363 // RFC 2132
	cmuCookie  = 0x434d5500 // "CMU"
)

var bootpOps = names{1: "Request", 2: "Reply"}

var dhcpMessages = names{
	1: "Discover", 2: "Offer", 3: "Request", 4: "Decline", 5: "ACK", 6: "NACK", 7: "Release", 8: "Inform",
	10: "LeaseQuery", 11: "LeaseUnassigned", 12: "LeaseUnknown", 13: "LeaseActive",
}

var dhcpClientHardware = names{
	1: "ether", 6: "ieee802", 7: "arcnet", 15: "frelay", 23: "strip", 24: "ieee1394",
}

var dhcpAgentOptions = names{1: "Circuit-ID", 2: "Remote-ID", 6: "Subscriber-ID"}

var netbiosNodes = names{1: "b-node", 2: "p-node", 4: "m-node", 8: "h-node"}

var dhcpOverloads = names{1: "file", 2: "sname", 3: "file+sname"}

var dhcpFQDNFlags = []bitName{{1, "S"}, {2, "O"}, {4, "E"}, {8, "N"}}

// bootp prints BOOTP and DHCP (RFC 951, RFC 2131).
func (p *Printer) bootp(v view, length uint32) {
	p.proto = "bootp"
	op := v.u8(0)
	p.s("BOOTP/DHCP, ")
	p.name(bootpOps, op, "unknown (0x%02x)")
	hardware, hlen := v.u8(1), v.u8(2)
	ether := hardware == 1 && hlen == 6
	if ether && op == 1 {
		v.need(bootpHWAddr, 6)
		p.s(" from ")
		p.mac(v, bootpHWAddr)
	}
	p.f(", length %u", length)
	if p.Verbose == 0 {
		return
	}
	v.need(8, 2)
	if hardware != 1 {
		p.f(", htype %u", hardware)
	}
	if !ether {
		p.f(", hlen %u", hlen)
	}
	if hops := v.u8(3); hops != 0 {
		p.f(", hops %u", hops)
	}
	if xid := v.u32(4); xid != 0 {
		p.f(", xid 0x%x", xid)
	}
	if secs := v.u16(8); secs != 0 {
		p.f(", secs %u", secs)
	}
	flags := v.u16(10)
	if flags&0x8000 != 0 {
		p.s(", Flags [Broadcast]")
	} else {
		p.s(", Flags [none]")
	}
	if p.Verbose > 1 {
		p.f(" (0x%04x)", flags)
	}
	for i, name := range [...]string{"Client", "Your", "Server", "Gateway"} {
		if at := bootpCIAddr + 4*uint32(i); v.u32(at) != 0 {
			p.s("\n\t  ")
			p.s(name)
			p.s("-IP ")
			p.ip4(v, at)
		}
	}
	if ether {
		v.need(bootpHWAddr, 6)
		p.s("\n\t  Client-Ethernet-Address ")
		p.mac(v, bootpHWAddr)
	}
	if !p.bootpText("sname", v.from(bootpServer), bootpFile-bootpServer) || !p.bootpText("file", v.from(bootpFile), bootpVendor-bootpFile) {
		p.invalid()
		return
	}
	switch cookie := v.u32(bootpVendor); cookie {
	case dhcpCookie:
		p.dhcpOptions(v.from(bootpVendor))
	case cmuCookie:
		p.cmuVendor(v.from(bootpVendor))
	case 0:
	default:
		p.f("\n\t  Vendor-#0x%x", cookie)
	}
}

// bootpText prints a field of text, if it is not empty. It reports false if there
// is no zero byte at its end.
func (p *Printer) bootpText(name string, v view, length uint32) bool {
	if v.u8(0) == 0 {
		return true
	}
	p.s("\n\t  ")
	p.s(name)
	p.s(" \"")
	ended := false
	for i := uint32(0); i < length && !ended; i++ {
		if b := byte(v.u8(i)); b != 0 {
			p.char(b)
		} else {
			ended = true
		}
	}
	p.c('"')
	return ended
}

// cmuVendor prints the vendor area of CMU's BOOTP.
func (p *Printer) cmuVendor(v view) {
	p.s(" vend-cmu")
	v.need(4, 4)
	flags := v.u8(4)
	if flags&^1 != 0 {
		p.f(" F:0x%x", flags)
	}
	mask := " SM*:"
	if flags&1 != 0 {
		mask = " SM:"
	}
	for _, field := range [...]struct {
		at   uint32
		name string
	}{{12, " DG:"}, {8, mask}, {16, " NS1:"}, {20, " NS2:"}, {24, " IEN1:"}, {28, " IEN2:"}, {32, " TS1:"}, {36, " TS2:"}} {
		if v.u32(field.at) != 0 {
			p.s(field.name)
			p.ip4(v, field.at)
		}
	}
}

// dhcpOptions prints the options, after their cookie.
func (p *Printer) dhcpOptions(v view) {
	p.s("\n\t  Vendor-rfc1048 Extensions")
	p.f("\n\t    Magic Cookie 0x%08x", v.u32(0))
	for v = v.from(4); len(v) > 0; {
		code := v.u8(0)
		v = v.from(1)
		if p.Verbose < 3 && code == dhcpPad {
			continue
		}
		if p.Verbose < 3 && code == dhcpEnd {
			return
		}
		option, known := dhcpOptions[code]
		if !known {
			option.name = "Unknown"
		}
		n := uint32(0)
		if code != dhcpPad && code != dhcpEnd {
			n = v.u8(0)
			v = v.from(1)
		}
		p.s("\n\t    ")
		p.s(option.name)
		p.f(" (%u), length %u", code, n)
		if n > 0 {
			p.s(": ")
		}
		if code == dhcpPad {
			count := uint32(1)
			for ; len(v) > 0 && v[0] == dhcpPad; v = v[1:] {
				count++
			}
			if count > 1 {
				p.f(", occurs %u", count)
			}
		}
		v.need(0, n)
		used := p.dhcpOption(v.upTo(n), code, option.kind)
		if used < n {
			p.f("\n\t  trailing data length %u", n-used)
		}
		v = v.from(n)
	}
}

// dhcpOption prints the value of an option, and returns how much of it.
func (p *Printer) dhcpOption(v view, code uint32, kind byte) (used uint32) {
	n := v.len()
	if code == dhcpMessageType && n == 1 {
		p.name(dhcpMessages, v.u8(0), "Unknown (%u)")
		return n
	}
	if code == dhcpParamRequest {
		for i := range n {
			if i%4 == 0 {
				p.s("\n\t      ")
			} else {
				p.s(", ")
			}
			if o, ok := dhcpOptions[v.u8(i)]; ok {
				p.s(o.name)
			} else {
				p.s("Unknown")
			}
			p.f(" (%u)", v.u8(i))
		}
		return n
	}
	if kind == 0 {
		// The length says what an unknown option may be.
		switch {
		case n&1 != 0:
			kind = 'b'
		case n&2 != 0:
			kind = 's'
		default:
			kind = 'l'
		}
	}
	switch kind {
	case 'a':
		p.quoted(v)
		return n
	case 'i', 'l', 'L':
		return p.dhcpWords(v, kind)
	case 'p':
		p.dhcpPairs(v)
		return n
	case 's':
		for ; used+2 <= n; used += 2 {
			p.comma(used)
			p.u(v.u16(used))
		}
		return used
	case 'B':
		p.dhcpBool(v)
		return n
	case '$':
		return p.dhcpSpecial(v, code)
	default:
		for i := range n {
			if i > 0 {
				p.c('.')
			}
			p.u(v.u8(i))
		}
		return n
	}
}

// comma prints a comma unless it stands before the first.
func (p *Printer) comma(i uint32) {
	if i > 0 {
		p.c(',')
	}
}

// quoted prints all of a view as text.
func (p *Printer) quoted(v view) {
	p.c('"')
	p.chars(v, v.len())
	p.c('"')
}

// dhcpWords prints addresses or numbers, and returns how many bytes of them.
func (p *Printer) dhcpWords(v view, kind byte) (used uint32) {
	for ; used+4 <= v.len(); used += 4 {
		p.comma(used)
		switch kind {
		case 'i':
			p.ip4(v, used)
		case 'L':
			p.f("%d", v.u32(used))
		default:
			p.u(v.u32(used))
		}
	}
	return used
}

func (p *Printer) dhcpPairs(v view) {
	n := v.len()
	if n < 8 || n%8 != 0 {
		if n == 0 {
			p.c(' ')
		}
		p.s("[length != N x 8 bytes]")
		return
	}
	for i := uint32(0); i < n; i += 8 {
		p.comma(i)
		p.c('(')
		p.ip4(v, i)
		p.c(':')
		p.ip4(v, i+4)
		p.c(')')
	}
}

func (p *Printer) dhcpBool(v view) {
	if v.len() != 1 {
		p.badLength("length != 1 byte")
		return
	}
	switch b := v.u8(0); b {
	case 0:
		p.c('N')
	case 1:
		p.c('Y')
	default:
		p.f("%u?", b)
	}
}

// badLength says what is wrong with an option's length.
func (p *Printer) badLength(what string) {
	p.c('[')
	p.s(what)
	p.c(']')
	p.invalid()
}
