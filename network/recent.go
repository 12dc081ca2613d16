package network

import (
	"encoding/binary"
	"net/netip"

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
	addresses  uint64 // both, as they lie in a header
	iface      *Interface
	generation uint64 // of the routes that said so
	src, dst   netip.Addr
}

// addresses returns both addresses of an IPv4 header, in no particular byte order.
func addresses(ip wire.IPv4) uint64 { return binary.LittleEndian.Uint64(ip[12:20]) }

func (r *recent) slot(addresses uint64) *pair {
	return &r[addresses*0x9e3779b97f4a7c15>>60] // Fibonacci hashing (Knuth, 6.4)
}

// find returns the pair that packets like ip are known by, nil if it is not known that
// they are for this host.
func (r *recent) find(ip wire.IPv4, i *Interface, generation uint64) *pair {
	a := addresses(ip)
	p := r.slot(a)
	if p.addresses != a || p.iface != i || p.generation != generation {
		return nil
	}
	return p
}

// learn notes that packets like ip are for this host.
func (r *recent) learn(ip wire.IPv4, i *Interface, generation uint64) {
	a := addresses(ip)
	*r.slot(a) = pair{a, i, generation, ip.Src(), ip.Dst()}
}

// Join makes the frames behind the i-th of b a part of it, as long as they are segments of
// one stream to this host and came in by one interface: what is sent on stays as it is.
// It returns how many those are. All are counted when the first is handed to Input.
func (l *Layer) Join(b *packet.Batch, i int) (n int) {
	if i+1 == b.Len() {
		return 0
	}
	p := b.At(i)
	in := l.Interface(int(p.Interface))
	off := 0
	if in.Headers == link.HeaderEthernet {
		off = wire.EthernetLen
	}
	h := p.Head()
	if len(h) < off+wire.IPv4MinLen || wire.Protocol(h[off+9]) != wire.ProtocolTCP || l.hooks[Prerouting] != nil || l.hooks[LocalIn] != nil ||
		off > 0 && (wire.MAC(h[:6]) != in.MAC || wire.EtherType(binary.BigEndian.Uint16(h[12:])) != wire.EtherTypeIPv4) ||
		l.recent.find(wire.IPv4(h[off:off+wire.IPv4MinLen]), in, l.routes.Generation()) == nil {
		return 0
	}
	p.NetworkOffset = uint8(off)
	var run segment.Joiner
	if !run.Begin(p) {
		return 0
	}
	for i+n+1 < b.Len() {
		q := b.At(i + n + 1)
		if q.Interface != p.Interface {
			break
		}
		q.NetworkOffset = uint8(off)
		if !run.Add(q) {
			break
		}
		n++
	}
	run.End()
	in.Counters.InPackets += uint64(n)
	in.Counters.InBytes += uint64(n * len(h)) // the payload counts with p
	l.counters[IPInReceives] += uint64(n)
	l.counters[IPInDelivers] += uint64(n)
	return n
}
