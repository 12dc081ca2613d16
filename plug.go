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
	screen   func(link.Receiver) link.Receiver // stands before the receiver; nil: nothing does
	drops    atomic.Uint64
}

var (
	errPlugged = errors.New("something is plugged in already")
	errNoPort  = errors.New("the port is nil: the error of AddInterface or AddPort says why")
)

// ready reports why one of the ports takes no device.
func ready(ports ...Port) error {
	for _, p := range ports {
		if p == nil {
			return errNoPort
		}
		if err := p.ready(); err != nil {
			return err
		}
	}
	return nil
}

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
	if dev == nil {
		return
	}
	r := p.receiver
	if r != nil && p.screen != nil {
		r = p.screen(r)
	}
	(*dev).SetReceiver(r)
}

// setScreen puts something between the device and its receivers, or nil.
func (p *plug) setScreen(screen func(link.Receiver) link.Receiver) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen = screen
	p.listen()
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
