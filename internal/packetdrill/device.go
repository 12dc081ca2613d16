//go:build linux

package packetdrill

import (
	"thinnet/clock"
	"thinnet/link"
	"thinnet/packet"
)

// wireDevice is a network card whose other end is packetdrill.
type wireDevice struct {
	clk  *virtual
	recv link.Receiver
	sent []frame // not fetched yet
}

type frame struct {
	bytes []byte
	at    clock.Time
}

// Capabilities implements link.Device: it takes whole IP packets.
func (d *wireDevice) Capabilities() link.Capabilities {
	return link.Capabilities{MTU: link.DefaultMTU, Headers: link.HeaderNone}
}

// WriteBatch implements link.Device.
func (d *wireDevice) WriteBatch(b *packet.Batch) {
	for i := range b.Len() {
		p := b.At(i)
		bytes := make([]byte, p.Len())
		p.CopyTo(bytes, 0)
		d.sent = append(d.sent, frame{bytes, d.clk.now})
	}
	b.Release()
}

// SetReceiver implements link.Device.
func (d *wireDevice) SetReceiver(r link.Receiver) { d.recv = r }

// Stats implements link.Device.
func (d *wireDevice) Stats() link.Stats { return link.Stats{} }

// Close implements link.Device.
func (d *wireDevice) Close() error { d.recv = nil; return nil }

// deliver hands the host a packet. It may be longer than the MTU, as those are
// that a card has put together.
func (d *wireDevice) deliver(b []byte) {
	if d.recv == nil || len(b) == 0 || len(b) > packet.LargeSlab {
		return
	}
	var batch packet.Batch
	slab := packet.NewSlab(len(b))
	copy(slab.B, b)
	batch.New().Load(slab, 0, len(b))
	d.recv.DeliverBatch(&batch)
}
