package flow

import (
	"cmp"
	"net/netip"
	"slices"

	"thinnet/capture"
	"thinnet/wire"
)

// Endpoint is who sent and received packets.
type Endpoint struct {
	// Addr is the address; the zero one for packets below IP, whose MAC it is then.
	Addr           netip.Addr
	MAC            wire.MAC
	Sent, Received Count
}

func (e *Endpoint) total() uint64 { return e.Sent.Bytes + e.Received.Bytes }

// Endpoints counts packets by who sent and received them. The zero Endpoints is
// empty.
type Endpoints struct {
	known map[endpointKey]*Endpoint
	list  []*Endpoint // in the order of their first packets
	other Count
}

type endpointKey struct {
	addr netip.Addr
	mac  wire.MAC
}

// Add counts a packet.
func (t *Endpoints) Add(h *Headers, p *capture.Packet) {
	var src, dst endpointKey
	switch {
	case h.Version != 0:
		src.addr, dst.addr = h.Src, h.Dst
	case h.HasMAC:
		src.mac, dst.mac = h.SrcMAC, h.DstMAC
	default:
		t.other.add(p)
		return
	}
	from, to := t.of(src), t.of(dst)
	if from == nil || to == nil {
		t.other.add(p)
	}
	if from != nil {
		from.Sent.add(p)
	}
	if to != nil {
		to.Received.add(p)
	}
}

func (t *Endpoints) of(key endpointKey) *Endpoint {
	e := t.known[key]
	if e == nil && len(t.list) < MaxConversations {
		if t.known == nil {
			t.known = make(map[endpointKey]*Endpoint)
		}
		e = &Endpoint{Addr: key.addr, MAC: key.mac}
		t.known[key] = e
		t.list = append(t.list, e)
	}
	return e
}

// List returns the endpoints, with those of most bytes first.
func (t *Endpoints) List() []*Endpoint {
	list := slices.Clone(t.list)
	slices.SortStableFunc(list, func(a, b *Endpoint) int { return cmp.Compare(b.total(), a.total()) })
	return list
}

// Other counts the packets of which an end is not in the list: those that name
// none, and those for whose ends there was no room.
func (t *Endpoints) Other() Count { return t.other }
