package thinnet

import (
	"errors"
	"sync"
	"sync/atomic"

	"thinnet/link"
	"thinnet/packet"
)

// plug is an interface's device before and after a cable is plugged in: until
// then, what is written to it is dropped.
type plug struct {
	mtu int
	dev atomic.Pointer[link.Device]

	mu       sync.Mutex
	receiver link.Receiver
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
	if p.receiver != nil {
		dev.SetReceiver(p.receiver)
	}
	return nil
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
	if dev := p.dev.Load(); dev != nil {
		(*dev).SetReceiver(r)
	}
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

// Close implements link.Device.
func (p *plug) Close() error {
	if dev := p.dev.Load(); dev != nil {
		return (*dev).Close()
	}
	return nil
}
