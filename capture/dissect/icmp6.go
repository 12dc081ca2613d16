package dissect

// ICMPv6 message types (RFC 4443, RFC 4861, RFC 2710 and others).
const (
	icmp6Unreachable       = 1
	icmp6TooBig            = 2
	icmp6TimeExceeded      = 3
	icmp6ParamProblem      = 4
	icmp6Echo              = 128
	icmp6EchoReply         = 129
	icmp6ListenerQuery     = 130
	icmp6ListenerReport    = 131
	icmp6ListenerDone      = 132
	icmp6RouterSolicit     = 133
	icmp6RouterAdvert      = 134
	icmp6NeighborSolicit   = 135
	icmp6NeighborAdvert    = 136
	icmp6Redirect          = 137
	icmp6Renumbering       = 138
	icmp6NodeQuery         = 139
	icmp6NodeReply         = 140
	icmp6InverseSolicit    = 141
	icmp6InverseAdvert     = 142
	icmp6ListenerReport2   = 143
	icmp6HomeRequest       = 144
	icmp6HomeReply         = 145
	icmp6MobileSolicit     = 146
	icmp6MobileAdvert      = 147
	icmp6ExtendedRequest   = 160
	icmp6ExtendedReply     = 161
	icmp6HeaderLen         = 8
	icmp6ListenerMinLen    = 24
	icmp6ListenerV2MinLen  = 28
	icmp6UnreachableNoPort = 4
)

var icmp6Types = names{
	icmp6Unreachable:     "destination unreachable",
	icmp6TooBig:          "packet too big",
	icmp6TimeExceeded:    "time exceeded in-transit",
	icmp6ParamProblem:    "parameter problem",
	icmp6Echo:            "echo request",
	icmp6EchoReply:       "echo reply",
	icmp6ListenerQuery:   "multicast listener query",
	icmp6ListenerReport:  "multicast listener report",
	icmp6ListenerDone:    "multicast listener done",
	icmp6RouterSolicit:   "router solicitation",
	icmp6RouterAdvert:    "router advertisement",
	icmp6NeighborSolicit: "neighbor solicitation",
	icmp6NeighborAdvert:  "neighbor advertisement",
	icmp6Redirect:        "redirect",
	icmp6Renumbering:     "router renumbering",
	icmp6InverseSolicit:  "inverse neighbor solicitation",
	icmp6InverseAdvert:   "inverse neighbor advertisement",
	icmp6ListenerReport2: "multicast listener report v2",
	icmp6HomeRequest:     "ha discovery request",
	icmp6HomeReply:       "ha discovery reply",
	icmp6MobileSolicit:   "mobile router solicitation",
	icmp6MobileAdvert:    "mobile router advertisement",
	icmp6NodeQuery:       "node information query",
	icmp6NodeReply:       "node information reply",
	201:                  "mtrace message",
	200:                  "mtrace response",
	icmp6RPL:             "RPL",
	icmp6ExtendedRequest: "extended echo request",
	icmp6ExtendedReply:   "extended echo reply",
}

// icmp6Unreachables are the codes of a destination unreachable; tcpdump has a
// blank before one of them.
var icmp6Unreachables = names{
	0: "unreachable route", 1: " unreachable prohibited", 2: "beyond scope",
	3: "unreachable address", icmp6UnreachableNoPort: "unreachable port",
}

var icmp6Problems = names{0: "erroneous", 1: "next header", 2: "option", 3: "incomplete header chain"}

// icmp6 prints an ICMPv6 message (RFC 4443). length is that of the whole message.
func (p *Printer) icmp6(v view, length uint32, h *ipHeader, fragmented bool) {
	p.proto = "icmp6"
	if length == 0 {
		p.s("ICMP6, length 0")
		p.invalid()
		return
	}
	if p.Verbose > 0 && !fragmented && v.has(0, length) {
		field := v.u16(2)
		if sum := h.transportChecksum(v, length, protoICMPv6); sum != 0 {
			p.f("[bad icmp6 cksum 0x%04x -> 0x%04x!] ", field, rightChecksum(field, sum))
		} else {
			p.s("[icmp6 sum ok] ")
		}
	}
	typ := v.u8(0)
	p.s("ICMP6, ")
	p.name(icmp6Types, typ, "unknown icmp6 type (%u)")
	if p.Verbose > 0 {
		switch typ {
		case icmp6RouterSolicit, icmp6RouterAdvert, icmp6NeighborAdvert, icmp6NeighborSolicit, icmp6Redirect,
			icmp6HomeReply, icmp6MobileAdvert:
			p.f(", length %u", length)
		}
	}
	code := v.u8(1)
	switch p.icmp6Message(v, length, typ, code) {
	case textCut:
		p.trunc()
	case textWhole:
		if p.Verbose == 0 {
			p.f(", length %u", length)
		}
	}
}

// ending says how the text of a message ended.
type ending uint8

const (
	textWhole  ending = iota // and what usually follows it may follow
	textCut                  // the truncation mark follows
	textClosed               // nothing follows
)

func endingOf(whole bool) ending {
	if whole {
		return textWhole
	}
	return textCut
}

// icmp6Message prints what the message says.
func (p *Printer) icmp6Message(v view, length, typ, code uint32) ending {
	original := v.from(icmp6HeaderLen)
	switch typ {
	case icmp6Unreachable:
		return p.icmp6Unreachable(v, length, code)
	case icmp6TooBig:
		p.f(", mtu %u", v.u32(4))
	case icmp6TimeExceeded:
		switch code {
		case 0:
			original.need(24, 16)
			p.s(" for ")
			p.ip6(original, 24)
		case 1:
			p.s(" (reassembly)")
		default:
			p.f(", unknown code (%u)", code)
		}
	case icmp6ParamProblem:
		if !original.has(24, 16) {
			return textCut
		}
		if name, ok := icmp6Problems[code]; ok {
			p.s(", ")
			p.s(name)
			p.f(" - octet %u", v.u32(4))
		} else {
			p.f(", code-#%u", code)
		}
	case icmp6Echo, icmp6EchoReply:
		p.f(", id %u, seq %u", v.u16(4), v.u16(6))
	case icmp6ListenerQuery:
		switch {
		case length == icmp6ListenerMinLen:
			p.mld(v)
		case length >= icmp6ListenerV2MinLen:
			p.s(" v2")
			p.mld2Query(v, length)
		default:
			p.f(" unknown-version (len %u) ", length)
		}
	case icmp6ListenerReport, icmp6ListenerDone:
		p.mld(v)
	case icmp6ListenerReport2:
		p.mld2Report(v, length)
	case icmp6RouterSolicit:
		return endingOf(p.Verbose == 0 || p.ndOptions(v.from(8), length-8))
	case icmp6RouterAdvert:
		if p.Verbose > 0 {
			p.routerAdvertisement(v)
			return endingOf(p.ndOptions(v.from(16), length-16))
		}
	case icmp6NeighborSolicit:
		v.need(8, 16)
		p.s(", who has ")
		p.ip6(v, 8)
		return endingOf(p.Verbose == 0 || p.ndOptions(v.from(24), length-24))
	case icmp6NeighborAdvert:
		v.need(8, 16)
		p.s(", tgt is ")
		p.ip6(v, 8)
		if p.Verbose > 0 {
			p.s(", Flags [")
			p.bits(ndAdvertFlags, v.u32(4), ", ", "none")
			p.c(']')
			return endingOf(p.ndOptions(v.from(24), length-24))
		}
	case icmp6Redirect:
		v.need(24, 16)
		p.s(", ")
		p.ip6(v, 24)
		p.s(" to ")
		p.ip6(v, 8)
		return endingOf(p.Verbose == 0 || p.ndOptions(v.from(40), length-40))
	case icmp6Renumbering:
		p.routerRenumbering(v)
	case icmp6NodeQuery:
		p.nodeQuery(v)
	case icmp6NodeReply:
		p.nodeReply(v, length)
	case icmp6InverseSolicit, icmp6InverseAdvert:
	case icmp6MobileSolicit, icmp6HomeRequest:
		p.f(", id 0x%04x", v.u16(4))
	case icmp6HomeReply:
		if p.Verbose > 0 {
			p.f(", id 0x%04x", v.u16(4))
			for at := uint32(8); at < min(length, v.len()); at += 16 {
				v.need(at, 16)
				p.s(", ")
				p.ip6(v, at)
			}
		}
	case icmp6MobileAdvert:
		if p.Verbose > 0 {
			p.f(", id 0x%04x", v.u16(4))
			flags := v.u16(6)
			if flags&0xc000 != 0 {
				p.c(' ')
			}
			if flags&0x8000 != 0 {
				p.c('M')
			}
			if flags&0x4000 != 0 {
				p.c('O')
			}
			return endingOf(p.ndOptions(v.from(8), length-8))
		}
	case icmp6RPL:
		p.rpl(v.from(4), length-4, code)
	case icmp6ExtendedRequest, icmp6ExtendedReply:
		p.f(", id %u, seq %u", v.u16(4), v.u8(6))
		if p.Verbose > 0 {
			p.extendedEcho(v, code, typ == icmp6ExtendedRequest)
		}
	default:
		p.f(", length %u", length)
		if p.Verbose <= 1 {
			p.unknownData(v, "\n\t", length)
		}
		return textClosed
	}
	return textWhole
}

// unknownData prints at most n of the captured bytes in hexadecimal.
func (p *Printer) unknownData(v view, indent string, n uint32) {
	p.hexDump(indent, v, min(n, v.len()))
}

func (p *Printer) icmp6Unreachable(v view, length, code uint32) ending {
	original := v.from(icmp6HeaderLen)
	p.s(", ")
	p.name(icmp6Unreachables, code, "unknown unreach code (%u)")
	switch code {
	case 0, 1, 3:
		original.need(24, 16)
		p.c(' ')
		p.ip6(original, 24)
	case 2:
		original.need(8, 32)
		p.c(' ')
		p.ip6(original, 24)
		p.s(", source address ")
		p.ip6(original, 8)
	case icmp6UnreachableNoPort:
		at, proto, ok := upperLayer(original)
		if !ok {
			return textCut
		}
		port := original.u16(at + 2)
		original.need(24, 16)
		p.s(", ")
		p.ip6(original, 24)
		if proto == protoTCP {
			p.s(" tcp port ")
			p.tcpPort(port)
		} else {
			p.s(" udp port ")
			p.udpPort(port)
		}
	default:
		if p.Verbose <= 1 {
			p.unknownData(v, "\n\t", length)
			return textClosed
		}
	}
	return textWhole
}

// upperLayer finds the TCP or UDP header of an IPv6 packet.
func upperLayer(v view) (at, proto uint32, ok bool) {
	if !v.has(6, 1) {
		return 0, 0, false
	}
	proto, at = v.u8(6), 40
	for at <= v.len() {
		switch proto {
		case protoUDP, protoTCP:
			return at, proto, v.has(at+2, 2)
		case protoHopByHop, protoDstOpts, protoRouting:
			if !v.has(at+1, 1) {
				return 0, 0, false
			}
			proto, at = v.u8(at), at+(v.u8(at+1)+1)*8
		case protoFragment:
			if !v.has(at+2, 2) || v.u16(at+2)&0xfff8 != 0 {
				return 0, 0, false
			}
			proto, at = v.u8(at), at+8
		case protoAH:
			if !v.has(at+1, 1) {
				return 0, 0, false
			}
			proto, at = v.u8(at), at+(v.u8(at+1)+2)*4
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}
