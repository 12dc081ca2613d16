package pcapfilter

import (
	"errors"
	"strings"
)

// Places in TCP, UDP and SCTP headers, in bytes.
const (
	portSrc = 0
	portDst = 2
)

// anyTransport stands for TCP, UDP and SCTP.
const anyTransport = 0

// portProto is the transport protocol that a port's qualifier names. An error is noted.
func (l *lowering) portProto(q qualifiers) (transport uint32, ok bool) {
	switch q.proto {
	case protoDefault:
		return anyTransport, true
	case protoTCP, protoUDP, protoSCTP:
		return ipProtocols[q.proto], true
	}
	l.fail(messageQualifier, q.proto, q.kind)
	return 0, false
}

// ports: a port of the packet is from low to high.
func (l *lowering) ports(q qualifiers, transport, low, high uint32) *cond {
	if q.dir > dirSrcAndDst {
		return l.fail(messageQualifier, q.dir, q.kind)
	}
	low, high = min(low, high), max(low, high)
	inRange := func(at offset) *cond {
		if low == high {
			return l.equal(at, 2, low)
		}
		v := l.load(at, 2)
		return and(l.compare(jumpGreaterEqual, v, low), not(l.compare(jumpGreater, v, high)))
	}
	match := func(header offset) *cond {
		return between(q.dir,
			func() *cond { return inRange(header.plus(portSrc)) },
			func() *cond { return inRange(header.plus(portDst)) })
	}
	header := l.layout.networkHeader()
	return or(
		and(l.linkProtocol(etherTypeIPv6), l.isTransport(header.plus(ipv6Next), transport),
			match(header.plus(ipv6HeaderLength))),
		and(l.linkProtocol(etherTypeIPv4), l.isTransport(header.plus(ipv4Protocol), transport),
			l.firstFragment(), match(l.ipv4Payload())))
}

func (l *lowering) isTransport(at offset, transport uint32) *cond {
	if transport == anyTransport {
		return or(l.equal(at, 1, ipTCP), l.equal(at, 1, ipUDP), l.equal(at, 1, ipSCTP))
	}
	return l.equal(at, 1, transport)
}

// firstFragment: the IPv4 packet is no fragment, or the first one.
func (l *lowering) firstFragment() *cond {
	return not(l.anyBit(l.layout.networkHeader().plus(ipv4Fragment), 2, 0x1fff))
}

// ipv4Payload is the place behind the IPv4 header, whose length varies.
func (l *lowering) ipv4Payload() offset {
	header, vs := l.layout.networkHeader(), l.values
	length := vs.alu(aluLsh, vs.alu(aluAnd, l.load(header, 1), vs.constant(0xf)), vs.constant(2))
	if header.base != nil {
		length = vs.alu(aluAdd, length, header.base)
	}
	return offset{length, header.k}
}

// portName is a port that was looked up, and the transport protocol it has the
// name in; anyTransport if in both TCP and UDP.
func (l *lowering) portName(name string) (port, transport uint32, ok bool) {
	tcp, isTCP := l.names.Service(name, "tcp")
	udp, isUDP := l.names.Service(name, "udp")
	switch {
	case isTCP && isUDP && tcp == udp:
		return uint32(tcp), anyTransport, true
	case isTCP:
		return uint32(tcp), ipTCP, true
	case isUDP:
		return uint32(udp), ipUDP, true
	}
	return 0, 0, false
}

func (l *lowering) namedPort(q qualifiers, name string) *cond {
	if _, ok := l.portProto(q); !ok {
		return never
	}
	port, transport, ok := l.portName(name)
	if !ok {
		return l.fail("unknown port '%s'", name)
	}
	if transport, ok = l.agree(q, transport, "port '%s' is %s", name); !ok {
		return never
	}
	return l.ports(q, transport, port, port)
}

// agree is the transport protocol where the qualifier names one and the port's
// name may have one of its own. An error is noted.
func (l *lowering) agree(q qualifiers, named uint32, message, name string) (transport uint32, ok bool) {
	asked, ok := l.portProto(q)
	if !ok || asked == anyTransport {
		return named, ok
	}
	if named == anyTransport || named == asked {
		return asked, true
	}
	l.fail(message, name, map[uint32]string{ipTCP: "tcp", ipUDP: "udp"}[named])
	return 0, false
}

func (l *lowering) namedPortrange(q qualifiers, text string) *cond {
	if _, ok := l.portProto(q); !ok {
		return never
	}
	first, second, ok := strings.Cut(text, "-")
	switch {
	case !ok:
		return l.fail("port range '%s' contains no hyphen", text)
	case strings.Contains(second, "-"):
		return l.fail("port range '%s' contains more than one hyphen", text)
	case first == "":
		return l.fail("port range '%s' has no starting port", text)
	}
	low, lowTransport := l.portNumber(first)
	if second == "" {
		return l.fail("port range '%s' has no ending port", text)
	}
	high, transport := l.portNumber(second)
	if transport != lowTransport {
		transport = anyTransport
	}
	if transport, ok = l.agree(q, transport, "port in range '%s' is %s", text); !ok || l.err != nil {
		return never
	}
	if !l.atMost("port number", low, 0xffff) || !l.atMost("port number", high, 0xffff) {
		return never
	}
	return l.ports(q, transport, low, high)
}

// portNumber reads a port, a number or a name. An error is noted.
func (l *lowering) portNumber(text string) (port, transport uint32) {
	n, err := parseNumber(text)
	switch {
	case err == nil:
		return n, anyTransport
	case !errors.Is(err, errNotNumber):
		l.fail("%w", err)
		return 0, 0
	}
	port, transport, ok := l.portName(text)
	if !ok {
		l.fail("'%s' is not a valid port", text)
	}
	return port, transport
}
