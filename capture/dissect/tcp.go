package dissect

// TCP control bits (RFC 9293, section 3.1).
const (
	tcpFIN = 1 << iota
	tcpSYN
	tcpRST
	tcpPSH
	tcpACK
	tcpURG
)

// tcpFlagLetters are the letters of the control bits, from the lowest on.
const tcpFlagLetters = "FSRP.UEWe"

// tcpFailures are the reasons in a reset's diagnostic payload
// (draft-boucadair-tcpm-rst-diagnostic-payload).
var tcpFailures = names{
	0:  "Reserved",
	1:  "Illegal option length",
	2:  "Desynchronized state",
	3:  "New data is received after CLOSE is called",
	4:  "ABORT process",
	5:  "Unexpected ACK received by non-synchronized state connection",
	6:  "Unexpected SYN in the window",
	7:  "Unexpected security compartment",
	8:  "Malformed message",
	9:  "Not authorized",
	10: "Resource exceeded",
	11: "Network failure",
	12: "Reset received from the peer",
	13: "Destination unreachable",
	14: "Connection timeout",
	15: "Too much outstanding data",
	16: "Unacceptable performance",
	17: "Middlebox interference",
}

// endpoints prints where a segment or datagram comes from and where it goes.
// Behind another header than that of IP the addresses have been printed.
func (p *Printer) endpoints(h *ipHeader, proto, sport, dport uint32, port func(*Printer, uint32)) {
	own := h.proto() == proto
	if own {
		p.src(h)
		p.c('.')
	}
	port(p, sport)
	p.s(" > ")
	if own {
		p.dst(h)
		p.c('.')
	}
	port(p, dport)
	p.s(": ")
}

// tcp prints a TCP segment (RFC 9293). length is that of header and data.
func (p *Printer) tcp(v view, length uint32, h *ipHeader, fragmented bool) {
	p.proto = "tcp"
	if !v.has(2, 2) {
		p.src(h)
		p.s(" > ")
		p.dst(h)
		p.c(':')
		panic(truncation{})
	}
	sport, dport := v.u16(0), v.u16(2)
	p.endpoints(h, protoTCP, sport, dport, (*Printer).tcpPort)
	hlen := v.u8(12) >> 4 * 4
	if hlen < 20 {
		p.f(" tcp %u [bad hdr length %u - too short, < 20]", length-hlen, hlen)
		p.invalid()
		return
	}
	seq, ack, win, urgent := v.u32(4), v.u32(8), v.u16(14), v.u16(18)
	if p.Quiet != 0 {
		p.f("tcp %u", length-hlen)
		if hlen > length {
			p.f(" [bad hdr length %u - too long, > %u]", hlen, length)
			p.invalid()
		}
		return
	}
	flags := v.u16(12) & 0xfff
	p.s("Flags [")
	p.tcpFlags(flags)
	p.c(']')

	var sackBase uint32
	var connection *flow
	if !p.AbsoluteSeq && flags&tcpACK != 0 {
		connection, seq, ack, sackBase = p.flows.relative(h, sport, dport, seq, ack, flags)
	}
	if hlen > length {
		p.f(" [bad hdr length %u - too long, > %u]", hlen, length)
		p.invalid()
		return
	}
	if p.Verbose > 0 && !p.NoChecksum && !fragmented && v.has(0, length) {
		field := v.u16(16)
		p.f(", cksum 0x%04x", field)
		if sum := h.transportChecksum(v, length, protoTCP); sum != 0 {
			p.f(" (incorrect -> 0x%04x)", rightChecksum(field, sum))
		} else {
			p.s(" (correct)")
		}
	}
	data := length - hlen
	if p.Verbose > 1 || data > 0 || flags&(tcpSYN|tcpFIN|tcpRST) != 0 {
		p.s(", seq ")
		p.u(seq)
		if data > 0 {
			p.c(':')
			p.u(seq + data)
		}
	}
	if flags&tcpACK != 0 {
		p.s(", ack ")
		p.u(ack)
	} else if p.Verbose > 1 && ack != 0 {
		p.f(", [ack %u != 0 while ACK flag not set]", ack)
	}
	p.s(", win ")
	p.u(win)
	if flags&tcpURG != 0 {
		p.f(", urg %u", urgent)
	} else if p.Verbose > 1 && urgent != 0 {
		p.f(", [urg %u != 0 while URG flag not set]", urgent)
	}
	if hlen > 20 {
		p.s(", options [")
		if !p.tcpOptions(v.from(20), hlen-20, flags, sackBase) {
			return
		}
		p.c(']')
	}
	p.s(", length ")
	p.u(data)
	if data == 0 {
		return
	}
	if !v.has(0, hlen) {
		p.f(" [remaining caplen(%u) < header length(%u)]", v.len(), hlen)
		panic(truncation{})
	}
	p.tcpPayload(v.from(hlen), data, sport, dport, flags, connection)
}

func (p *Printer) tcpFlags(flags uint32) {
	if flags&0x1ff == 0 {
		p.s("none")
		return
	}
	for i := range len(tcpFlagLetters) {
		if flags>>i&1 != 0 {
			p.c(tcpFlagLetters[i])
		}
	}
}

// tcpPayload prints what a segment carries, by its ports. f is its connection, nil
// if that is not known.
func (p *Printer) tcpPayload(v view, length, sport, dport, flags uint32, f *flow) {
	if flags&tcpRST != 0 {
		if p.Verbose > 0 {
			p.tcpResetReason(v, length)
		} else {
			v.need(0, length)
		}
		return
	}
	is := func(port uint32) bool { return sport == port || dport == port }
	switch {
	case p.Payload == PayloadDomain:
		p.dnsOverTCP(v, length)
	case p.Payload != PayloadByPort:
	case is(21):
		p.s(": ")
		p.textProtocol("ftp", v, length, nil, false)
	case is(22):
		p.ssh(v, length)
	case is(25):
		p.s(": ")
		p.textProtocol("smtp", v, length, nil, false)
	case is(43):
		p.s(": ")
		p.textProtocol("whois", v, length, nil, false)
	case is(53):
		p.dnsOverTCP(v, length)
	case is(80), is(8080):
		p.s(": ")
		if f != nil && f.webSocket {
			p.webSocket(v, length)
			break
		}
		p.http(v, length)
		if f != nil && isWebSocketStart(v.upTo(length)) {
			f.webSocket = true
		}
	case is(554):
		p.s(": ")
		p.textProtocol("rtsp", v, length, rtspMethods, true)
	case is(1883):
		p.s(": ")
		p.mqtt(v, length)
	case is(8554):
		p.s(": ")
		p.textProtocol("rtsp", v, length, rtspMethods, true)
	}
}

// tcpResetReason prints the data of a reset (RFC 9293, section 3.5.3, and
// draft-boucadair-tcpm-rst-diagnostic-payload).
func (p *Printer) tcpResetReason(v view, length uint32) {
	const longest = 30
	p.s(" [RST")
	if length > longest {
		p.c('+')
	}
	if length == 8 && v.u16(0) == 0x33aa {
		p.s(": ")
		code, pen := v.u16(2), v.u32(4)
		if p.Verbose > 1 && pen == 0 {
			p.name(tcpFailures, code, "code %u, pen 0")
		} else {
			p.f("code %u, pen %u", code, pen)
		}
	} else {
		p.c(' ')
		p.chars(v, min(length, longest))
	}
	p.c(']')
	v.need(0, length)
}
