package pcapfilter

// IP protocol numbers (IANA protocol-numbers).
const (
	ipHopByHop    = 0
	ipICMP        = 1
	ipIGMP        = 2
	ipTCP         = 6
	ipIGRP        = 9
	ipUDP         = 17
	ipRouting     = 43
	ipFragment    = 44
	ipESP         = 50
	ipAH          = 51
	ipICMPv6      = 58
	ipNoNext      = 59
	ipDestination = 60
	ipPIM         = 103
	ipVRRP        = 112 // CARP has the same
	ipSCTP        = 132
)

// Places in network headers, in bytes.
const (
	ipv4Fragment     = 6
	ipv4Protocol     = 9
	ipv6Next         = 6
	ipv6HeaderLength = 40
)

var ipProtocols = map[proto]uint32{
	protoAH: ipAH, protoCARP: ipVRRP, protoESP: ipESP, protoICMP: ipICMP, protoICMPv6: ipICMPv6,
	protoIGMP: ipIGMP, protoIGRP: ipIGRP, protoPIM: ipPIM, protoSCTP: ipSCTP, protoTCP: ipTCP,
	protoUDP: ipUDP, protoVRRP: ipVRRP,
}

// linkProtocols are the protocols that the link-layer header tells apart.
var linkProtocols = map[proto]uint32{
	protoAARP: etherTypeAARP, protoARP: etherTypeARP, protoAppleTalk: etherTypeAppleTalk,
	protoDECnet: etherTypeDECnet, protoIP: etherTypeIPv4, protoIPv6: etherTypeIPv6,
	protoLAT: etherTypeLAT, protoMOPDL: etherTypeMOPDL, protoMOPRC: etherTypeMOPRC,
	protoRARP: etherTypeRARP, protoSCA: etherTypeSCA,
	protoIPX: sapIPX, protoISO: sapOSI, protoNetBEUI: sapNetBEUI, protoSTP: sapSTP,
}

// Network layer protocol identifiers (ISO/IEC TR 9577).
var osiProtocols = map[proto]uint32{protoCLNP: 0x81, protoESIS: 0x82, protoISIS: 0x83}

// isisTypes are the PDU types (ISO/IEC 10589 section 9) that a name stands for.
var isisTypes = map[proto][]uint32{
	protoISISLevel1: {26, 24, 18, 15, 17},
	protoISISLevel2: {27, 25, 20, 16, 17},
	protoISISHello:  {17, 15, 16},
	protoISISLSP:    {18, 20},
	protoISISSNP:    {27, 26, 24, 25},
	protoISISCSNP:   {24, 25},
	protoISISPSNP:   {26, 27},
}

const isisTypeMask = 0x1f

// protocol lowers a protocol's name that stands alone.
func (l *lowering) protocol(p proto) *cond {
	if n, ok := linkProtocols[p]; ok {
		return l.linkProtocol(n)
	}
	if n, ok := osiProtocols[p]; ok {
		return l.proto(protoISO, n)
	}
	if types, ok := isisTypes[p]; ok {
		anyOf := never
		for _, t := range types {
			anyOf = or(anyOf, l.proto(protoISIS, t))
		}
		return anyOf
	}
	switch p {
	case protoICMP, protoIGMP, protoIGRP, protoVRRP, protoCARP:
		return l.proto(protoIP, ipProtocols[p])
	case protoICMPv6:
		return l.proto(protoIPv6, ipProtocols[p])
	}
	if n, ok := ipProtocols[p]; ok {
		return l.proto(protoDefault, n)
	}
	return l.fail("'%s' cannot be used as an abbreviation", p)
}

// proto: the header that over names carries protocol n.
func (l *lowering) proto(over proto, n uint32) *cond {
	header := l.layout.networkHeader()
	switch over {
	case protoDefault:
		ip := l.proto(protoIP, n)
		return or(ip, l.proto(protoIPv6, n))
	case protoLink:
		return l.linkProtocol(n)
	case protoIP:
		if !l.atMost("protocol number", n, 0xff) {
			return never
		}
		return and(l.linkProtocol(etherTypeIPv4), l.equal(header.plus(ipv4Protocol), 1, n))
	case protoIPv6:
		if !l.atMost("protocol number", n, 0xff) {
			return never
		}
		next := header.plus(ipv6Next)
		return and(l.linkProtocol(etherTypeIPv6), or(l.equal(next, 1, n),
			and(l.equal(next, 1, ipFragment), l.equal(header.plus(ipv6HeaderLength), 1, n))))
	case protoISO:
		if !l.atMost("ISO protocol", n, 0xff) {
			return never
		}
		return and(l.linkProtocol(sapOSI), l.equal(l.osiHeader(), 1, n))
	case protoISIS:
		if !l.atMost("IS-IS PDU type", n, isisTypeMask) {
			return never
		}
		return and(l.proto(protoISO, osiProtocols[protoISIS]), l.masked(l.osiHeader().plus(4), 1, n, isisTypeMask))
	}
	return l.fail(messageQualifier, over, kindProto)
}

// osiHeader is where the network header is behind LLC without SNAP.
func (l *lowering) osiHeader() offset { return l.layout.payload.plus(l.layout.llcNetwork) }

// namedProto is the number of a protocol over the one given. An error is noted.
func (l *lowering) namedProto(q qualifiers, name string) uint32 {
	n, ok := uint32(0), false
	switch q.proto {
	case protoDefault, protoIP, protoIPv6:
		var n8 uint8
		n8, ok = l.names.Protocol(name)
		n = uint32(n8)
	case protoLink:
		n, ok = linkProtocolNames[name]
	case protoISO:
		n, ok = osiProtocolNames[name]
	}
	switch {
	case ok:
		return n
	case q.proto == protoDefault:
		l.fail("unknown '%s' value '%s'", q.kind, name)
	default:
		l.fail("unknown '%s %s' value '%s'", q.proto, q.kind, name)
	}
	return 0
}

var linkProtocolNames = map[string]uint32{
	"aarp": etherTypeAARP, "arp": etherTypeARP, "atalk": etherTypeAppleTalk, "decnet": etherTypeDECnet,
	"ip": etherTypeIPv4, "ip6": etherTypeIPv6, "lat": etherTypeLAT, "lldp": etherTypeLLDP,
	"loopback": etherTypeLoopback, "mopdl": etherTypeMOPDL, "moprc": etherTypeMOPRC,
	"rarp": etherTypeRARP, "sca": etherTypeSCA, "slow": etherTypeSlow,
	"iso": sapOSI, "stp": sapSTP, "ipx": sapIPX, "netbeui": sapNetBEUI,
}

var osiProtocolNames = map[string]uint32{"esis": 0x82, "isis": 0x83, "clnp": 0x81}

// protochain is the search for a protocol in a chain of IP headers. It is the one
// condition that takes a loop.
type protochain struct {
	ipv6   bool
	header uint32 // of IP, from the packet's start
	proto  uint32
}

func (l *lowering) protochain(over proto, n uint32) *cond {
	if l.err != nil {
		return never
	}
	switch over {
	case protoDefault:
		ip := l.protochain(protoIP, n)
		return or(ip, l.protochain(protoIPv6, n))
	case protoIP, protoIPv6:
	default:
		return l.fail(messageQualifier, over, kindProtochain)
	}
	if !l.atMost("protocol number", n, 0xff) {
		return never
	}
	header := l.layout.networkHeader()
	if header.base != nil {
		return l.fail("'protochain' not supported with variable length headers")
	}
	chain := &protochain{ipv6: over == protoIPv6, header: header.k, proto: n}
	etherType := uint32(etherTypeIPv4)
	if chain.ipv6 {
		etherType = etherTypeIPv6
	}
	return and(l.linkProtocol(etherType), &cond{kind: condChain, chain: chain})
}
