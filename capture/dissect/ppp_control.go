package dissect

// Codes of control protocols (RFC 1661, section 5; RFC 1570; RFC 1962).
const (
	cpVendor     = 0
	cpConfReq    = 1
	cpConfRej    = 4
	cpTermReq    = 5
	cpCodeRej    = 7
	cpProtoRej   = 8
	cpEchoReq    = 9
	cpDiscardReq = 11
	cpIdent      = 12
	cpTimeLeft   = 13
)

var cpCodes = names{
	cpVendor: "Vendor-Extension", cpConfReq: "Conf-Request", 2: "Conf-Ack", 3: "Conf-Nack", cpConfRej: "Conf-Reject",
	cpTermReq: "Term-Request", 6: "Term-Ack", cpCodeRej: "Code-Reject", cpProtoRej: "Prot-Reject",
	cpEchoReq: "Echo-Request", 10: "Echo-Reply", cpDiscardReq: "Disc-Req", cpIdent: "Ident",
	cpTimeLeft: "Time-Rem", 14: "Reset-Req", 15: "Reset-Ack",
}

// pppControl prints a packet of a control protocol, which starts at byte at of the
// view, after the protocol number.
func (p *Printer) pppControl(proto uint32, v view, at, length uint32) {
	p.name(pppProtocols, proto, "unknown ctrl-proto (0x%04x)")
	p.s(", ")
	cut := func() {
		p.s("[|")
		p.name(pppProtocols, proto, "unknown ctrl-proto (0x%04x)")
		p.c(']')
	}
	whole, v := v, v.from(at)
	if length < 4 || !v.has(0, 2) {
		cut()
		return
	}
	code := v.u8(0)
	p.name(cpCodes, code, "Unknown Opcode")
	p.f(" (0x%02x), id %u, length %u", code, v.u8(1), length+2)
	if p.Verbose == 0 {
		return
	}
	n := v.u16(2)
	if n < 4 {
		p.f("\n\tencoded length %u (< 4))", n)
		return
	}
	if n > length {
		p.f("\n\tencoded length %u (> packet length %u))", n, length)
		return
	}
	p.f("\n\tencoded length %u (=Option(s) length %u)", n, n-4)
	if n == 4 {
		return
	}
	// tcpdump shows the two bytes before the packet, too.
	before := whole.from(at - min(at, 2))
	if p.Verbose > 1 {
		p.unknownData(before, "\n\t", 6)
	}
	if !p.cpData(proto, code, v, before, n) {
		cut()
	}
}

// cpData prints what a code says follows. It reports false if that is cut.
func (p *Printer) cpData(proto, code uint32, v, before view, n uint32) bool {
	data := v.from(4)
	magic := func() { p.f("\n\t  Magic-Num 0x%08x", data.u32(0)) }
	switch {
	case code == cpVendor:
		if n >= 11 {
			magic()
			oui := data.u24(4)
			p.s(" Vendor: ")
			p.name(ouis, oui, "Unknown")
			p.f(" (%u)", oui)
		}
	case code >= cpConfReq && code <= cpConfRej:
		p.cpOptions(proto, data, n)
	case code >= cpTermReq && code <= cpCodeRej:
	case code == cpProtoRej:
		if n >= 6 {
			rejected := data.u16(0)
			p.s("\n\t  Rejected ")
			p.name(pppProtocols, rejected, "unknown")
			p.f(" Protocol (0x%04x)", rejected)
			if n > 6 {
				p.s("\n\t  Rejected Packet")
				p.unknownData(data.from(2), "\n\t    ", n-2)
			}
		}
	case code >= cpEchoReq && code <= cpDiscardReq:
		if n >= 8 {
			magic()
			if n > 8 {
				p.s("\n\t  -----trailing data-----")
				if !data.has(4, n-8) {
					return false
				}
				p.unknownData(data.from(4), "\n\t  ", n-8)
			}
		}
	case code == cpIdent:
		if n >= 8 {
			magic()
			if n > 8 {
				p.s("\n\t  Message\n\t    ")
				return p.charsCut(data.from(4), n-4)
			}
		}
	case code == cpTimeLeft:
		if n >= 12 {
			magic()
			p.f(", Seconds-Remaining %us", data.u32(4))
		}
	default:
		if p.Verbose <= 1 {
			p.unknownData(before, "\n\t  ", n+2)
		}
	}
	return true
}

// cpOptions prints options; n is the length of the packet.
func (p *Printer) cpOptions(proto uint32, v view, n uint32) {
	left := n - 4
	for left != 0 {
		used, ok := p.cpOption(proto, v, n)
		if !ok || used == 0 {
			return
		}
		if left < used {
			p.f(" [remaining options length %u < %u]", left, used)
			p.invalid()
			return
		}
		v, left = v.from(used), left-used
	}
}

// cpOption prints an option and returns its length; false if there is none, or the
// protocol's options are not known.
func (p *Printer) cpOption(proto uint32, v view, n uint32) (uint32, bool) {
	var table names
	unknown, short := "Unknown", "[|ccp]"
	print := p.ccpOption
	switch proto {
	case pppLCP:
		table, short, print = lcpOptions, "[|lcp]", p.lcpOption
	case pppIPCP:
		table, unknown, short, print = ipcpOptions, "unknown", "[|ipcp]", p.ipcpOption
	case pppIPv6CP:
		table, unknown, short, print = ip6cpOptions, "unknown", "[|ip6cp]", p.ip6cpOption
	case pppCCP:
		table = ccpOptions
	case pppBACP:
		table, short, print = bacpOptions, "[|bacp]", p.bacpOption
	default:
		return 0, false
	}
	if n < 2 {
		return 0, false
	}
	if !v.has(0, 2) {
		p.s(short)
		return 0, false
	}
	code, length := v.u8(0), v.u8(1)
	if n < length {
		return 0, false
	}
	if _, known := table[code]; !known && proto == pppLCP {
		p.f("\n\tunknown LCP option 0x%02x", code)
		return length, length >= 2
	}
	p.s("\n\t  ")
	p.name(table, code, unknown)
	p.f(" Option (0x%02x), length %u", code, length)
	if length < 2 {
		p.s(" (length bogus, should be >= 2)")
		return 0, false
	}
	switch print(v, code, length) {
	case optionUnknown:
		if p.Verbose < 2 {
			p.unknownData(v.from(2), "\n\t    ", length-2)
		}
	case optionSkip:
		return length, true
	case optionStop:
		return 0, false
	}
	if p.Verbose > 1 && (proto != pppIPCP || v.has(2, length-2)) {
		p.unknownData(v.from(2), "\n\t    ", length-2)
	}
	return length, true
}

// optionEnd says what follows the text of an option.
type optionEnd uint8

const (
	optionDone    optionEnd = iota // a dump with -vv
	optionUnknown                  // a dump in any case
	optionSkip                     // no dump
	optionStop                     // no further option
)

// bogus complains about an option's length.
func (p *Printer) bogus(relation string, want uint32) {
	p.s(" (length bogus, should be ")
	p.s(relation)
	p.f(" %u)", want)
}
