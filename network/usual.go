package network

import (
	"encoding/binary"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/packet"
	"thinnet/wire"
)

// Nearly every packet of a busy host is like the one before: from the same address to
// the same, by the same interface, whole, with no hook to look at it. Such packets have a
// short way in and a short way out, on which nothing is looked up. What is not so takes
// the long way, and leaves behind what the short one knows.

// usualHeaders is how long the headers in front of a transport's usually are, in bytes.
const usualHeaders = wire.EthernetLen + wire.IPv4MinLen

// inputUsual is Input for a whole datagram of TCP or UDP to this host, in an Ethernet
// frame of n bytes and behind a header without options, between addresses that were judged
// before. It reports false, and has done nothing, if p is anything else, or not sound: why,
// is for the long way to find out.
func (l *Layer) inputUsual(now clock.Time, i *Interface, p *packet.Packet, n int) bool {
	head := p.Head()
	if len(head) < usualHeaders+wire.UDPLen || i.Headers != link.HeaderEthernet || !i.Up {
		return false
	}
	eth, ip := (*[wire.EthernetLen]byte)(head), wire.IPv4(head[wire.EthernetLen:usualHeaders])
	if wire.MAC(eth[:6]) != i.MAC || wire.EtherType(binary.BigEndian.Uint16(eth[12:])) != wire.EtherTypeIPv4 ||
		ip[0] != 0x45 || ip.IsFragment() || wire.EthernetLen+ip.TotalLen() != n || !ip.ChecksumOK() {
		return false
	}
	switch ip.Protocol() {
	case wire.ProtocolUDP:
	case wire.ProtocolTCP:
		if len(head) < usualHeaders+wire.TCPMinLen || len(head) < usualHeaders+int(head[usualHeaders+12]>>4)*4 {
			return false
		}
	default:
		return false
	}
	pair, t := l.recent.find(ip, i, l.routes.Generation()), l.transports[ip.Protocol()]
	if pair == nil || t == nil || l.hooks[Prerouting] != nil || l.hooks[LocalIn] != nil {
		return false
	}
	l.counters[IPInReceives]++
	l.counters[IPInDelivers]++
	h := &l.header
	if l.headerOf != pair {
		l.headerOf = pair
		h.Src, h.Dst, h.Interface, h.Broadcast = pair.src, pair.dst, i, false
		h.IP = l.ip[:wire.IPv4MinLen]
	}
	h.Protocol, h.TTL, h.TOS = ip.Protocol(), ip.TTL(), ip.TOS()
	*(*[wire.IPv4MinLen]byte)(l.ip[:]) = [wire.IPv4MinLen]byte(ip)
	p.TrimFront(usualHeaders)
	p.NetworkOffset = 0
	t.Receive(now, p, h)
	return true
}

// usualRoute is the headers of what goes by a route, but for what differs from packet to
// packet.
type usualRoute struct {
	headers [usualHeaders]byte
	sum     uint32 // of the IP header, as it stands there
	known   bool
}

// prepare makes the headers of a route by which packets go to a neighbour.
func (r *Route) prepare() {
	u := &r.usual
	if u.known {
		return
	}
	u.known = true
	wire.PutEthernet(u.headers[:], wire.MAC{}, r.Interface.MAC, wire.EtherTypeIPv4)
	ip := u.headers[wire.EthernetLen:]
	wire.PutIPv4(ip, &wire.IPv4Fields{Src: r.Src, Dst: r.Dst})
	ip[10], ip[11] = 0, 0 // the checksum
	u.sum = uint32(wire.Sum(ip, 0))
}

// outputUsual is Output for what fits and whose way is known. It reports false, and has
// done nothing, if p must go the long way.
func (l *Layer) outputUsual(now clock.Time, p *packet.Packet, r *Route, h *OutputHeader) bool {
	u, i := &r.usual, r.Interface
	if !u.known || r.generation != l.routes.Generation() || !i.Up || l.hooks[LocalOut] != nil || l.hooks[Postrouting] != nil ||
		h.TTL != 0 {
		return false
	}
	n := p.Len() + wire.IPv4MinLen
	longest, segments := n, 1
	if p.Segmentation != packet.SegmentNone {
		longest = wire.IPv4MinLen + len(p.Head()) + int(p.SegmentSize) // its payload lies in fragments
		segments = segmentsOf(p)
		if n > i.MaxSegmented {
			return false
		}
	}
	if longest > r.MTU() || n > 65535 {
		return false
	}
	mac, ok := l.neighbors.Resolve(now, r.neighbor)
	if !ok {
		return false // it must be asked for, or has left the table
	}
	room := p.Prepend(usualHeaders)
	if room == nil {
		return false
	}
	id := h.ID
	if id == nil {
		id = r.id
	}
	b := (*[usualHeaders]byte)(room)
	*b = u.headers
	*(*wire.MAC)(b[:]) = mac
	ip := (*[wire.IPv4MinLen]byte)(b[wire.EthernetLen:])
	flags := uint16(0)
	if h.DontFragment {
		flags = uint16(wire.IPv4DontFragment) << 13
	}
	ttl := l.config.DefaultTTL
	ip[1], ip[8], ip[9] = h.TOS, ttl, byte(h.Protocol)
	binary.BigEndian.PutUint16(ip[2:], uint16(n))
	binary.BigEndian.PutUint16(ip[4:], *id)
	binary.BigEndian.PutUint16(ip[6:], flags)
	binary.BigEndian.PutUint16(ip[10:], ^wire.Fold(uint64(u.sum)+uint64(h.TOS)+uint64(n)+uint64(*id)+uint64(flags)+
		uint64(ttl)<<8+uint64(h.Protocol)))
	*id += uint16(segments)
	p.NetworkOffset = wire.EthernetLen
	p.Interface = int32(i.Index)
	if p.Checksum == packet.ChecksumPartial {
		p.ChecksumStart = wire.IPv4MinLen
	}
	i.Counters.OutPackets++
	i.Counters.OutBytes += uint64(n + wire.EthernetLen)
	if !i.Out.IsLast(p) {
		i.Out.Move(p)
	}
	l.Queued = true
	return true
}
