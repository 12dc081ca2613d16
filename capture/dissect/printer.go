package dissect

import (
	"time"

	"thinnet/capture"
)

// Printer appends tcpdump's text of packets. One goroutine at a time may use it.
// Its options may change between two packets, but for Location.
type Printer struct {
	Options
	out   []byte
	proto string // the protocol that a truncation mark names
	count uint32 // of packets so far
	draft int    // where a text starts that is printed whole or not at all; -1 if none does
	clock clockText
	flows flowTable

	unescaped []byte // of this packet's frames with escaped bytes
}

// New returns a printer.
func New(o Options) *Printer {
	p := &Printer{Options: o}
	p.clock.location = o.Location
	if p.clock.location == nil {
		p.clock.location = time.Local
	}
	return p
}

// Skip counts a packet that is not printed, so that the numbers of the following
// ones are right.
func (p *Printer) Skip() { p.count++ }

// AppendPacket appends the text of one packet to b, one or more lines with a
// line feed at the end, and returns the extended buffer.
func (p *Printer) AppendPacket(b []byte, pkt *capture.Packet) []byte {
	p.out = b
	p.count++
	if p.Number {
		p.f("%5u  ", p.count)
	}
	if p.Lengths {
		p.f("caplen %u len %u ", uint32(len(pkt.Data)), uint32(pkt.OrigLen))
	}
	if !p.badRecord(pkt) {
		p.time(pkt)
		linkLen := p.packet(pkt)
		p.dump(pkt.Data, linkLen)
	}
	b = append(p.out, '\n')
	p.out = nil
	return b
}

// badRecord says what is wrong with a record that cannot be printed.
func (p *Printer) badRecord(pkt *capture.Packet) bool {
	caplen, length := uint32(len(pkt.Data)), uint32(pkt.OrigLen)
	bad := false
	complain := func(format string, v ...uint32) {
		if bad {
			p.c(',')
		} else {
			p.s("[Invalid header:")
		}
		bad = true
		p.f(format, v...)
	}
	if caplen == 0 {
		complain(" caplen==0")
	}
	if length == 0 {
		complain(" len==0")
	} else if length < caplen {
		complain(" len(%u) < caplen(%u)", length, caplen)
	}
	if caplen > capture.MaxSnapLen {
		complain(" caplen(%u) > %u", caplen, capture.MaxSnapLen)
	}
	if length > capture.MaxSnapLen {
		complain(" len(%u) > %u", length, capture.MaxSnapLen)
	}
	if bad {
		p.c(']')
	}
	return bad
}

// packet prints what the packet holds, and returns the length of its link header
// as far as a dump leaves it out: 0 if the text was cut.
func (p *Printer) packet(pkt *capture.Packet) (linkLen uint32) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(truncation); !ok {
				panic(r)
			}
			if p.draft >= 0 {
				p.out = p.out[:p.draft]
			}
			p.trunc()
			linkLen = 0
		}
	}()
	p.proto, p.draft, p.unescaped = "", -1, p.unescaped[:0]
	v, length := view(pkt.Data), uint32(pkt.OrigLen)
	switch pkt.LinkType {
	case capture.LinkTypeEthernet:
		return p.ethernet(v, length)
	case capture.LinkTypeLinuxSLL:
		return p.cooked(v, length)
	case capture.LinkTypeLinuxSLL2:
		return p.cooked2(v, length)
	case capture.LinkTypeNull, capture.LinkTypeLoop:
		return p.loopback(v, length)
	case capture.LinkTypePPP, capture.LinkTypePPPPppd:
		return p.pppLink(v, length)
	case capture.LinkTypePPPSerial:
		return p.pppSerial(v, length)
	case capture.LinkTypePPPEthernet:
		return p.pppoe(v, length)
	case capture.LinkTypeRaw:
		p.raw(v, length)
	case capture.LinkTypeIPv4:
		p.proto = "ip"
		p.rawIPv4(v, length)
	case capture.LinkTypeIPv6:
		p.proto = "ip6"
		p.rawIPv6(v, length)
	default:
		p.proto = "unsupported"
		p.s("UNSUPPORTED")
		p.hexASCII("\n\t", v, length)
	}
	return 0
}
