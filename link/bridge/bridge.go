// Package bridge is a learning switch (IEEE 802.1D, without the spanning tree).
// It learns behind which port an address lies from the frames that it sends, and
// floods what is for everybody or for an address it does not know.
//
// # Run to completion
//
// The bridge has no goroutine of its own. Whoever delivers frames to a port
// becomes the pump: it forwards until nothing waits, with the lock released while
// it writes to a port. Deliveries that come in meanwhile, often from within such
// a write, only add to the inbox, so a frame that travels in circles makes the
// stack of calls no deeper. A pump that has forwarded its budget leaves the rest
// to a goroutine of the clock's.
//
// # Storms
//
// Two cables between two bridges are a loop, in which a broadcast goes round for
// ever and doubles wherever there are three ports. Four bounds hold it: the
// inbox, beyond which frames are dropped (DropQueueFull); the pump's budget, so
// that no caller is caught in it; storm control, which drops (DropStorm) what
// would be flooded beyond a rate, and so ends a storm on cables without delay,
// where all of its copies pass in one window of time; and the rate at which the
// bridge forwards at all, which holds a unicast frame that two bridges throw to
// each other. The rates count the clock's time: they let it go on even where a
// thousand turns take no time.
package bridge

import (
	"errors"
	"strconv"
	"sync"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/packet"
	"thinnet/wire"
)

const (
	// budget is how many frames one caller forwards.
	budget = 1024
	// burst is how many frames gather before they are written to the ports.
	burst = 64
)

// Bridge is a switch. Its methods may be called from any goroutine.
type Bridge struct {
	clk   clock.Clock
	limit int
	timer clock.Timer

	mu      sync.Mutex
	idle    sync.Cond // running became false
	running bool      // some goroutine is the pump
	closed  bool
	ports   []*port
	table   table
	inbox   packet.Batch // delivered; Interface is the port
	work    packet.Batch // the pump's share, worked off up to next
	next    int
	forward meter
	flood   meter
}

// port is where a device is attached.
type port struct {
	b     *Bridge
	index int32
	dev   link.Device
	out   packet.Batch // the pump's
	stats link.Stats
}

// New returns a bridge without ports.
func New(clk clock.Clock, cfg Config) (*Bridge, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	b := &Bridge{
		clk:     clk,
		limit:   cfg.QueueLimit,
		table:   newTable(cfg.TableSize, cfg.Aging),
		forward: newMeter(cfg.Rate),
		flood:   newMeter(cfg.StormLimit),
	}
	b.idle.L = &b.mu
	b.timer = clk.NewTimer(cfg.Source, b.resume)
	return b, nil
}

// Attach makes dev a port, and the bridge its receiver. It returns the number of
// the port, counted from 0. The device must take whatever another port takes in:
// Ethernet frames, super-segments and pending checksums.
func (b *Bridge) Attach(dev link.Device) (int, error) {
	switch c := dev.Capabilities(); {
	case c.Headers != link.HeaderEthernet:
		return 0, errors.New("bridge: device without Ethernet headers: want an Ethernet device")
	case c.MaxSegmented < 65535 || !c.Checksum:
		return 0, errors.New("bridge: device takes super-segments of " + strconv.Itoa(c.MaxSegmented) +
			" bytes, checksum offload " + strconv.FormatBool(c.Checksum) + ": wrap it with offload.New")
	}
	b.mu.Lock()
	p := &port{b: b, index: int32(len(b.ports)), dev: dev}
	b.ports = append(b.ports, p)
	b.mu.Unlock()
	dev.SetReceiver(p)
	return int(p.index), nil
}

// Table returns the addresses that the bridge knows, sorted.
func (b *Bridge) Table() []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.table.list(b.clk.Now())
}

// Stats returns the counters of a port: Rx is what came in by it, and Drops what
// became of that; Tx is what was written to its device, which has counters of its
// own. It panics if there is no such port.
func (b *Bridge) Stats(port int) link.Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ports[port].stats
}

// Close detaches the devices, which stay open, and drops what waits. It returns
// when nothing of the bridge's is running, and so must not be called from within
// a delivery. The second call does nothing.
func (b *Bridge) Close() error {
	b.mu.Lock()
	b.closed = true
	b.timer.Stop()
	for b.running {
		b.idle.Wait()
	}
	b.inbox.Release()
	for ; b.next < b.work.Len(); b.next++ {
		b.work.At(b.next).Release()
	}
	b.work.Clear()
	b.next = 0
	ports := b.ports
	b.mu.Unlock()
	for _, p := range ports {
		p.dev.SetReceiver(nil)
	}
	return nil
}

// DeliverBatch implements [link.Receiver].
func (p *port) DeliverBatch(in *packet.Batch) {
	b := p.b
	b.mu.Lock()
	p.accept(in)
	if !b.running {
		b.pump()
	}
	b.mu.Unlock()
}

// accept moves frames to the inbox.
func (p *port) accept(in *packet.Batch) {
	b := p.b
	for i := range in.Len() {
		f := in.At(i)
		p.stats.RxPackets++
		p.stats.RxBytes += uint64(f.Len())
		switch {
		case b.closed:
			p.drop(f, link.DropDown)
		case b.waiting() >= b.limit:
			p.drop(f, link.DropQueueFull)
		case f.Pull(wire.EthernetLen) == nil:
			p.drop(f, link.DropTooShort)
		default:
			f.Interface = p.index
			b.inbox.Move(f)
		}
	}
	in.Clear()
}

func (p *port) drop(f *packet.Packet, why link.DropReason) {
	p.stats.Drops[why]++
	f.Release()
}

// waiting returns how many frames the bridge holds.
func (b *Bridge) waiting() int { return b.inbox.Len() + b.work.Len() - b.next }

// resume is the timer's function.
func (b *Bridge) resume() {
	b.mu.Lock()
	if !b.running && !b.closed {
		b.pump()
	}
	b.mu.Unlock()
}

// pump forwards what waits, up to the budget. mu is held, and released while
// frames are written.
func (b *Bridge) pump() {
	b.running = true
	for left := budget; b.waiting() > 0 && !b.closed; {
		now := b.clk.Now()
		b.forward.turn(now)
		b.flood.turn(now)
		n := min(burst, left, b.forward.left)
		if n == 0 {
			again := now
			if left > 0 {
				again = b.forward.end
			}
			b.timer.Set(again)
			break
		}
		left -= b.switchFrames(n, now)
		b.write()
	}
	b.running = false
	b.idle.Broadcast()
}

// switchFrames moves up to n frames to the ports they leave by, and returns how
// many those were.
func (b *Bridge) switchFrames(n int, now clock.Time) int {
	if b.next == b.work.Len() {
		b.work.Clear()
		b.next = 0
		b.work.MoveAll(&b.inbox)
	}
	n = min(n, b.work.Len()-b.next)
	for i := range n {
		b.forward.take()
		b.switchFrame(b.work.At(b.next+i), now)
	}
	b.next += n
	return n
}

func (b *Bridge) switchFrame(f *packet.Packet, now clock.Time) {
	in := b.ports[f.Interface]
	h := wire.Ethernet(f.Head())
	dst, src := h.Dst(), h.Src()
	if src.IsGroup() {
		in.drop(f, link.DropBadFrame)
		return
	}
	b.table.learn(src, in.index, now)
	switch out, known := b.table.lookup(dst, now); {
	case reserved(dst), known && out == in.index, len(b.ports) == 1:
		in.drop(f, link.DropDestination)
	case known:
		b.ports[out].out.Move(f)
	case !b.flood.take():
		in.drop(f, link.DropStorm)
	default:
		for _, p := range b.ports {
			if p != in {
				f.CloneTo(p.out.New())
			}
		}
		f.Release()
	}
}

// reserved reports whether a bridge keeps frames for m to itself: protocols
// between neighbours, such as the spanning tree's (IEEE 802.1Q-2018, table 8-1).
func reserved(m wire.MAC) bool {
	return m[0] == 0x01 && m[1] == 0x80 && m[2] == 0xc2 && m[3] == 0 && m[4] == 0 && m[5] < 0x10
}

// write hands the ports what leaves by them, in the order of their numbers, with
// the lock released.
func (b *Bridge) write() {
	ports := b.ports
	for _, p := range ports {
		p.stats.TxPackets += uint64(p.out.Len())
		for i := range p.out.Len() {
			p.stats.TxBytes += uint64(p.out.At(i).Len())
		}
	}
	b.mu.Unlock()
	for _, p := range ports {
		if p.out.Len() > 0 {
			p.dev.WriteBatch(&p.out)
		}
	}
	b.mu.Lock()
}
