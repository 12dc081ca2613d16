// Package offload is a device around a device that lacks segmentation or
// checksum offload. It takes super-segments and pending checksums, and hands on
// what the inner device can send: a TAP interface, say, that needs whole
// Ethernet frames. What the inner device can do itself is left to it.
package offload

import (
	"sync"
	"sync/atomic"

	"thinnet/link"
	"thinnet/link/segment"
	"thinnet/packet"
)

// burst is how many frames gather before the inner device is called: enough to
// share the cost of the call, few enough to stay in the cache.
const burst = 64

// Device does the work of an offload in software. Frames that come in pass
// through untouched.
type Device struct {
	link.Device // the inner device: whatever is not said here is its

	inner link.Capabilities
	bad   atomic.Uint64 // frames that could not be split or summed

	mu    sync.Mutex
	spare []*packet.Batch // one for each goroutine that was in WriteBatch at once
}

// New returns a device around dev that takes super-segments of 65535 bytes and
// packets with ChecksumPartial.
func New(dev link.Device) *Device {
	return &Device{Device: dev, inner: dev.Capabilities()}
}

// Capabilities implements [link.Device].
func (d *Device) Capabilities() link.Capabilities {
	c := d.inner
	c.MaxSegmented, c.Checksum = 65535, true
	return c
}

// Stats implements [link.Device]: the inner device's, and DropBadFrame for what
// could not be split or summed.
func (d *Device) Stats() link.Stats {
	s := d.Device.Stats()
	s.Drops[link.DropBadFrame] += d.bad.Load()
	return s
}

// WriteBatch implements [link.Device].
func (d *Device) WriteBatch(b *packet.Batch) {
	if d.ready(b) {
		d.Device.WriteBatch(b)
		return
	}
	out := d.take()
	for i := range b.Len() {
		p := b.At(i)
		first := out.Len()
		if d.splits(p) {
			if !segment.Split(p, out) {
				d.drop(p)
				continue
			}
		} else {
			out.Move(p)
		}
		if !d.inner.Checksum && !complete(out, first) {
			d.drop(out.At(first))
			out.Drop()
		}
		if out.Len() >= burst {
			d.Device.WriteBatch(out)
		}
	}
	b.Clear()
	if out.Len() > 0 {
		d.Device.WriteBatch(out)
	}
	d.put(out)
}

// ready reports whether the inner device takes the frames as they are.
func (d *Device) ready(b *packet.Batch) bool {
	for i := range b.Len() {
		p := b.At(i)
		if d.splits(p) || p.Checksum == packet.ChecksumPartial && !d.inner.Checksum {
			return false
		}
	}
	return true
}

// splits reports whether p is a super-segment beyond the inner device.
func (d *Device) splits(p *packet.Packet) bool {
	return p.Segmentation != packet.SegmentNone && p.Len()-int(p.NetworkOffset) > d.inner.MaxSegmented
}

// complete fills in the checksums of the packets from the first on. It reports
// false if that one says a wrong place for it; those that Split made do not.
func complete(b *packet.Batch, first int) bool {
	for i := first; i < b.Len(); i++ {
		if !segment.Complete(b.At(i)) {
			return false
		}
	}
	return true
}

func (d *Device) drop(p *packet.Packet) {
	d.bad.Add(1)
	p.Release()
}

// take returns an empty batch.
func (d *Device) take() *packet.Batch {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.spare)
	if n == 0 {
		return new(packet.Batch)
	}
	b := d.spare[n-1]
	d.spare = d.spare[:n-1]
	return b
}

func (d *Device) put(b *packet.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spare = append(d.spare, b)
}
