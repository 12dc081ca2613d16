package stack

import (
	"sync"

	"thinnet/link"
	"thinnet/packet"
)

// LoopbackMTU is the MTU of a loopback device, in bytes.
const LoopbackMTU = 65535

// Loopback returns a device that hands back what is written to it.
func Loopback() link.Device { return &loopback{} }

type loopback struct {
	mu       sync.Mutex
	receiver link.Receiver
	stats    link.Stats
}

// WriteBatch implements link.Device.
func (d *loopback) WriteBatch(b *packet.Batch) {
	var n uint64
	for i := range b.Len() {
		n += uint64(b.At(i).Len())
	}
	d.mu.Lock()
	r := d.receiver
	if r == nil {
		d.stats.Drops[link.DropDown] += uint64(b.Len())
	} else {
		d.stats.RxPackets += uint64(b.Len())
		d.stats.TxPackets += uint64(b.Len())
		d.stats.RxBytes += n
		d.stats.TxBytes += n
	}
	d.mu.Unlock()
	if r == nil {
		b.Release()
		return
	}
	r.DeliverBatch(b)
}

// SetReceiver implements link.Device.
func (d *loopback) SetReceiver(r link.Receiver) {
	d.mu.Lock()
	d.receiver = r
	d.mu.Unlock()
}

// Capabilities implements link.Device.
func (d *loopback) Capabilities() link.Capabilities {
	return link.Capabilities{MTU: LoopbackMTU, MaxSegmented: LoopbackMTU, Checksum: true}
}

// Stats implements link.Device.
func (d *loopback) Stats() link.Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// Close implements link.Device.
func (d *loopback) Close() error {
	d.SetReceiver(nil)
	return nil
}
