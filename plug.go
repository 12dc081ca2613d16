package thinnet

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"

	"thinnet/link"
	"thinnet/packet"
	"thinnet/wire"
)

// plug is an interface's device before and after a cable is plugged in: until
// then, what is written to it is dropped.
type plug struct {
	mtu int
	dev atomic.Pointer[link.Device]

	mu       sync.Mutex
	receiver link.Receiver
	unheard  map[netip.Addr]bool // whose packets a partition keeps away
	drops    atomic.Uint64
}

var errPlugged = errors.New("something is plugged in already")

// attach plugs dev in.
func (p *plug) attach(dev link.Device) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.dev.CompareAndSwap(nil, &dev) {
		return errPlugged
	}
	p.listen()
	return nil
}

// listen gives the device the receiver that it has now. Called with the lock held.
func (p *plug) listen() {
	dev := p.dev.Load()
	switch {
	case dev == nil:
	case p.receiver == nil:
		(*dev).SetReceiver(nil)
	case len(p.unheard) > 0:
		(*dev).SetReceiver(&deaf{p, p.receiver, p.unheard})
	default:
		(*dev).SetReceiver(p.receiver)
	}
}

// deafen keeps packets of some addresses away, instead of those before.
func (p *plug) deafen(unheard map[netip.Addr]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unheard = unheard
	p.listen()
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

// WriteBatch implements link.Device.
func (p *plug) WriteBatch(b *packet.Batch) {
	if dev := p.dev.Load(); dev != nil {
		(*dev).WriteBatch(b)
		return
	}
	p.drops.Add(uint64(b.Len()))
	b.Release()
}

// SetReceiver implements link.Device.
func (p *plug) SetReceiver(r link.Receiver) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.receiver = r
	p.listen()
}

// Capabilities implements link.Device. They are those of a cable; a device with
// less is widened before it is plugged in.
func (p *plug) Capabilities() link.Capabilities {
	return link.Capabilities{MTU: p.mtu, MaxSegmented: packet.MaxLen - 18, Checksum: true}
}

// Stats implements link.Device.
func (p *plug) Stats() link.Stats {
	var s link.Stats
	if dev := p.dev.Load(); dev != nil {
		s = (*dev).Stats()
	}
	s.Drops[link.DropDown] += p.drops.Load()
	return s
}

// Close implements link.Device. What is plugged in stays so: a host that has
// crashed comes up again with its cables.
func (p *plug) Close() error { return nil }

// unplug closes what is plugged in, at the network's end.
func (p *plug) unplug() error {
	if dev := p.dev.Load(); dev != nil {
		return (*dev).Close()
	}
	return nil
}
