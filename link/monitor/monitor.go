// Package monitor is a capture point: a device around any device, whose frames
// listeners are shown on their way through. While nobody listens it costs one
// atomic load a batch.
package monitor

import (
	"slices"
	"sync"
	"sync/atomic"

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
// call the device. [Flatten] copies p out.
type Listener func(at clock.Time, dir Direction, p *packet.Packet)

// Monitor passes frames through to the device within it, and back.
type Monitor struct {
	link.Device // the inner device: whatever is not said here is its

	clk clock.Clock

	// mu is held while listeners run, so that they see one frame after the
	// other and stamps never go back.
	mu        sync.Mutex
	listeners atomic.Pointer[[]*Listener] // nil: nobody; the slice never changes
}

// New returns a monitor around dev, whose frames bear stamps of clk.
func New(dev link.Device, clk clock.Clock) *Monitor {
	return &Monitor{Device: dev, clk: clk}
}

// Tap shows f every frame from now on, behind the listeners that are there
// already. stop ends that: f is not running when it returns, and is not called
// again, so f itself must not call it.
func (m *Monitor) Tap(f Listener) (stop func()) {
	l := &f
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set(append(slices.Clone(m.list()), l))
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.set(slices.DeleteFunc(slices.Clone(m.list()), func(x *Listener) bool { return x == l }))
	}
}

func (m *Monitor) list() []*Listener {
	if l := m.listeners.Load(); l != nil {
		return *l
	}
	return nil
}

func (m *Monitor) set(l []*Listener) {
	if len(l) == 0 {
		m.listeners.Store(nil)
		return
	}
	m.listeners.Store(&l)
}

// WriteBatch implements [link.Device].
func (m *Monitor) WriteBatch(b *packet.Batch) {
	m.show(Out, b)
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
	i.m.show(In, b)
	i.r.DeliverBatch(b)
}

func (m *Monitor) show(dir Direction, b *packet.Batch) {
	if m.listeners.Load() == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clk.Now()
	list := m.list()
	for i := range b.Len() {
		for _, f := range list {
			(*f)(now, dir, b.At(i))
		}
	}
}
