package dissect

// IP protocol numbers that are told apart here.
const (
	protoHopByHop    = 0
	protoICMP        = 1
	protoIGMP        = 2
	protoIPv4        = 4
	protoTCP         = 6
	protoUDP         = 17
	protoDCCP        = 33
	protoIPv6        = 41
	protoRouting     = 43
	protoFragment    = 44
	protoGRE         = 47
	protoESP         = 50
	protoAH          = 51
	protoICMPv6      = 58
	protoNone        = 59
	protoDstOpts     = 60
	protoMobilityOld = 62
	protoND          = 77
	protoIPComp      = 108
	protoVRRP        = 112
	protoSCTP        = 132
	protoMobility    = 135
	protoEthernet    = 143
)

var ipProtocols = names{
	protoHopByHop:    "HBH",
	protoICMP:        "ICMP",
	protoIGMP:        "IGMP",
	protoIPv4:        "IPIP",
	protoTCP:         "TCP",
	8:                "EGP",
	9:                "IGRP",
	protoUDP:         "UDP",
	protoDCCP:        "DCCP",
	protoIPv6:        "IPv6",
	protoRouting:     "Routing",
	protoFragment:    "Fragment",
	46:               "RSVP",
	protoGRE:         "GRE",
	protoESP:         "ESP",
	protoAH:          "AH",
	55:               "Mobile IP",
	protoICMPv6:      "ICMPv6",
	protoNone:        "No Next Header",
	protoDstOpts:     "DSTOPT",
	protoMobilityOld: "Mobile IP (old)",
	88:               "EIGRP",
	89:               "OSPF",
	103:              "PIM",
	108:              "Compressed IP",
	protoVRRP:        "VRRP",
	113:              "PGM",
	protoSCTP:        "SCTP",
	protoMobility:    "Mobility",
	protoEthernet:    "Ethernet",
}

// unknownProtocol prints a protocol that is not printed further.
func (p *Printer) unknownProtocol(proto uint32) {
	if !p.Numeric && protocolNames[proto] != "" {
		p.c(' ')
		p.s(protocolNames[proto])
		return
	}
	p.f(" ip-proto-%u", proto)
}

// ipPayload prints what an IP header of either version says follows.
func (p *Printer) ipPayload(v view, length uint32, h *ipHeader, next uint32, fragmented bool, ttl uint32) {
	for next == protoAH {
		if !v.has(0, 1) {
			p.proto = "ah"
			p.trunc()
			return
		}
		n := p.authentication(v)
		next, v, length = v.u8(0), v.from(n), length-n
	}
	switch next {
	case protoTCP:
		p.tcp(v, length, h, fragmented)
	case protoUDP:
		p.udp(v, length, h, fragmented, ttl)
	case protoICMP:
		if p.requires(h, 4, next) {
			p.icmp(v, length, fragmented)
		}
	case protoICMPv6:
		if p.requires(h, 6, next) {
			p.icmp6(v, length, h, fragmented)
		}
	case protoESP:
		p.esp(v, length)
	case protoIPComp:
		p.ipComp(v)
	case protoSCTP:
		p.sctp(v, length, h)
	case protoVRRP:
		p.vrrp(v, length, h, ttl)
	case protoIGMP:
		if p.requires(h, 4, next) {
			p.igmp(v, length)
		}
	case protoGRE:
		p.gre(v, length)
	case protoEthernet:
		if p.requires(h, 6, next) {
			p.ethernet(v, length)
		}
	case protoND:
		p.f(" nd %u", length)
	case protoIPv4:
		p.ipv4(v, length)
	case protoIPv6:
		p.ipv6(v, length)
	case protoNone:
		p.s("no next header")
	default:
		p.unknownProtocol(next)
		p.f(" %u", length)
	}
}

// requires complains if a protocol cannot follow an IP header of this version.
func (p *Printer) requires(h *ipHeader, version, next uint32) bool {
	if h.version == version {
		return true
	}
	p.c('[')
	p.name(ipProtocols, next, "unknown")
	p.f(" requires IPv%u]", version)
	p.invalid()
	return false
}
