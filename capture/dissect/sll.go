package dissect

// Lengths of Linux cooked headers, in bytes.
const (
	sllLen  = 16
	sll2Len = 20
)

// Values of the protocol field that are no EtherType.
const (
	sllNovell = 1
	sllLLC    = 4
)

var sllPacketTypes = names{0: "In", 1: "B", 2: "M", 3: "P", 4: "Out"}

// sllHeader is a cooked header of either version: where its fields are.
type sllHeader struct {
	view
	version               uint32
	length                uint32 // of the header
	protocol, addr, addrN uint32
}

// cooked prints a Linux cooked packet, version 1 (LINKTYPE_LINUX_SLL).
func (p *Printer) cooked(v view, length uint32) uint32 {
	p.proto = "sll"
	v.need(0, sllLen)
	h := sllHeader{view: v, version: 1, length: sllLen, protocol: v.u16(14), addr: 6, addrN: v.u16(4)}
	if p.Link {
		p.cookedHeader(&h, length)
	}
	return p.cookedPayload(&h, length)
}

// cooked2 prints a Linux cooked packet, version 2 (LINKTYPE_LINUX_SLL2). The name
// of its interface is known if InterfaceName knows its index.
func (p *Printer) cooked2(v view, length uint32) uint32 {
	p.proto = "sll2"
	v.need(0, sll2Len)
	h := sllHeader{view: v, version: 2, length: sll2Len, protocol: v.u16(0), addr: 12, addrN: v.u8(11)}
	name := ""
	if p.InterfaceName != nil {
		name = p.InterfaceName(v.u32(4))
	}
	if name == "" {
		name = "?"
	}
	p.padded(name, 5)
	p.c(' ')
	before := len(p.out)
	p.name(sllPacketTypes, v.u8(10), "?")
	for len(p.out) < before+3 {
		p.c(' ')
	}
	p.c(' ')
	if p.Link {
		p.cookedHeader(&h, length)
	}
	return p.cookedPayload(&h, length)
}

// padded prints a text, and blanks up to a width.
func (p *Printer) padded(text string, width int) {
	p.s(text)
	for n := len(text); n < width; n++ {
		p.c(' ')
	}
}

// cookedHeader prints the fields of the header.
func (p *Printer) cookedHeader(h *sllHeader, length uint32) {
	if h.version == 1 {
		p.proto = "sll"
		name, ok := sllPacketTypes[h.u16(0)]
		if !ok {
			name = "?"
		}
		for n := len(name); n < 3; n++ {
			p.c(' ')
		}
		p.s(name)
		p.c(' ')
	} else {
		p.proto = "sll2"
		p.f("ifindex %u ", h.u32(4))
	}
	if h.addrN == 6 {
		p.mac(h.view, h.addr)
		p.c(' ')
	}
	if p.Quiet != 0 {
		return
	}
	switch {
	case h.protocol == sllNovell:
		p.s("802.3")
	case h.protocol == sllLLC:
		p.s("802.2")
	case h.protocol <= maxEthernetLength:
		p.f("ethertype Unknown (0x%04x)", h.protocol)
	default:
		p.s("ethertype ")
		p.name(etherTypes, h.protocol, "Unknown")
		p.f(" (0x%04x)", h.protocol)
	}
	p.f(", length %u: ", length)
}

// cookedPayload prints what the header says follows, and returns the length of the
// headers.
func (p *Printer) cookedPayload(h *sllHeader, length uint32) uint32 {
	v, left, hlen, typ := h.from(h.length), length-h.length, h.length, h.protocol
	for typ == etherVLAN {
		if v.len() < 4 {
			p.proto = "vlan"
			p.trunc()
			return hlen + v.len()
		}
		if p.Link {
			p.vlanTag(v.u16(0))
			p.s(", ")
		}
		if typ = v.u16(2); typ <= maxEthernetLength {
			typ = sllLLC
		}
		if p.Quiet == 0 {
			p.s("ethertype ")
			p.name(etherTypes, typ, "Unknown")
			p.s(", ")
		}
		v, left, hlen = v.from(4), left-4, hlen+4
	}
	switch {
	case typ == sllLLC:
		n, ok := p.llc(v, left, nil)
		if ok {
			return hlen + n
		}
		p.unknown(v, v.len())
	case typ <= maxEthernetLength:
		p.unknown(v, v.len())
	case !p.etherPayload(typ, v, left):
		if !p.Link {
			p.cookedHeader(h, left+h.length)
		}
		p.unknown(v, v.len())
	}
	return hlen
}
