package pcapfilter

import (
	"strings"

	"thinnet/capture"
)

const (
	vlanTagLength   = 4
	mplsEntryLength = 4 // RFC 3032 section 2.1
	pppoeLength     = 6 // RFC 2516 section 4
	genevePort      = 6081
	vxlanPort       = 4789
	udpLength       = 8
	vxlanLength     = 8 // RFC 7348 section 5
	geneveLength    = 8 // RFC 8926 section 3.1, without options
	etherTypeAt     = 12
	etherLength     = 14
)

// encapsulation lowers a primitive that matches a header with another packet in
// it. What follows in the text is about that packet.
func (l *lowering) encapsulation(n encapNode) *cond {
	switch n.encap {
	case encapVLAN:
		return l.vlan(n.number)
	case encapMPLS:
		return l.mpls(n.number)
	case encapPPPoED:
		return l.linkProtocol(etherTypePPPoED)
	case encapPPPoES:
		return l.pppoes(n.number)
	case encapGeneve:
		return l.geneve(n.number)
	}
	return l.vxlan(n.number)
}

func (l *lowering) vlan(tag *uint32) *cond {
	switch {
	case l.layout.labels > 0:
		return l.fail("no VLAN match after MPLS")
	case l.layout.linkType != capture.LinkTypeEthernet:
		return l.unsupported("vlan")
	}
	if tag != nil && !l.atMost("VLAN tag", *tag, 0xfff) {
		return never
	}
	is := func(at offset) *cond {
		if tag == nil {
			return always
		}
		return l.masked(at, 2, *tag, 0xfff)
	}
	inPacket := or(l.linkProtocol(etherTypeVLAN), l.linkProtocol(etherTypeQinQ), l.linkProtocol(etherTypeOldQinQ))
	isTag := is(l.layout.networkHeader())
	l.layout.tags++
	if l.opt.Source != SourceKernel || l.layout.tags > 1 || l.layout.link != (offset{}) {
		l.layout.payload.k += vlanTagLength
		l.layout.typ.k += vlanTagLength
		return and(inPacket, isTag)
	}
	// The kernel takes the outer tag out of the packet, most of the time.
	slot := l.newSlot()
	length := l.values.slot(slot)
	l.layout.payload.base, l.layout.typ.base = length, length
	takenOut := l.equal(ancillary(ancillaryTagPresent), 1, 1)
	return and(
		or(and(takenOut, assign(slot, l.values.constant(0))),
			and(assign(slot, l.values.constant(vlanTagLength)), inPacket)),
		or(and(takenOut, is(ancillary(ancillaryTag))), and(not(takenOut), isTag)))
}

func (l *lowering) mpls(label *uint32) *cond {
	var c *cond
	switch {
	case l.layout.labels > 0:
		c = not(l.lastLabel())
	case l.layout.linkType == capture.LinkTypeEthernet:
		c = l.linkProtocol(etherTypeMPLS)
	case l.layout.linkType == capture.LinkTypePPP:
		c = l.linkProtocol(pppMPLS)
	default:
		return l.unsupported("mpls")
	}
	if label != nil {
		if !l.atMost("MPLS label", *label, 0xfffff) {
			return never
		}
		c = and(c, l.masked(l.layout.networkHeader(), 4, *label<<12, 0xfffff000))
	}
	l.layout.network += mplsEntryLength
	l.layout.llcNetwork += mplsEntryLength
	l.layout.labels++
	return c
}

func (l *lowering) pppoes(session *uint32) *cond {
	c := l.linkProtocol(etherTypePPPoES)
	header := l.layout.networkHeader()
	if session != nil {
		if !l.atMost("PPPoE session number", *session, 0xffff) {
			return never
		}
		c = and(c, l.equal(header.plus(2), 2, *session))
	}
	ppp := header.plus(pppoeLength)
	l.layout.enter(capture.LinkTypePPP, ppp)
	l.layout.typ, l.layout.payload = ppp, ppp.plus(2)
	l.layout.network, l.layout.llcNetwork = 0, 0
	return c
}

// newSlot is a scratch cell that no other value is in.
func (l *lowering) newSlot() uint32 {
	if l.slots++; l.slots > memoryWords-2 {
		l.fail("too many registers needed to evaluate expression")
	}
	return l.slots - 1
}

func assign(slot uint32, v *value) *cond {
	return &cond{kind: condAssign, slot: slot, value: v}
}

// udpTunnel: a UDP packet to the port has the tunnel header that match tells by
// its place. at is that place from then on.
func (l *lowering) udpTunnel(port uint32, match func(header offset) *cond) (c *cond, at offset) {
	header, vs := l.layout.networkHeader(), l.values
	payload4, payload6 := l.ipv4Payload(), header.plus(ipv6HeaderLength)
	found := vs.constant(payload6.k - header.k)
	if payload6.base != nil {
		found = vs.alu(aluAdd, payload6.base, found)
	}
	slot := l.newSlot()
	v4 := and(l.linkProtocol(etherTypeIPv4), l.isTransport(header.plus(ipv4Protocol), ipUDP), l.firstFragment(),
		l.equal(payload4.plus(portDst), 2, port), match(payload4.plus(udpLength)), assign(slot, payload4.base))
	v6 := and(l.linkProtocol(etherTypeIPv6), l.isTransport(header.plus(ipv6Next), ipUDP),
		l.equal(payload6.plus(portDst), 2, port), match(payload6.plus(udpLength)), assign(slot, found))
	return or(v4, v6), offset{vs.slot(slot), header.k + udpLength}
}

// tunnelNumber: the network identifier of Geneve or VXLAN in the header is this one.
func (l *lowering) tunnelNumber(header offset, number *uint32) *cond {
	if number == nil {
		return always
	}
	return l.masked(header.plus(4), 4, *number<<8, 0xffffff00)
}

func (l *lowering) vxlan(vni *uint32) *cond {
	if vni != nil && !l.atMost("VXLAN VNI", *vni, 0xffffff) {
		return never
	}
	c, at := l.udpTunnel(vxlanPort, func(header offset) *cond {
		return and(l.equal(header, 1, 0x08), l.tunnelNumber(header, vni))
	})
	frame := at.plus(vxlanLength)
	l.layout.enter(capture.LinkTypeEthernet, frame)
	l.enterEthernet(frame)
	return c
}

// enterEthernet places the headers of an Ethernet frame.
func (l *lowering) enterEthernet(frame offset) {
	l.layout.typ, l.layout.payload = frame.plus(etherTypeAt), frame.plus(etherLength)
	l.layout.inTunnel, l.layout.network = true, 0
}

func (l *lowering) geneve(vni *uint32) *cond {
	if vni != nil && !l.atMost("Geneve VNI", *vni, 0xffffff) {
		return never
	}
	c, header := l.udpTunnel(genevePort, func(header offset) *cond {
		return and(l.masked(header, 1, 0, 0xc0), l.tunnelNumber(header, vni))
	})
	// Behind the options is what the header's protocol field says: an Ethernet
	// frame, or a packet of that protocol with no link-layer header.
	vs := l.values
	options := vs.alu(aluMul, vs.alu(aluAnd, l.load(header, 1), vs.constant(0x3f)), vs.constant(4))
	inner := vs.alu(aluAdd, options, vs.alu(aluAdd, header.base, vs.constant(header.k+geneveLength)))
	link, typ, payload := l.newSlot(), l.newSlot(), l.newSlot()
	isFrame := l.equal(header.plus(2), 2, etherTypeTEB)
	isFrame.pinned = true
	at := vs.slot(link)
	places := and(assign(link, inner), or(
		and(isFrame,
			assign(typ, vs.alu(aluAdd, at, vs.constant(etherTypeAt))),
			assign(payload, vs.alu(aluAdd, at, vs.constant(etherLength)))),
		and(assign(typ, vs.alu(aluAdd, header.base, vs.constant(header.k+2))), assign(payload, at))))
	l.layout.enter(capture.LinkTypeEthernet, offset{at, 0})
	l.layout.typ, l.layout.payload = offset{vs.slot(typ), 0}, offset{vs.slot(payload), 0}
	l.layout.inTunnel, l.layout.network = true, 0
	return and(c, places)
}

// llc lowers "llc" and its frame types (IEEE 802.2 section 5.4).
func (l *lowering) llc(frame string) *cond {
	if l.layout.linkType != capture.LinkTypeEthernet {
		return l.unsupported("llc")
	}
	// Novell's raw 802.3 has a length too, and no LLC header.
	isLLC := and(l.isLength(), not(l.equal(l.layout.payload, 2, 0xffff)))
	control := l.layout.payload.plus(2)
	frame = strings.ToLower(frame)
	switch frame {
	case "":
		return isLLC
	case "i":
		return and(isLLC, not(l.anyBit(control, 1, 1)))
	}
	f, ok := llcFrames[frame]
	if !ok {
		return l.fail("unknown LLC type name \"%s\"", frame)
	}
	return and(isLLC, l.masked(control, 1, f.bits, f.mask))
}
