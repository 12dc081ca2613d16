package flow

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"thinnet/capture"
	"thinnet/wire"
)

// Count counts what went one way.
type Count struct {
	Packets, Bytes uint64 // bytes on the wire, with link headers
}

func (c *Count) add(p *capture.Packet) {
	c.Packets++
	c.Bytes += uint64(max(p.OrigLen, 0))
}

// Conversation is what went on between two ends.
type Conversation struct {
	// Protocol is that of IP, if IP is true; else there are no more addresses than
	// those of the link, MACs, and EtherType is what it carried.
	IP        bool
	Protocol  wire.Protocol
	EtherType wire.EtherType
	// Ends are the addresses: A sent first. Ports are 0 unless HasPorts.
	Ends     [2]netip.AddrPort
	HasPorts bool
	MACs     [2]wire.MAC
	// Sent counts what A and B sent.
	Sent [2]Count
	// First and Last are when its first and last packet were seen.
	First, Last time.Time
}

// Total counts what went both ways.
func (c *Conversation) Total() Count {
	return Count{c.Sent[A].Packets + c.Sent[B].Packets, c.Sent[A].Bytes + c.Sent[B].Bytes}
}

// MaxConversations is how many conversations, and how many endpoints, are kept.
const MaxConversations = 1 << 16

// Conversations counts packets by who talked to whom. The zero Conversations is
// empty.
type Conversations struct {
	ip    map[pair]*Conversation
	link  map[linkPair]*Conversation
	list  []*Conversation // in the order of their first packets
	other Count
}

// linkPair is a conversation below IP.
type linkPair struct {
	etherType wire.EtherType
	ends      [2]wire.MAC // the lesser one first
}

// Add counts a packet.
func (t *Conversations) Add(h *Headers, p *capture.Packet) {
	c, side := t.of(h)
	if c == nil {
		t.other.add(p)
		return
	}
	if c.Total().Packets == 0 {
		c.First = p.Time
	}
	c.Last = p.Time
	c.Sent[side].add(p)
}

// of returns a packet's conversation, nil if there is no room for another or the
// packet names no ends.
func (t *Conversations) of(h *Headers) (*Conversation, Side) {
	if t.ip == nil {
		t.ip, t.link = make(map[pair]*Conversation), make(map[linkPair]*Conversation)
	}
	switch {
	case h.Version != 0:
		src, dst := netip.AddrPortFrom(h.Src, h.SrcPort), netip.AddrPortFrom(h.Dst, h.DstPort)
		key, _ := pairOf(uint16(h.Protocol), src, dst)
		c := t.ip[key]
		if c == nil {
			if c = t.grow(); c == nil {
				return nil, A
			}
			c.IP, c.Protocol, c.EtherType = true, h.Protocol, h.EtherType
			c.Ends, c.HasPorts = [2]netip.AddrPort{src, dst}, h.HasPorts
			t.ip[key] = c
		}
		return c, sideOf(src == c.Ends[A])
	case h.HasMAC:
		key := linkPair{h.EtherType, [2]wire.MAC{h.SrcMAC, h.DstMAC}}
		if slices.Compare(h.SrcMAC[:], h.DstMAC[:]) > 0 {
			key.ends = [2]wire.MAC{h.DstMAC, h.SrcMAC}
		}
		c := t.link[key]
		if c == nil {
			if c = t.grow(); c == nil {
				return nil, A
			}
			c.EtherType, c.MACs = h.EtherType, [2]wire.MAC{h.SrcMAC, h.DstMAC}
			t.link[key] = c
		}
		return c, sideOf(h.SrcMAC == c.MACs[A])
	}
	return nil, A
}

func sideOf(isA bool) Side {
	if isA {
		return A
	}
	return B
}

// grow returns room for a conversation, nil if there is none.
func (t *Conversations) grow() *Conversation {
	if len(t.list) == MaxConversations {
		return nil
	}
	c := &Conversation{}
	t.list = append(t.list, c)
	return c
}

// List returns the conversations, with those of most bytes first.
func (t *Conversations) List() []*Conversation {
	list := slices.Clone(t.list)
	slices.SortStableFunc(list, func(a, b *Conversation) int { return cmp.Compare(b.Total().Bytes, a.Total().Bytes) })
	return list
}

// Other counts the packets that are in no conversation: those that name no ends,
// and those of conversations that there was no room for.
func (t *Conversations) Other() Count { return t.other }
