package network

import (
	"thinnet/clock"
	"thinnet/link"
	"thinnet/network/reassembly"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// Input takes over a frame that came in by i.
func (l *Layer) Input(now clock.Time, i *Interface, p *packet.Packet) {
	n := p.Len()
	i.Counters.InPackets++
	i.Counters.InBytes += uint64(n)
	p.Interface = int32(i.Index)
	if !l.inputUsual(now, i, p, n) {
		l.inputOther(now, i, p)
	}
}

// inputOther is Input the long way.
func (l *Layer) inputOther(now clock.Time, i *Interface, p *packet.Packet) {
	if !i.Up {
		l.drop(i, p, DropInterfaceDown)
		return
	}
	if i.Headers == link.HeaderNone {
		p.NetworkOffset = 0
		l.inputIPv4(now, i, p, false)
		return
	}
	p.Pull(min(p.Len(), wire.EthernetLen))
	eth, err := wire.ParseEthernet(p.Head())
	if err != nil {
		l.drop(i, p, DropFrameTruncated)
		return
	}
	dst, typ := eth.Dst(), eth.Type()
	group := dst.IsGroup()
	if !group && dst != i.MAC && !i.Loopback {
		l.drop(i, p, DropOtherHost)
		return
	}
	p.TrimFront(wire.EthernetLen)
	p.NetworkOffset = 0
	switch {
	case typ == wire.EtherTypeIPv4:
		l.inputIPv4(now, i, p, group)
	case typ == wire.EtherTypeARP && i.resolves():
		l.inputARP(now, i, p, group)
	default:
		l.drop(i, p, DropEtherType)
	}
}

// inputIPv4 checks an IPv4 packet and routes it (RFC 1122, section 3.2.1, and
// RFC 1812, section 5.2). It takes over p. group: the frame was sent to many
// stations.
func (l *Layer) inputIPv4(now clock.Time, i *Interface, p *packet.Packet, group bool) {
	l.counters[IPInReceives]++
	ip, reason := checkHeader(p)
	if reason != sound {
		l.drop(i, p, reason)
		return
	}
	if len(ip) > wire.IPv4MinLen && !l.checkOptions(now, i, p, ip, group) {
		return
	}
	generation := l.routes.Generation()
	local := l.recent.find(ip, i, generation) != nil
	if !local {
		if reason := l.checkAddresses(i, ip); reason != sound {
			l.drop(i, p, reason)
			return
		}
	}
	if l.hooks[Prerouting] != nil {
		local = false
		if l.hook(now, Prerouting, i, nil, p) != Accept {
			return
		}
		ip = header(p)
	}
	h := &l.header
	l.headerOf = nil
	*h = Header{
		Src: ip.Src(), Dst: ip.Dst(), Protocol: ip.Protocol(), TTL: ip.TTL(), TOS: ip.TOS(),
		Interface: i, Broadcast: group,
	}
	if local {
		l.deliver(now, p, ip)
		return
	}
	if h.Dst == limitedBroadcast || h.Dst == allHosts {
		h.Broadcast = true
		l.deliver(now, p, ip)
		return
	}
	if h.Dst.IsMulticast() {
		l.drop(i, p, DropNotMember)
		return
	}
	e := l.routes.Lookup(h.Dst)
	switch {
	case e != nil && e.Kind == route.Local:
		if l.hooks[Prerouting] == nil {
			l.recent.learn(ip, i, generation)
		}
		l.deliver(now, p, ip)
	case e != nil && e.Kind == route.Broadcast:
		if e.Interface != i.Index {
			l.drop(i, p, DropForwardBroadcast) // a directed broadcast: RFC 2644
			return
		}
		h.Broadcast = true
		l.deliver(now, p, ip)
	default:
		l.forward(now, p, ip, e)
	}
}

// sound: there is no reason to drop.
const sound = NumDropReasons

// checkHeader checks the header that p starts with and cuts off what the link
// has padded. It returns the header, which lies in p's head.
func checkHeader(p *packet.Packet) (wire.IPv4, DropReason) {
	p.Pull(min(p.Len(), wire.IPv4MinLen))
	if b := p.Head(); len(b) >= wire.IPv4MinLen {
		p.Pull(min(p.Len(), int(b[0]&15)*4))
	}
	ip, err := wire.ParseIPv4(p.Head())
	switch err {
	case nil:
	case wire.ErrVersion:
		return nil, DropIPVersion
	case wire.ErrHeaderLen:
		return nil, DropIPHeaderLen
	case wire.ErrLength:
		return nil, DropIPTotalLen
	default:
		return nil, DropIPTruncated
	}
	if !ip.ChecksumOK() {
		return nil, DropIPChecksum
	}
	n := ip.TotalLen()
	if have := p.Len(); n > have {
		return nil, DropIPTruncated
	} else if n < have {
		p.Truncate(n)
	}
	return ip, sound
}

// header returns the IP header that p starts with, which was checked before.
func header(p *packet.Packet) wire.IPv4 {
	ip, err := wire.ParseIPv4(p.Head())
	if err != nil {
		panic("network: no IP header where one was checked, or a hook spoiled it: " + err.Error())
	}
	return ip
}

// checkOptions walks the options of ip. A source route is refused (RFC 7126,
// section 4.3); what else there is changes nothing. It reports whether p goes on,
// and drops it otherwise.
func (l *Layer) checkOptions(now clock.Time, i *Interface, p *packet.Packet, ip wire.IPv4, group bool) bool {
	for opts := ip.Options(); ; {
		typ, _, rest, err := wire.NextIPv4Option(opts)
		switch {
		case err != nil:
			pointer := uint32(len(ip) - len(opts))
			l.sendError(now, p, wire.ICMPv4ParamProblem, 0, pointer<<24, group)
			l.drop(i, p, DropIPOptions)
			return false
		case typ == wire.IPv4OptionEnd:
			return true
		case typ == wire.IPv4OptionLSRR || typ == wire.IPv4OptionSSRR:
			l.drop(i, p, DropIPSourceRoute)
			return false
		}
		opts = rest
	}
}

// checkAddresses refuses what no honest host sends over a wire: RFC 1122, section
// 3.2.1.3, RFC 1812, sections 5.3.7 and 5.3.8.
func (l *Layer) checkAddresses(i *Interface, ip wire.IPv4) DropReason {
	if i.Loopback {
		return sound // it comes from ourselves
	}
	src, dst := ip.Src(), ip.Dst()
	switch {
	case dst == limitedBroadcast || dst.IsMulticast():
		if src.IsUnspecified() {
			return sound // a host that asks for its address
		}
	case dst.IsLoopback() || reserved(dst):
		return DropMartianDestination
	}
	if reserved(src) || src.IsLoopback() || src.IsMulticast() {
		return DropMartianSource
	}
	switch l.kind(src) {
	case route.Local:
		return DropMartianOwnSource
	case route.Broadcast:
		return DropMartianSource
	}
	return sound
}

// deliver gives a packet for this host to its transport, once it is whole. It
// takes over p. l.header is filled in but for the IP header.
func (l *Layer) deliver(now clock.Time, p *packet.Packet, ip wire.IPv4) {
	h := &l.header
	if ip.IsFragment() {
		if !l.reassemble(now, p, ip) {
			return
		}
		ip = header(p)
		h.TOS = ip.TOS()
	}
	if l.hooks[LocalIn] != nil {
		if l.hook(now, LocalIn, h.Interface, nil, p) != Accept {
			return
		}
		ip = header(p)
		h.Src, h.Dst = ip.Src(), ip.Dst()
	}
	n := len(ip)
	pullTransport(p, n, h.Protocol)
	h.IP = l.ip[:copy(l.ip[:], p.Head()[:n])]
	t := l.transports[h.Protocol]
	if h.Protocol == wire.ProtocolICMP {
		t = (*icmpInput)(l)
	}
	if t == nil {
		l.sendError(now, p, wire.ICMPv4Unreachable, wire.ICMPv4ProtocolUnreachable, 0, h.Broadcast)
		l.drop(h.Interface, p, DropNoTransport)
		return
	}
	p.TrimFront(n)
	l.counters[IPInDelivers]++
	t.Receive(now, p, h)
}

// pullTransport makes the transport header behind the n bytes of IP header lie in
// the head: of TCP and UDP no more than that, so that data stay in their slab.
func pullTransport(p *packet.Packet, n int, proto wire.Protocol) {
	want := n + wire.TCPMaxLen
	switch proto {
	case wire.ProtocolUDP:
		want = n + wire.UDPLen
	case wire.ProtocolTCP:
		if b := p.Pull(n + wire.TCPMinLen); b != nil {
			want = n + int(b[n+12]>>4)*4
		}
	}
	p.Pull(min(p.Len(), want))
}

// reassemble adds a fragment to its datagram, and reports whether p is the whole
// now. It takes over p otherwise.
func (l *Layer) reassemble(now clock.Time, p *packet.Packet, ip wire.IPv4) bool {
	l.counters[IPReasmReqds]++
	i := l.header.Interface
	r := l.fragments.Add(now, p, ip)
	if r.Evicted {
		l.countDrop(nil, DropFragmentEvicted, 1)
	}
	if r.Reason != reassembly.None {
		l.countDrop(i, fragmentDrops[r.Reason], 1)
	}
	if r.Whole {
		l.counters[IPReasmOKs]++
	}
	return r.Whole
}

var fragmentDrops = [...]DropReason{
	reassembly.Malformed: DropFragmentMalformed,
	reassembly.TooLong:   DropFragmentTooLong,
	reassembly.Overlap:   DropFragmentOverlap,
	reassembly.Scattered: DropFragmentScattered,
	reassembly.Mixed:     DropFragmentECN,
}

// reassemblyTimeout tells the sender of a datagram that did not become whole, if
// its first fragment came (RFC 792).
func (l *Layer) reassemblyTimeout(now clock.Time, p *packet.Packet) {
	l.counters[IPReasmTimeout]++
	l.countDrop(nil, DropFragmentTimeout, 1)
	if p.Len() > 0 {
		l.sendError(now, p, wire.ICMPv4TimeExceeded, wire.ICMPv4ReassemblyExceeded, 0, false)
	}
}
