package pcapfilter

import (
	"fmt"
	"net/netip"

	"thinnet/capture"
	"thinnet/wire"
)

// lowering turns primitives into conditions, in the order of the text. After an
// error all that it returns means nothing.
type lowering struct {
	values *values
	layout layout
	opt    Options
	names  Names
	slots  uint32
	err    error
}

func newLowering(opt Options) *lowering {
	l := &lowering{values: newValues(opt.Optimize), opt: opt, names: opt.Names}
	if l.names == nil {
		l.names = BuiltinNames{}
	}
	l.layout, l.err = newLayout(opt.LinkType)
	return l
}

func (l *lowering) fail(format string, args ...any) *cond {
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
	return never
}

// Messages that are used more than once.
const (
	messageQualifier   = "'%s' is not a valid qualifier for '%s'"
	messageUnsupported = "'%s' not supported on %s"
	messageSyntax      = "syntax error in filter expression"
)

func (l *lowering) unsupported(keyword string) *cond {
	return l.fail(messageUnsupported, keyword, l.layout.name())
}

// atMost says whether a number is in range, which it must be.
func (l *lowering) atMost(what string, n, limit uint32) bool {
	if n > limit {
		l.fail("%s %d greater than maximum %d", what, n, limit)
	}
	return n <= limit
}

func (l *lowering) lower(n node) *cond {
	if l.err != nil {
		return never
	}
	switch n := n.(type) {
	case andNode:
		left := l.lower(n.left)
		return and(left, l.lower(n.right))
	case orNode:
		left := l.lower(n.left)
		return or(left, l.lower(n.right))
	case notNode:
		return not(l.lower(n.operand))
	case protoNode:
		return l.protocol(n.proto)
	case identNode:
		return l.identifier(n.q, n.id)
	case relationNode:
		return l.relation(n)
	case lengthNode:
		if n.greater {
			return l.compare(jumpGreaterEqual, l.values.length(), n.n)
		}
		return not(l.compare(jumpGreater, l.values.length(), n.n))
	case byteNode:
		return l.byteTest(n)
	case broadcastNode:
		return l.broadcast(n.proto)
	case multicastNode:
		return l.multicast(n.proto)
	case directionNode:
		return l.direction(n.outbound)
	case ifindexNode:
		return l.ifindex(n.index)
	case encapNode:
		return l.encapsulation(n)
	case llcNode:
		return l.llc(n.frame)
	case foreignNode:
		return l.fail("%w", n.err)
	case unsupportedNode:
		return l.unsupported(n.keyword)
	}
	panic(fmt.Sprintf("pcapfilter: no meaning for %T", n))
}

// load is a number in the packet, of size bytes.
func (l *lowering) load(at offset, size uint8) *value {
	return l.values.load(size, at.base, at.k)
}

func (l *lowering) compare(j jump, v *value, k uint32) *cond {
	return &cond{kind: condTest, test: test{j, v, l.values.constant(k)}}
}

// equal: the number at the place is k.
func (l *lowering) equal(at offset, size uint8, k uint32) *cond {
	return l.compare(jumpEqual, l.load(at, size), k)
}

// masked: the number at the place has the bits k where the mask has bits.
func (l *lowering) masked(at offset, size uint8, k, mask uint32) *cond {
	switch mask {
	case 0:
		return constantCond(k == 0)
	case ^uint32(0):
		return l.equal(at, size, k)
	}
	v := l.values.alu(aluAnd, l.load(at, size), l.values.constant(mask))
	return l.compare(jumpEqual, v, k)
}

// anyBit: the number at the place has one of the bits.
func (l *lowering) anyBit(at offset, size uint8, bits uint32) *cond {
	return l.compare(jumpSet, l.load(at, size), bits)
}

// bytes: the bytes at the place are these. The last are compared first: of
// addresses and of SNAP headers they tell most.
func (l *lowering) bytes(at offset, want []byte) *cond {
	all := always
	for len(want) > 0 {
		size := 4
		for size > len(want) {
			size /= 2
		}
		first := len(want) - size
		var k uint32
		for _, b := range want[first:] {
			k = k<<8 | uint32(b)
		}
		all = and(all, l.equal(at.plus(uint32(first)), uint8(size), k))
		want = want[:first]
	}
	return all
}

// between applies a direction to a condition on the source and one on the destination.
func between(dir direction, src, dst func() *cond) *cond {
	switch dir {
	case dirSrc:
		return src()
	case dirDst:
		return dst()
	case dirSrcAndDst:
		return and(src(), dst())
	}
	return or(src(), dst())
}

// ordinary says whether a direction is not one for 802.11 only, which it must be.
func (l *lowering) ordinary(dir direction) bool {
	if dir > dirSrcAndDst {
		l.fail("'%s' is valid for 802.11 syntax only", dir)
	}
	return dir <= dirSrcAndDst
}

func (l *lowering) byteTest(n byteNode) *cond {
	if !l.atMost("byte argument", n.value, 0xff) {
		return never
	}
	v, k := l.load(l.layout.link.plus(n.index), 1), l.values.constant(n.value)
	switch n.operator {
	case "<":
		return not(l.compare(jumpGreaterEqual, v, n.value))
	case ">":
		return l.compare(jumpGreater, v, n.value)
	case "&":
		return not(l.compare(jumpEqual, l.values.alu(aluAnd, v, k), 0))
	case "|":
		return not(l.compare(jumpEqual, l.values.alu(aluOr, v, k), 0))
	}
	return l.compare(jumpEqual, v, n.value)
}

func (l *lowering) broadcast(p proto) *cond {
	switch p {
	case protoDefault, protoLink:
		return l.macHost(wire.Broadcast, dirDst, "broadcast")
	case protoIP:
		mask, ok := l.netmask()
		if !ok {
			return l.fail("netmask not known, so 'ip broadcast' not supported")
		}
		ip := l.linkProtocol(etherTypeIPv4)
		dst := l.layout.networkHeader().plus(ipv4Dst)
		return and(ip, or(l.masked(dst, 4, 0, ^mask), l.masked(dst, 4, ^mask, ^mask)))
	}
	return l.fail(messageQualifier, p, "broadcast")
}

// netmask is the mask that the options give.
func (l *lowering) netmask() (mask uint32, ok bool) {
	if !l.opt.Netmask.Is4() {
		return 0, false
	}
	mask = ipv4Number(l.opt.Netmask)
	return mask, mask != 0xffffffff
}

func ipv4Number(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func (l *lowering) multicast(p proto) *cond {
	switch p {
	case protoDefault, protoLink:
		if l.layout.linkType != capture.LinkTypeEthernet {
			return l.unsupported("multicast")
		}
		return and(l.hasLinkHeader(), l.anyBit(l.layout.link, 1, 1))
	case protoIP:
		return and(l.linkProtocol(etherTypeIPv4), l.masked(l.layout.networkHeader().plus(ipv4Dst), 1, 0xe0, 0xf0))
	case protoIPv6:
		return and(l.linkProtocol(etherTypeIPv6), l.equal(l.layout.networkHeader().plus(ipv6Dst), 1, 0xff))
	}
	return l.fail(messageQualifier, p, "multicast")
}
