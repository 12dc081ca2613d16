package network

import (
	"thinnet/clock"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// forward sends on a packet for another host by the route e, nil if there is
// none (RFC 1812, section 5.2.1). It takes over p.
func (l *Layer) forward(now clock.Time, p *packet.Packet, ip wire.IPv4, e *route.Entry) {
	h := &l.header
	i := h.Interface
	switch {
	case !l.config.Forwarding || i.Loopback:
		l.drop(i, p, DropNotForUs)
		return
	case h.Broadcast:
		l.drop(i, p, DropForwardBroadcast)
		return
	case e == nil:
		l.refuse(now, p, wire.ICMPv4Unreachable, wire.ICMPv4NetUnreachable, 0, DropForwardNoRoute)
		return
	case e.Kind == route.Unreachable:
		l.refuse(now, p, wire.ICMPv4Unreachable, wire.ICMPv4HostUnreachable, 0, DropForwardNoRoute)
		return
	case e.Kind == route.Blackhole:
		l.drop(i, p, DropBlackhole)
		return
	case h.TTL <= 1:
		l.refuse(now, p, wire.ICMPv4TimeExceeded, wire.ICMPv4TTLExceeded, 0, DropTTL)
		return
	}
	way := l.to(h.Dst, e)
	if !divisible(p, ip) && !fits(p, way.MTU()) {
		l.refuse(now, p, wire.ICMPv4Unreachable, wire.ICMPv4FragmentationNeeded, uint32(way.MTU()), DropTooLong)
		return
	}
	header(p).DecrementTTL()
	if l.hook(now, Forward, i, way.Interface, p) != Accept {
		return
	}
	if l.hook(now, Postrouting, i, way.Interface, p) != Accept {
		return
	}
	l.counters[IPForwDatagrams]++
	p.Interface = int32(way.Interface.Index)
	_ = l.send(now, p, &way) // what cannot be sent is counted, and was refused above
}

// refuse drops p for a reason that its sender is told.
func (l *Layer) refuse(now clock.Time, p *packet.Packet, t wire.ICMPv4Type, code uint8, rest uint32, r DropReason) {
	l.sendError(now, p, t, code, rest, l.header.Broadcast)
	l.drop(l.header.Interface, p, r)
}
