package network

import (
	"encoding/binary"

	"thinnet/link"
	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

// recent are pairs of addresses between which packets for this host have come a moment
// ago: what was found out about them need not be looked up for each. Most packets are
// like one before.
type recent [16]pair

// pair is a source and a destination that a packet may come in with by an interface,
// the latter one of this host's addresses.
type pair struct {
	src, dst   [4]byte
	iface      *Interface
	generation uint64 // of the routes that said so
}

func (r *recent) slot(ip wire.IPv4) *pair { return &r[(ip[15]^ip[19])%uint8(len(r))] }

// knows reports whether packets like ip are known to be for this host.
func (r *recent) knows(ip wire.IPv4, i *Interface, generation uint64) bool {
	p := r.slot(ip)
	return p.src == [4]byte(ip[12:16]) && p.dst == [4]byte(ip[16:20]) && p.iface == i && p.generation == generation
}

// learn notes that packets like ip are for this host.
func (r *recent) learn(ip wire.IPv4, i *Interface, generation uint64) {
	*r.slot(ip) = pair{[4]byte(ip[12:16]), [4]byte(ip[16:20]), i, generation}
}

// Join makes the frame q a part of p, which came in by i just before it, and reports
// whether it did. It joins segments of one stream to this host: what is sent on stays
// as it is. Both are counted when p is handed to Input.
func (l *Layer) Join(i *Interface, p, q *packet.Packet) bool {
	off := 0
	if i.Headers == link.HeaderEthernet {
		off = wire.EthernetLen
	}
	h := p.Head()
	if q.Interface != p.Interface || len(h) < off+wire.IPv4MinLen || l.hooks[Prerouting] != nil ||
		off > 0 && wire.EtherType(binary.BigEndian.Uint16(h[12:])) != wire.EtherTypeIPv4 ||
		!l.recent.knows(wire.IPv4(h[off:off+wire.IPv4MinLen]), i, l.routes.Generation()) {
		return false
	}
	p.NetworkOffset, q.NetworkOffset = uint8(off), uint8(off)
	if !segment.Join(p, q) {
		return false
	}
	i.Counters.InPackets++
	i.Counters.InBytes += uint64(len(h)) // the payload counts with p
	l.counters[IPInReceives]++
	l.counters[IPInDelivers]++
	return true
}
