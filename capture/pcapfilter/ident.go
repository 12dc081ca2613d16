package pcapfilter

import (
	"fmt"
	"net/netip"
)

// identifier lowers an identifier with its qualifiers.
func (l *lowering) identifier(q qualifiers, id identifier) *cond {
	if !l.kindFits(q.kind, id.kind) {
		return never
	}
	switch id.kind {
	case identName:
		return l.name(q, id.text)
	case identNumber:
		return l.number(q, id.number)
	case identIPv4:
		return l.ipv4(q, id.text)
	case identIPv4Prefix, identIPv4Mask:
		return l.ipv4Network(q, id)
	case identIPv6:
		return l.ipv6(q, id.text, 128)
	case identIPv6Prefix:
		return l.ipv6(q, id.text, id.number)
	case identMAC48:
		return l.mac48(q, id.text)
	}
	return l.mac8(q)
}

// kindFits says whether the identifier looks like what the kind takes: no port,
// protocol or protochain is an address. Names and numbers fit anywhere.
func (l *lowering) kindFits(k kind, id identKind) bool {
	switch id {
	case identName, identNumber, identMAC48, identMAC8:
		return true
	}
	switch k {
	case kindPort, kindPortrange, kindProto, kindProtochain:
		l.fail("'%s' qualifier applied to %s", k, id.describe())
		return false
	}
	return true
}

func (l *lowering) name(q qualifiers, name string) *cond {
	if q.proto == protoDECnet {
		return l.fail(messageQualifier, q.proto, q.hostKind())
	}
	switch q.kind {
	case kindDefault, kindHost:
		if q.proto == protoLink {
			return l.namedMACHost(name, q.dir, "link host NAME")
		}
		return l.namedHost(q, q.proto, name, false)
	case kindNet:
		addr := l.names.Network(name)
		if addr == 0 {
			return l.fail("unknown network '%s'", name)
		}
		return l.hosts4(q, []prefix4{classless(addr)}, false, "net <IPv4 network name>")
	case kindPort:
		return l.namedPort(q, name)
	case kindPortrange:
		return l.namedPortrange(q, name)
	case kindGateway:
		return l.gateway(name, q.proto)
	case kindProto:
		return l.proto(q.proto, l.namedProto(q, name))
	case kindProtochain:
		return l.protochain(q.proto, l.namedProto(q, name))
	}
	return l.fail(messageSyntax)
}

// classless shifts a network number such as 10 to the left, where an address has it.
func classless(n uint32) prefix4 {
	mask := ^uint32(0)
	for n != 0 && n>>24 == 0 {
		n, mask = n<<8, mask<<8
	}
	return prefix4{n, mask}
}

func (l *lowering) number(q qualifiers, n uint32) *cond {
	if q.proto == protoDECnet {
		return l.decnet(q, fmt.Sprint(n))
	}
	switch q.kind {
	case kindDefault, kindHost:
		return l.address4(q, fmt.Sprint(n), prefix4{n, ^uint32(0)})
	case kindNet:
		return l.address4(q, fmt.Sprint(n), classless(n))
	case kindPort, kindPortrange:
		transport, ok := l.portProto(q)
		if !ok || !l.atMost("port number", n, 0xffff) {
			return never
		}
		return l.ports(q, transport, n, n)
	case kindProto:
		return l.proto(q.proto, n)
	case kindProtochain:
		return l.protochain(q.proto, n)
	case undefined:
		return l.fail(messageSyntax)
	}
	return l.fail(messageQualifier, q.kind, fmt.Sprint(n))
}

func (l *lowering) ipv4(q qualifiers, text string) *cond {
	if q.proto == protoDECnet {
		return l.decnet(q, text)
	}
	n, bits, ok := parseIPv4(text)
	if !ok {
		return l.fail("invalid IPv4 address '%s'", text)
	}
	switch q.kind {
	case kindDefault, kindHost, kindNet:
		return l.address4(q, text, prefix4{n << (32 - bits), ^uint32(0) << (32 - bits)})
	case undefined:
		return l.fail(messageSyntax)
	}
	return l.fail(messageQualifier, q.kind, text)
}

func (l *lowering) address4(q qualifiers, text string, net prefix4) *cond {
	if q.proto == protoLink {
		return l.fail("illegal link-layer address '%s'", text)
	}
	context := "host <IPv4 address>"
	if q.kind == kindNet {
		context = "net <IPv4 address>"
	}
	return l.hosts4(q, []prefix4{net}, false, context)
}

// ipv4Network lowers an address with a prefix length or a mask.
func (l *lowering) ipv4Network(q qualifiers, id identifier) *cond {
	if q.proto == protoDECnet {
		return l.fail(messageQualifier, q.proto, q.hostKind())
	}
	n, bits, ok := parseIPv4(id.text)
	if !ok {
		return l.fail("invalid IPv4 address '%s'", id.text)
	}
	n <<= 32 - bits
	var mask uint32
	var text string
	if id.kind == identIPv4Mask {
		if mask, bits, ok = parseIPv4(id.mask); !ok {
			return l.fail("invalid IPv4 address '%s'", id.mask)
		}
		mask <<= 32 - bits
		text = id.text + " mask " + id.mask
	} else {
		if !l.atMost("netmask length", id.number, 32) {
			return never
		}
		mask = uint32(uint64(0xffffffff) << (32 - id.number))
		text = fmt.Sprintf("%s/%d", id.text, id.number)
	}
	if n&^mask != 0 {
		return l.fail("non-network bits set in \"%s\"", text)
	}
	if q.kind != kindNet {
		return l.fail(messageQualifier, q.kind, text)
	}
	return l.hosts4(q, []prefix4{{n, mask}}, false, "net <IPv4 prefix>")
}

func (l *lowering) ipv6(q qualifiers, text string, bits uint32) *cond {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return l.fail("'%s' is not a valid IPv6 address", text)
	}
	if bits > 128 {
		return l.fail("mask length must be <= 128")
	}
	net := netip.PrefixFrom(addr, int(bits))
	if net.Masked() != net {
		return l.fail("non-network bits set in \"%s/%d\"", text, bits)
	}
	if bits != 128 {
		text = fmt.Sprintf("%s/%d", text, bits)
	}
	switch {
	case q.kind == kindNet, q.kind == kindDefault && bits == 128:
		return l.hosts6(q, []netip.Prefix{net}, false, "net <IPv6 prefix>")
	case q.kind == kindHost && bits == 128:
		return l.hosts6(q, []netip.Prefix{net}, false, "host <IPv6 address>")
	case q.kind == kindDefault:
		return l.fail(messageQualifier, kindHost, text)
	}
	return l.fail(messageQualifier, q.kind, text)
}

func (l *lowering) mac48(q qualifiers, text string) *cond {
	if q.proto != protoLink || q.kind != kindDefault && q.kind != kindHost {
		return l.fail("Ethernet address used in non-ether expression")
	}
	return l.macHost(parseMAC48(text), q.dir, "link host XX:XX:XX:XX:XX:XX")
}

// mac8 is an error on every link type that there is here: none has such addresses.
func (l *lowering) mac8(q qualifiers) *cond {
	switch {
	case !l.ordinary(q.dir):
		return never
	case q.kind != kindDefault && q.kind != kindHost:
		return l.fail(messageQualifier, q.kind, "$XX")
	case q.proto != protoLink:
		return l.fail("'link' is the only valid proto qualifier for 'host $XX'")
	}
	return l.unsupported("link host $XX")
}

func (l *lowering) decnet(q qualifiers, text string) *cond {
	if !l.ordinary(q.dir) {
		return never
	}
	if q.kind != kindDefault && q.kind != kindHost {
		return l.fail(messageQualifier, q.proto, q.kind)
	}
	addr, ok := parseDECnet(text)
	if !ok {
		return l.fail("invalid DECnet address '%s'", text)
	}
	return and(l.linkProtocol(etherTypeDECnet), l.decnetHost(addr, q.dir))
}
