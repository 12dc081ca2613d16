package dissect

// PPP protocols (IANA's registry) that are told apart here.
const (
	pppIP        = 0x0021
	pppVJ        = 0x002d
	pppVJPlain   = 0x002f
	pppMultilink = 0x003d
	pppIPv6      = 0x0057
	pppComp      = 0x00fd
	pppMPLS      = 0x0281
	pppMPLSMulti = 0x0283
	pppIPCP      = 0x8021
	pppOSICP     = 0x8023
	pppIPv6CP    = 0x8057
	pppCCP       = 0x80fd
	pppMPLSCP    = 0x8281
	pppLCP       = 0xc021
	pppPAP       = 0xc023
	pppLQM       = 0xc025
	pppSPAP      = 0xc027
	pppBACP      = 0xc02b
	pppBAP       = 0xc02d
	pppSPAPOld   = 0xc123
	pppCHAP      = 0xc223
	pppEAP       = 0xc227
)

var pppProtocols = names{
	pppIP: "IP", 0x0023: "OSI", 0x0025: "NS", 0x0027: "DECNET", 0x0029: "APPLE", 0x002b: "IPX", pppVJ: "VJC IP",
	pppVJPlain: "VJNC IP", 0x0031: "BRPDU", 0x0033: "STII", 0x0035: "VINES", pppMPLS: "MPLS", pppMPLSMulti: "MPLS",
	pppComp: "Compressed", pppMultilink: "MLPPP", pppIPv6: "IP6",
	0x0201: "HELLO", 0x0231: "LUXCOM", 0x0233: "SNS",
	pppIPCP: "IPCP", pppOSICP: "OSICP", 0x8025: "NSCP", 0x8027: "DECNETCP", 0x8029: "APPLECP", 0x802b: "IPXCP",
	0x8033: "STIICP", 0x8035: "VINESCP", pppIPv6CP: "IP6CP", pppMPLSCP: "MPLSCP",
	pppLCP: "LCP", pppPAP: "PAP", pppLQM: "LQM", pppCHAP: "CHAP", pppEAP: "EAP", pppSPAP: "SPAP",
	pppSPAPOld: "Old-SPAP", pppBACP: "BACP", pppBAP: "BAP", 0xc03d: "MLPPP-CP", pppCCP: "CCP",
}

// Address and control fields (RFC 1662), and pppd's direction in place of the
// address.
const (
	pppFraming = 0xff03
	pppIn      = 0x0003
	pppOut     = 0x0103
)

// ppp prints PPP (RFC 1661), with or without HDLC-like framing.
func (p *Printer) ppp(v view, length uint32) (headerLen uint32) {
	p.proto = "ppp"
	whole := length
	if length < 2 {
		p.trunc()
		return 0
	}
	switch v.u16(0) {
	case pppIn, pppOut:
		if p.Link && v.u8(0) == 0 {
			p.s("In  ")
		} else if p.Link {
			p.s("Out ")
		}
		headerLen = 2
	case pppFraming:
		headerLen = 2
	}
	v, length = v.from(headerLen), length-headerLen
	if length < 2 {
		p.trunc()
		return 0
	}
	proto, n := v.u8(0), uint32(1) // compressed
	if proto%2 == 0 {
		proto, n = v.u16(0), 2
	}
	headerLen += n
	if p.Link {
		name, known := pppProtocols[proto]
		if !known {
			name = "unknown"
		}
		p.s(name)
		p.f(" (0x%04x), length %u", proto, whole)
		if !known {
			return headerLen
		}
		p.s(": ")
	}
	p.pppPayload(proto, v, n, length)
	return headerLen
}

// pppPayload prints what a protocol number, which ends at byte at of the view, says
// follows; left is the length on the wire from the start of the view.
func (p *Printer) pppPayload(proto uint32, v view, at, left uint32) {
	if proto&0xff00 == 0x7e00 { // a frame's flag: bytes are escaped
		p.pppUnescape(v.from(at-1), left-at)
		return
	}
	rest, length := v.from(at), left-at
	switch proto {
	case pppLCP, pppIPCP, pppOSICP, pppMPLSCP, pppIPv6CP, pppCCP, pppBACP:
		p.pppControl(proto, v, at, length)
	case pppMultilink:
		p.pppFragment(rest, length)
	case pppCHAP:
		p.chap(rest, length)
	case pppPAP:
		p.pap(rest, length)
	case pppBAP:
	case etherIPv4, pppVJPlain, pppIP:
		p.ipv4(rest, length)
	case etherIPv6, pppIPv6:
		p.ipv6(rest, length)
	case pppMPLS, pppMPLSMulti:
		p.mpls(rest, length)
	case pppComp:
		p.s("compressed PPP data")
	default:
		p.name(pppProtocols, proto, "unknown PPP protocol (0x%04x)")
		p.c(' ')
		p.unknownData(rest, "\n\t", length)
	}
}

// pppFragment prints a multilink header (RFC 1990).
func (p *Printer) pppFragment(v view, length uint32) {
	if !p.Link {
		p.s("MLPPP, ")
	}
	if length < 2 || !v.has(0, 2) {
		p.s("[|mlppp]")
		return
	}
	head := v.u16(0)
	p.f("seq 0x%03x, Flags [", head&0xfff)
	p.bits(pppFragmentFlags, head>>8&0xc0, ", ", "none")
	p.f("], length %u", length)
}

var pppFragmentFlags = []bitName{{0x80, "begin"}, {0x40, "end"}}

// maxUnescaped is how many bytes a packet's escaped frames may have together, in
// bytes: frames may lie in frames.
const maxUnescaped = 1 << 20

// pppUnescape prints a frame with escaped bytes (RFC 1662, section 4).
func (p *Printer) pppUnescape(v view, length uint32) {
	if len(v) == 0 || length == 0 {
		return
	}
	if len(p.unescaped)+len(v) > maxUnescaped {
		p.trunc()
		return
	}
	start := len(p.unescaped)
	for i := 0; i < len(v); i++ {
		b := v[i]
		if b == 0x7d {
			if i++; i == len(v) {
				break
			}
			b = v[i] ^ 0x20
		}
		p.unescaped = append(p.unescaped, b)
	}
	frame := view(p.unescaped[start:])
	n := frame.len()
	// The protocol is not always where it should be.
	switch {
	case n < 1:
		p.trunc()
	case frame.u8(0) == pppIP:
		p.ipv4(frame.from(1), n-1)
	case frame.u8(0) == pppIPv6:
		p.ipv6(frame.from(1), n-1)
	case n < 2:
		p.trunc()
	case frame.u16(0) == pppFraming && n < 4:
		p.trunc()
	default:
		at := uint32(2)
		if frame.u16(0) == pppFraming {
			at = 4
		}
		if proto := frame.u16(at - 2); proto&0xff00 == 0x7e00 {
			p.f("(protocol 0x%04x invalid)", proto)
		} else {
			p.pppPayload(proto, frame, at, n)
		}
	}
}

// pppLink prints a packet of a PPP link (LINKTYPE_PPP).
func (p *Printer) pppLink(v view, length uint32) uint32 {
	p.proto = "ppp"
	const headerLen = 4
	if v.len() < headerLen {
		p.trunc()
		return v.len()
	}
	p.ppp(v, length)
	return headerLen
}

// pppSerial prints a packet of a PPP link that always has framing
// (LINKTYPE_PPP_HDLC).
func (p *Printer) pppSerial(v view, length uint32) uint32 {
	p.proto = "ppp_hdlc"
	if v.len() < 4 {
		p.trunc()
		return v.len()
	}
	if p.Link {
		p.f("%02x %02x %u ", v.u8(0), v.u8(1), length)
	}
	if v.u8(0) != 0xff {
		p.f("unknown addr %02x; ctrl %02x", v.u8(2), v.u8(3))
		return 2
	}
	proto := v.u16(2)
	p.name(pppProtocols, proto, "unknown PPP protocol (0x%04x)")
	p.s(": ")
	p.pppPayload(proto, v, 4, length)
	return 4
}
