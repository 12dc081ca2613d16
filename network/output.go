package network

import (
	"net/netip"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/segment"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// OutputHeader is what a transport says of the IP header of a packet that it
// sends.
type OutputHeader struct {
	Protocol     wire.Protocol
	TTL          uint8 // hops; 0: the layer's default, or 1 to a multicast group
	TOS          uint8 // DSCP and ECN
	DontFragment bool
	// ID is the identifier of the next packet, which Output counts on; nil: the one
	// of all who send from this address to that.
	ID *uint16
}

// Output sends p, whose head starts with the transport header, and takes it over
// in any case. With ChecksumPartial it sets ChecksumStart. What is longer than
// the MTU is split in fragments, unless it has Segmentation set: then its segments
// must fit.
//
// The error is that of [Layer.Route], or ErrTooLong: the packet is over 65535
// bytes, or over the MTU with DontFragment; or ErrDropped by a hook. A neighbour
// that does not answer is told of by Transport.Error.
func (l *Layer) Output(now clock.Time, p *packet.Packet, r *Route, h *OutputHeader) error {
	l.counters[IPOutRequests]++
	if l.outputUsual(now, p, r, h) {
		return nil
	}
	return l.outputOther(now, p, r, h)
}

// outputOther is Output the long way.
func (l *Layer) outputOther(now clock.Time, p *packet.Packet, r *Route, h *OutputHeader) error {
	if r.Interface.Out.IsLast(p) {
		q := l.borrow()
		r.Interface.Out.TakeLast(q)
		defer l.giveBack(q)
		p = q
	}
	if r.generation != l.routes.Generation() {
		if err := l.resolve(r); err != nil {
			l.drop(nil, p, DropNoRoute)
			return err
		}
	}
	n := p.Len() + wire.IPv4MinLen
	if n > 65535 {
		l.drop(r.Interface, p, DropTooLong)
		return ErrTooLong
	}
	id := h.ID
	if id == nil {
		id = r.id
	}
	f := wire.IPv4Fields{
		TOS: h.TOS, TotalLen: uint16(n), ID: *id, TTL: h.TTL, Protocol: h.Protocol, Src: r.Src, Dst: r.Dst,
	}
	*id += uint16(segmentsOf(p))
	if h.DontFragment {
		f.Flags = wire.IPv4DontFragment
	}
	if h.TTL == 0 {
		f.TTL = l.config.DefaultTTL
		if r.Dst.IsMulticast() {
			f.TTL = 1 // RFC 1112, section 6.1
		}
	}
	b := p.Prepend(wire.IPv4MinLen)
	if b == nil {
		l.drop(r.Interface, p, DropHeadroom)
		return ErrTooLong
	}
	wire.PutIPv4(b, &f)
	p.NetworkOffset = 0
	p.Interface = int32(r.Interface.Index)
	if p.Checksum == packet.ChecksumPartial {
		p.ChecksumStart = wire.IPv4MinLen
	}
	if l.hooks[LocalOut] != nil || l.hooks[Postrouting] != nil {
		return l.outputHooked(now, p, r)
	}
	err := l.send(now, p, r)
	if r.neighbor != nil {
		r.prepare()
	}
	return err
}

// segmentsOf returns how many packets p becomes on a wire.
func segmentsOf(p *packet.Packet) int {
	if p.Segmentation == packet.SegmentNone || p.SegmentSize == 0 {
		return 1
	}
	return 1 + p.Len()/int(p.SegmentSize)
}

// send transmits p, in pieces if it must. p starts with its IP header.
func (l *Layer) send(now clock.Time, p *packet.Packet, r *Route) error {
	switch {
	case !fits(p, r.MTU()):
		return l.fragment(now, p, r)
	case p.Segmentation != packet.SegmentNone && p.Len() > r.Interface.MaxSegmented:
		return l.split(now, p, r)
	}
	l.transmit(now, p, r)
	return nil
}

// fits reports whether what p, which starts with its IP header, becomes on the
// wire is mtu bytes long at most: of a super-segment, each of its segments.
func fits(p *packet.Packet, mtu int) bool {
	n, ok := segment.FrameLen(p)
	return ok && n <= mtu
}

// split sends the segments of a super-segment that the interface does not take
// whole. It takes over p, which starts with its IP header.
func (l *Layer) split(now clock.Time, p *packet.Packet, r *Route) error {
	if !segment.Split(p, &l.pieces) {
		l.drop(r.Interface, p, DropOffload)
		return ErrTooLong
	}
	for k := range l.pieces.Len() {
		l.transmit(now, l.pieces.At(k), r)
	}
	l.pieces.Clear()
	return nil
}

// transmit puts a link header in front of p and hands it to the interface, once
// the neighbour's address is known. p starts with its IP header and fits.
func (l *Layer) transmit(now clock.Time, p *packet.Packet, r *Route) {
	i := r.Interface
	switch {
	case !i.Up:
		l.drop(i, p, DropInterfaceDown)
	case !i.resolves():
		l.emit(i, p, wire.MAC{}, wire.EtherTypeIPv4)
	case r.Broadcast:
		l.emit(i, p, wire.Broadcast, wire.EtherTypeIPv4)
	case r.Dst.IsMulticast():
		l.emit(i, p, groupMAC(r.Dst), wire.EtherTypeIPv4)
	default:
		if r.neighbor == nil || r.neighbor.Gone() {
			r.neighbor = l.neighbors.Entry(now, i.Index, r.NextHop)
		}
		if r.neighbor == nil {
			l.drop(i, p, DropNeighborTable)
			return
		}
		if mac, ok := l.neighbors.Resolve(now, r.neighbor); ok {
			l.emit(i, p, mac, wire.EtherTypeIPv4)
			return
		}
		if n := l.neighbors.Wait(now, r.neighbor, p); n > 0 {
			l.countDrop(i, DropNeighborQueue, uint64(n))
		}
	}
}

// groupMAC maps an IPv4 multicast group to a link address (RFC 1112, section 6.4).
func groupMAC(a netip.Addr) wire.MAC {
	b := a.As4()
	return wire.MAC{0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]}
}

// emit puts a link header in front of p and hands it to the interface.
func (l *Layer) emit(i *Interface, p *packet.Packet, dst wire.MAC, t wire.EtherType) {
	if i.Headers == link.HeaderEthernet {
		b := p.Prepend(wire.EthernetLen)
		if b == nil {
			l.drop(i, p, DropHeadroom)
			return
		}
		wire.PutEthernet(b, dst, i.MAC, t)
	}
	i.Counters.OutPackets++
	i.Counters.OutBytes += uint64(p.Len())
	i.Out.Move(p)
	l.Queued = true
}

// outputHooked is the rest of Output when somebody looks on. The hooks get a copy,
// so that the packet of an Output nobody looks at may live on its caller's stack.
func (l *Layer) outputHooked(now clock.Time, p *packet.Packet, r *Route) error {
	q := l.borrow()
	*q = *p
	p.Reset() // what it held has moved
	defer l.giveBack(q)

	if v := l.hook(now, LocalOut, nil, r.Interface, q); v != Accept {
		return v.err()
	}
	way := *r
	if ip := header(q); ip.Dst() != r.Dst || ip.Src() != r.Src {
		var err error
		if way, err = l.Route(ip.Dst(), ip.Src()); err != nil {
			l.drop(nil, q, DropNoRoute)
			return err
		}
	}
	if v := l.hook(now, Postrouting, nil, way.Interface, q); v != Accept {
		return v.err()
	}
	err := l.send(now, q, &way)
	if way.NextHop == r.NextHop && way.Interface == r.Interface {
		r.neighbor = way.neighbor
	}
	return err
}

// borrow returns an empty packet that does not lie on a stack.
func (l *Layer) borrow() *packet.Packet {
	if n := len(l.spare); n > 0 {
		p := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return p
	}
	p := new(packet.Packet)
	p.Reset()
	return p
}

// giveBack takes a borrowed packet back, which has moved or was released.
//
//go:noinline
func (l *Layer) giveBack(p *packet.Packet) {
	p.Reset()
	l.spare = append(l.spare, p)
}

// to returns the way that the route e leads to dst for a packet that is sent on.
func (l *Layer) to(dst netip.Addr, e *route.Entry) Route {
	r := Route{Interface: l.Interface(e.Interface), NextHop: dst, Dst: dst, mtu: e.MTU}
	if e.Gateway.IsValid() {
		r.NextHop = e.Gateway
	}
	return r
}
