package network

import "thinnet/wire"

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
