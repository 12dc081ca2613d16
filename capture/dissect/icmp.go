package dissect

// ICMP message types (RFC 792, 950, 1256, 8335).
const (
	icmpEchoReply       = 0
	icmpUnreachable     = 3
	icmpSourceQuench    = 4
	icmpRedirect        = 5
	icmpEcho            = 8
	icmpRouterAdvert    = 9
	icmpTimeExceeded    = 11
	icmpParamProblem    = 12
	icmpTimestamp       = 13
	icmpTimestampReply  = 14
	icmpMaskReply       = 18
	icmpExtendedRequest = 42
	icmpExtendedReply   = 43
)

var icmpTypes = names{
	icmpSourceQuench: "source quench",
	10:               "router solicitation",
	15:               "information request",
	16:               "information reply",
	17:               "address mask request",
}

// icmpUnreachables are the texts of a destination unreachable, before and after
// the destination. Port unreachable and fragmentation needed say more.
var icmpUnreachables = [...]struct{ before, after string }{
	0:  {"net ", " unreachable"},
	1:  {"host ", " unreachable"},
	5:  {"", " unreachable - source route failed"},
	6:  {"net ", " unreachable - unknown"},
	7:  {"host ", " unreachable - unknown"},
	8:  {"", " unreachable - source host isolated"},
	9:  {"net ", " unreachable - admin prohibited"},
	10: {"host ", " unreachable - admin prohibited"},
	11: {"net ", " unreachable - tos prohibited"},
	12: {"host ", " unreachable - tos prohibited"},
	13: {"host ", " unreachable - admin prohibited filter"},
	14: {"host ", " unreachable - host precedence violation"},
	15: {"host ", " unreachable - precedence cutoff"},
}

// icmp prints an ICMP message (RFC 792). length is that of the whole message.
func (p *Printer) icmp(v view, length uint32, fragmented bool) {
	p.proto = "icmp"
	typ, code := v.u8(0), v.u8(1)
	p.draft = len(p.out)
	p.s("ICMP ")
	p.icmpMessage(v, typ, code)
	p.draft = -1
	p.s(", length ")
	p.u(length)
	if p.Verbose == 0 {
		return
	}
	if !fragmented && v.has(0, length) {
		if sum := checksum(v, length); sum != 0 {
			field := v.u16(2)
			p.f(" (wrong icmp cksum %x (->%x)!)", field, rightChecksum(field, sum))
		}
	}
	switch typ {
	case icmpUnreachable, icmpSourceQuench, icmpRedirect, icmpTimeExceeded, icmpParamProblem:
		p.s("\n\t")
		original := v.from(8)
		n := original.u16(2)
		original = original.upTo(n) // a length below that field's end hides it too
		original.need(2, 2)
		p.ipv4(original, n)
	}
	p.proto = "icmp"
	switch typ {
	case icmpUnreachable, icmpTimeExceeded, icmpParamProblem:
		p.icmpExtensions(v, length)
	case icmpExtendedRequest, icmpExtendedReply:
		p.extendedEcho(v, code, typ == icmpExtendedRequest)
	}
}

// icmpMessage prints what the message says in one line.
func (p *Printer) icmpMessage(v view, typ, code uint32) {
	switch typ {
	case icmpEcho, icmpEchoReply:
		p.s("echo ")
		p.requestOrReply(typ == icmpEcho)
		p.f(", id %u, seq %u", v.u16(4), v.u16(6))
	case icmpUnreachable:
		p.icmpUnreachable(v, code)
	case icmpRedirect:
		switch code {
		case 0, 1:
			p.s("redirect ")
		case 2, 3:
			p.s("redirect-tos ")
		default:
			p.f("redirect-#%u ", code)
		}
		p.ip4(v, 24)
		switch code {
		case 0, 2:
			p.s(" to net ")
		case 1, 3:
			p.s(" to host ")
		default:
			p.s(" to ")
		}
		p.ip4(v, 4)
	case icmpRouterAdvert:
		p.icmpRouterAdvertisement(v)
	case icmpTimeExceeded:
		v.need(24, 4)
		switch code {
		case 0:
			p.s("time exceeded in-transit")
		case 1:
			p.s("ip reassembly time exceeded")
		default:
			p.f("time exceeded-#%u", code)
		}
	case icmpParamProblem:
		if code != 0 {
			p.f("parameter problem - code %u", code)
			break
		}
		p.f("parameter problem - octet %u", v.u8(4))
	case icmpMaskReply:
		p.f("address mask is 0x%08x", v.u32(8))
	case icmpTimestamp:
		p.f("time stamp query id %u seq %u", v.u16(4), v.u16(6))
	case icmpTimestampReply:
		p.f("time stamp reply id %u seq %u: org ", v.u16(4), v.u16(6))
		p.millisecondsOfDay(v.u32(8))
		p.s(", recv ")
		p.millisecondsOfDay(v.u32(12))
		p.s(", xmit ")
		p.millisecondsOfDay(v.u32(16))
	case icmpExtendedRequest, icmpExtendedReply:
		p.s("extended echo ")
		p.requestOrReply(typ == icmpExtendedRequest)
		p.f(", id %u, seq %u", v.u16(4), v.u8(6))
	default:
		p.name(icmpTypes, typ, "type-#%u")
	}
}

func (p *Printer) requestOrReply(request bool) {
	if request {
		p.s("request")
	} else {
		p.s("reply")
	}
}

func (p *Printer) icmpUnreachable(v view, code uint32) {
	switch {
	case code == 2:
		p.ip4(v, 24)
		p.f(" protocol %u unreachable", v.u8(17))
	case code == 3:
		original := v.from(8)
		hlen := original.u8(0) & 15 * 4
		port, proto := original.u16(hlen+2), original.u8(9)
		p.ip4(v, 24)
		switch proto {
		case protoTCP:
			p.s(" tcp port ")
			p.tcpPort(port)
		case protoUDP:
			p.s(" udp port ")
			p.udpPort(port)
		default:
			p.f(" protocol %u port %u", proto, port)
		}
		p.s(" unreachable")
	case code == 4:
		p.ip4(v, 24)
		p.s(" unreachable - need to frag")
		if mtu := v.u16(6); mtu != 0 {
			p.f(" (mtu %u)", mtu)
		}
	case code < uint32(len(icmpUnreachables)):
		p.s(icmpUnreachables[code].before)
		p.ip4(v, 24)
		p.s(icmpUnreachables[code].after)
	default:
		p.ip4(v, 24)
		p.f(" unreachable - #%u", code)
	}
}

// icmpRouterAdvertisement prints the routers (RFC 1256).
func (p *Printer) icmpRouterAdvertisement(v view) {
	p.s("router advertisement lifetime ")
	switch life := v.u16(6); {
	case life < 60:
		p.u(life)
	case life < 60*60:
		p.f("%u:%02u", life/60, life%60)
	default:
		p.f("%u:%02u:%02u", life/3600, life%3600/60, life%60)
	}
	count, size := v.u8(4), v.u8(5)
	p.f(" %u:", count)
	if size != 2 {
		p.f(" [size %u]", size)
		return
	}
	for i := range count {
		p.s(" {")
		p.ip4(v, 8+8*i)
		p.f(" %u}", v.u32(12+8*i))
	}
}

// millisecondsOfDay prints a time of day.
func (p *Printer) millisecondsOfDay(ms uint32) {
	s := ms / 1000
	p.f("%02u:%02u:%02u.%03u", s/3600, s/60%60, s%60, ms%1000)
}
