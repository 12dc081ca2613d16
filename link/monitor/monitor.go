// Package monitor is a capture point: a device around any device, whose frames
// listeners are shown on their way through. While nobody listens it costs one
// atomic load a batch.
package monitor

import (
	"thinnet/clock"
	"thinnet/link"
	"thinnet/packet"
)

// Direction says which way a frame passes the monitor.
type Direction uint8

// Directions.
const (
	In  Direction = iota // came in by the device
	Out                  // written to the device, which may yet drop it
)

// String returns "In" or "Out", as tcpdump -i any prints it.
func (d Direction) String() string {
	if d == In {
		return "In"
	}
	return "Out"
}

// Listener is shown a frame that passes. It runs in the goroutine that moves the
// frame, one call at a time: it must be quick, neither keep nor change p, and not
// call the device. If it sets a goroutine going, it calls [clock.Clock.Stir].
// [Flatten] copies p out.
type Listener func(at clock.Time, dir Direction, p *packet.Packet)

// DropListener is shown a frame that was dropped, and why, as a Listener is shown
// one that passes. What was sent has been shown before; what came in may lack the
// headers that were dealt with already. It is called with locks of whoever drops
// the frame held.
type DropListener func(at clock.Time, dir Direction, p *packet.Packet, why string)

// Monitor passes frames through to the device within it, and back.
type Monitor struct {
	link.Device // the inner device: whatever is not said here is its

	clk clock.Clock

	passing taps[Listener]
	dropped taps[DropListener]
}

// New returns a monitor around dev, whose frames bear stamps of clk.
func New(dev link.Device, clk clock.Clock) *Monitor {
	return &Monitor{Device: dev, clk: clk}
}

// Tap shows f every frame from now on, behind the listeners that are there
// already. stop ends that: f is not running when it returns, and is not called
// again, so f itself must not call it.
func (m *Monitor) Tap(f Listener) (stop func()) { return m.passing.add(f) }

// TapDrops shows f every frame that is dropped from now on, as Tap does those that
// pass.
func (m *Monitor) TapDrops(f DropListener) (stop func()) { return m.dropped.add(f) }

// Dropped shows a frame to those who want to see what is dropped. Whoever drops it
// calls this: the device within does not know of the monitor. While nobody
// listens it costs an atomic load.
func (m *Monitor) Dropped(dir Direction, p *packet.Packet, why string) {
	if m.dropped.none() {
		return
	}
	m.dropped.mu.Lock()
	defer m.dropped.mu.Unlock()
	now := m.clk.Now()
	for _, f := range m.dropped.list() {
		(*f)(now, dir, p, why)
	}
}

// WriteBatch implements [link.Device].
func (m *Monitor) WriteBatch(b *packet.Batch) {
	if !m.passing.none() {
		m.show(Out, b)
	}
	m.Device.WriteBatch(b)
}

// SetReceiver implements [link.Device].
func (m *Monitor) SetReceiver(r link.Receiver) {
	if r == nil {
		m.Device.SetReceiver(nil)
		return
	}
	m.Device.SetReceiver(&input{m, r})
}

// input stands between the inner device and the receiver.
type input struct {
	m *Monitor
	r link.Receiver
}

func (i *input) DeliverBatch(b *packet.Batch) {
	if !i.m.passing.none() {
		i.m.show(In, b)
	}
	i.r.DeliverBatch(b)
}

// show shows the frames to those who listen.
func (m *Monitor) show(dir Direction, b *packet.Batch) {
	m.passing.mu.Lock()
	defer m.passing.mu.Unlock()
	now := m.clk.Now()
	list := m.passing.list()
	for i := range b.Len() {
		for _, f := range list {
			(*f)(now, dir, b.At(i))
		}
	}
}
