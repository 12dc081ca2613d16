package thinnet

import (
	"net/netip"

	"thinnet/link"
	"thinnet/packet"
	"thinnet/wire"
)

// Partition keeps the hosts of one side from hearing those of the other, until it
// is healed. It goes by the addresses that the hosts have now, so it holds across
// switches and routers as well. Frames that it takes away count as
// [link.DropDown] of the interface that they would have come in by.
func (n *Network) Partition(a, b []*Host) (heal func()) {
	p := &partition{sides: [2]side{sideOf(a), sideOf(b)}}
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.wires()
	w.partitions = append(w.partitions, p)
	n.divide()
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		p.healed = true
		n.divide()
	}
}

// partition is two sides that do not hear each other.
type partition struct {
	sides  [2]side
	healed bool
}

type side struct {
	hosts     map[*Host]bool
	addresses []netip.Addr
}

func sideOf(hosts []*Host) side {
	s := side{hosts: make(map[*Host]bool)}
	for _, h := range hosts {
		s.hosts[h] = true
		for _, p := range h.Stack().Addresses() {
			s.addresses = append(s.addresses, p.Addr())
		}
	}
	return s
}

// divide makes every host deaf to those that it is parted from. Called with the
// lock held.
func (n *Network) divide() {
	w := n.wires()
	for _, h := range n.hosts {
		unheard := make(map[netip.Addr]bool)
		for _, p := range w.partitions {
			for i, s := range p.sides {
				if !p.healed && s.hosts[h] {
					for _, a := range p.sides[1-i].addresses {
						unheard[a] = true
					}
				}
			}
		}
		for _, i := range h.interfaces {
			if i.plug != nil {
				i.plug.deafen(unheard)
			}
		}
	}
	live := w.partitions[:0]
	for _, p := range w.partitions {
		if !p.healed {
			live = append(live, p)
		}
	}
	clear(w.partitions[len(live):])
	w.partitions = live
}

// deafen keeps packets of some addresses away, instead of those before.
func (p *plug) deafen(unheard map[netip.Addr]bool) {
	if len(unheard) == 0 {
		p.setScreen(nil)
		return
	}
	p.setScreen(func(r link.Receiver) link.Receiver { return &deaf{p, r, unheard} })
}

// deaf stands between a device and its receiver while a partition lasts.
type deaf struct {
	plug    *plug
	r       link.Receiver
	unheard map[netip.Addr]bool
}

// DeliverBatch implements link.Receiver.
func (d *deaf) DeliverBatch(b *packet.Batch) {
	var heard packet.Batch
	for i := range b.Len() {
		p := b.At(i)
		if d.unheard[sender(p)] {
			d.plug.drops.Add(1)
			p.Release()
			continue
		}
		heard.Move(p)
	}
	b.Clear()
	if heard.Len() > 0 {
		d.r.DeliverBatch(&heard)
	}
}

// sender returns the address of the host that made an IPv4 or ARP packet.
func sender(p *packet.Packet) netip.Addr {
	var b [wire.EthernetLen + wire.ARPLen]byte // an IPv4 header's addresses lie within
	frame := b[:p.CopyTo(b[:], 0)]
	eth, err := wire.ParseEthernet(frame)
	if err != nil {
		return netip.Addr{}
	}
	rest := frame[wire.EthernetLen:]
	switch eth.Type() {
	case wire.EtherTypeARP:
		if a, err := wire.ParseARP(rest); err == nil {
			return a.Sender()
		}
	case wire.EtherTypeIPv4:
		if len(rest) >= wire.IPv4MinLen {
			return netip.AddrFrom4([4]byte(rest[12:16]))
		}
	}
	return netip.Addr{}
}
