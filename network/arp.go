package network

import (
	"net/netip"
	"slices"
	"time"

	"thinnet/clock"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// RFC 5227, section 1.1.
const (
	announceInterval = 2 * time.Second  // between the two announcements of an address
	defendInterval   = 10 * time.Second // between two defences of one
)

// inputARP works off an ARP packet as RFC 826 says. It takes over p, which
// starts behind the link header. group: the frame was sent to many stations.
func (l *Layer) inputARP(now clock.Time, i *Interface, p *packet.Packet, group bool) {
	p.Pull(min(p.Len(), wire.ARPLen))
	a, err := wire.ParseARP(p.Head())
	if err != nil {
		l.drop(i, p, DropARPMalformed)
		return
	}
	defer p.Release()
	request := a.Op() == wire.ARPRequest
	switch {
	case request:
		l.counters[ARPInRequests]++
	case a.Op() == wire.ARPReply:
		l.counters[ARPInReplies]++
	default:
		l.countDrop(i, DropARPMalformed, 1)
		return
	}
	sender, mac := a.Sender(), a.SenderMAC()
	// A probe asks for an address without claiming one (RFC 5227, section 2.1.1).
	probe := request && sender.IsUnspecified()
	switch {
	case mac.IsGroup() || mac.IsZero():
		l.countDrop(i, DropARPSenderMAC, 1)
		return
	case l.ownMAC(mac):
		return // our own frame, which the link has returned
	case !probe && (reserved(sender) || sender.IsMulticast() || sender.IsLoopback() || l.kind(sender) == route.Broadcast):
		l.countDrop(i, DropARPSender, 1)
		return
	case !probe && l.LocalAddr(sender):
		l.countDrop(i, DropARPOwnAddress, 1)
		l.conflict(now, i, sender)
		return
	}
	forUs := !a.Target().IsLoopback() && l.LocalAddr(a.Target())
	if !probe {
		l.neighbors.Learn(now, i.Index, sender, mac, !request && !group && forUs, request && forUs)
	}
	if request && forUs {
		l.counters[ARPOutReplies]++
		l.sendARP(i, wire.ARPReply, mac, a.Target(), mac, sender)
	}
}

func (l *Layer) ownMAC(m wire.MAC) bool {
	return slices.ContainsFunc(l.interfaces, func(i *Interface) bool { return i.resolves() && i.MAC == m })
}

// sendARP sends an ARP packet to the station dst.
func (l *Layer) sendARP(i *Interface, op wire.ARPOp, dst wire.MAC, sender netip.Addr, targetMAC wire.MAC, target netip.Addr) {
	q := l.borrow()
	wire.PutARP(q.Append(wire.ARPLen), op, i.MAC, sender, targetMAC, target)
	q.Interface = int32(i.Index)
	l.emit(i, q, dst, wire.EtherTypeARP)
	l.giveBack(q)
}

// arpLink is how the neighbour table asks: by ARP.
type arpLink Layer

// Solicit implements [neighbor.Link].
func (l *arpLink) Solicit(_ clock.Time, iface int, target netip.Addr, mac wire.MAC) {
	layer := (*Layer)(l)
	i := layer.Interface(iface)
	sender := layer.source(i, target)
	if !sender.IsValid() {
		sender = netip.IPv4Unspecified()
	}
	dst := mac
	if mac.IsZero() {
		dst = wire.Broadcast
	}
	layer.counters[ARPOutRequests]++
	layer.sendARP(i, wire.ARPRequest, dst, sender, wire.MAC{}, target)
}

// Transmit implements [neighbor.Link].
func (l *arpLink) Transmit(iface int, mac wire.MAC, p *packet.Packet) {
	layer := (*Layer)(l)
	layer.emit(layer.Interface(iface), p, mac, wire.EtherTypeIPv4)
}

// conflict defends an address that another station uses too: the address stays,
// and the link is told so, though not so often that two stubborn hosts fill it
// (RFC 5227, section 2.4, choice c).
func (l *Layer) conflict(now clock.Time, i *Interface, a netip.Addr) {
	l.counters[ARPConflicts]++
	for k := range i.addresses {
		if own := &i.addresses[k]; own.Addr() == a && now.Sub(own.defended) >= defendInterval {
			own.defended = now
			l.counters[ARPDefenses]++
			l.announceOnce(i, a)
		}
	}
}

// arpState is the announcements that are still to be made.
type arpState struct {
	pending []announcement // the earliest first
}

type announcement struct {
	at    clock.Time
	iface *Interface
	addr  netip.Addr
}

// announce tells the link that an address is ours, now and once more later
// (RFC 5227, section 2.3): neighbours that knew another station by it learn.
func (l *Layer) announce(now clock.Time, i *Interface, a netip.Addr) {
	if !i.Up || !i.resolves() {
		return
	}
	l.announceOnce(i, a)
	l.arp.pending = append(l.arp.pending, announcement{now.Add(announceInterval), i, a})
}

func (l *Layer) announceOnce(i *Interface, a netip.Addr) {
	l.counters[ARPOutAnnouncements]++
	l.sendARP(i, wire.ARPRequest, wire.Broadcast, a, wire.MAC{}, a)
}

func (s *arpState) tick(now clock.Time, l *Layer) {
	for len(s.pending) > 0 && s.pending[0].at <= now {
		a := s.pending[0]
		s.pending = slices.Delete(s.pending, 0, 1)
		l.announceOnce(a.iface, a.addr)
	}
}

func (s *arpState) deadline() clock.Time {
	if len(s.pending) == 0 {
		return clock.Never
	}
	return s.pending[0].at
}

// forget drops the announcements of an interface that goes down.
func (s *arpState) forget(i *Interface) {
	s.pending = slices.DeleteFunc(s.pending, func(a announcement) bool { return a.iface == i })
}

// forgetAddress drops the announcement of an address that goes.
func (s *arpState) forgetAddress(i *Interface, addr netip.Addr) {
	s.pending = slices.DeleteFunc(s.pending, func(a announcement) bool { return a.iface == i && a.addr == addr })
}
