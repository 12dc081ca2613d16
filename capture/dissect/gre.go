package dissect

// Flags of a GRE header (RFC 2784, RFC 2890, RFC 2637).
const (
	greChecksum = 0x8000
	greRouting  = 0x4000
	greKey      = 0x2000
	greSequence = 0x1000
	greAck      = 0x0080
	greVersion  = 0x0007
)

var greFlags = []bitName{
	{greChecksum, "checksum present"},
	{greRouting, "routing present"},
	{greKey, "key present"},
	{greSequence, "sequence# present"},
	{0x0800, "source routing present"},
	{greAck, "ack present"},
}

// Payloads that are no EtherTypes.
const (
	greEoIP = 0x6400 // Ethernet over IP of MikroTik
	greWCCP = 0x883e
)

// gre prints a GRE header and what it carries.
func (p *Printer) gre(v view, length uint32) {
	p.proto = "gre"
	p.s("GRE")
	if p.invalidIf("length", length, 2) {
		return
	}
	flags := v.u16(0)
	version := flags & greVersion
	p.f("v%u", version)
	if version > 1 {
		p.s(" ERROR: unknown-version")
		return
	}
	if p.Verbose > 0 {
		p.s(", Flags [")
		p.bits(greFlags, flags, ", ", "none")
		p.c(']')
	}
	g := greHeader{p: p, v: v.from(2), left: length - 2, length: length, flags: flags}
	if !g.take(2) {
		return
	}
	g.proto = g.head.u16(0)
	if version == 0 {
		g.print0()
	} else {
		g.print1()
	}
}

// greHeader is a header on its way through its optional fields.
type greHeader struct {
	p            *Printer
	v            view   // what follows the field
	head         view   // the field
	left, length uint32 // on the wire: what follows, and all
	flags, proto uint32
}

// take goes on to the next field of n bytes. It reports false, and has said so, if
// there is none.
func (g *greHeader) take(n uint32) bool {
	if g.p.invalidIf("len", g.left, n) {
		return false
	}
	g.head, g.v, g.left = g.v, g.v.from(n), g.left-n
	return true
}

// print0 prints the rest of a header of version 0 (RFC 2784), and what follows.
func (g *greHeader) print0() {
	p := g.p
	if g.flags&(greChecksum|greRouting) != 0 {
		if !g.take(2) {
			return
		}
		if sum := g.head.u16(0); p.Verbose > 0 {
			p.f(", sum 0x%x", sum)
		}
		if !g.take(2) {
			return
		}
		p.f(", off 0x%x", g.head.u16(0))
	}
	if g.flags&greKey != 0 {
		if !g.take(4) {
			return
		}
		p.f(", key=0x%x", g.head.u32(0))
	}
	if g.flags&greSequence != 0 {
		if !g.take(4) {
			return
		}
		p.f(", seq %u", g.head.u32(0))
	}
	if g.flags&greRouting != 0 && !g.routing() {
		return
	}
	g.end()
	p.tunnelled()
	v, left := g.v, g.left
	switch g.proto {
	case 0:
		p.s("keep-alive")
	case greWCCP:
		g.wccp()
	case etherIPv4:
		p.ipv4(v, left)
	case etherIPv6:
		p.ipv6(v, left)
	case etherMPLS, etherMPLSMul:
		p.mpls(v, left)
	case etherTEB:
		p.ethernet(v, left)
	default:
		p.f("gre-proto-0x%x", g.proto)
	}
}

// end closes the header's text.
func (g *greHeader) end() {
	if g.p.Link {
		g.p.s(", proto ")
		g.p.name(etherTypes, g.proto, "unknown")
		g.p.f(" (0x%04x)", g.proto)
	}
	g.p.f(", length %u", g.length)
}

// print1 prints the rest of a header of version 1 (RFC 2637), and what follows.
func (g *greHeader) print1() {
	p := g.p
	eoip := g.proto == greEoIP
	if eoip && g.flags&^greVersion != greKey {
		p.f(" unknown-eoip-flags-%04x!", g.flags)
		return
	}
	if g.flags&greKey != 0 {
		if !g.take(2) {
			return
		}
		g.head.need(0, 2)
		if !g.take(2) {
			return
		}
		if eoip {
			p.f(", tunnel-id %u", g.head.u16(0))
		} else {
			p.f(", call %u", g.head.u16(0))
		}
	} else {
		p.s(", (ERROR: K flag not set)")
	}
	if g.flags&greSequence != 0 {
		if !g.take(4) {
			return
		}
		p.f(", seq %u", g.head.u32(0))
	}
	if g.flags&greAck != 0 {
		if !g.take(4) {
			return
		}
		p.f(", ack %u", g.head.u32(0))
	}
	empty := !eoip && g.flags&greSequence == 0
	if empty {
		p.s(", no-payload")
	}
	g.end()
	if empty {
		return
	}
	p.tunnelled()
	switch {
	case g.proto == etherPPP:
		p.ppp(g.v, g.left)
	case eoip && g.left == 0:
		p.s("keepalive")
	case eoip:
		p.ethernet(g.v, g.left)
	default:
		p.f("gre-proto-0x%x", g.proto)
	}
}

// wccp prints IPv4, or a redirect header of the Web Cache Communication Protocol
// and IPv4.
func (g *greHeader) wccp() {
	p := g.p
	p.s("wccp ")
	if p.invalidIf("len", g.left, 1) {
		return
	}
	if g.v.u8(0)>>4 != 4 {
		if !g.take(4) {
			return
		}
		flags := g.head.u8(0)
		p.f("T:%u A:%u U:%u SId:%u Alt:%u Pri:%u: ", flags>>7, flags>>6&1, flags>>5&1,
			g.head.u8(1), g.head.u8(2), g.head.u8(3))
	}
	p.ipv4(g.v, g.left)
}

// Address families of source routes (RFC 1701).
const (
	greRouteIP = 0x0800
	greRouteAS = 0xfffe
)

// routing prints source routes (RFC 1701). It reports false if they are bad.
func (g *greHeader) routing() bool {
	p := g.p
	for {
		if !g.take(4) {
			return false
		}
		family, offset, n := g.head.u16(0), g.head.u8(2), g.head.u8(3)
		if family == 0 && n == 0 {
			return true
		}
		ok := true
		switch family {
		case greRouteIP:
			p.s(", (rtaf=ip")
			ok = g.route(4, offset, n)
			p.c(')')
		case greRouteAS:
			p.s(", (rtaf=asn")
			ok = g.route(2, offset, n)
			p.c(')')
		default:
			p.f(", (rtaf=0x%x)", family)
		}
		if !ok {
			p.invalid()
			return false
		}
		if !g.take(n) {
			return false
		}
	}
}

// route prints a source route of entries of a size, with a star at the one that is
// next. It reports false if it is bad.
func (g *greHeader) route(size, offset, n uint32) bool {
	p := g.p
	switch {
	case offset%size != 0:
		p.f(", badoffset=%u", offset)
		return false
	case n%size != 0:
		p.f(", badlength=%u", n)
		return false
	case offset >= n:
		p.f(", badoff/len=%u/%u", offset, n)
		return false
	}
	for at := uint32(0); at < n; at += size {
		if p.below("len", g.left-at, size) {
			return false
		}
		g.v.need(at, size)
		p.c(' ')
		if at == offset {
			p.c('*')
		}
		if size == 4 {
			p.ip4Number([4]byte(g.v[at:]))
		} else {
			p.f("%x", g.v.u16(at))
		}
	}
	return true
}
