// Package cable is the virtual wire: two devices, and what is written to one
// comes in by the other.
//
// A perfect cable on a real clock is no more than a call. WriteBatch at one end
// runs the receiver at the other with the very same batch, super-segments and
// pending checksums included, and nothing is copied or allocated.
//
// A cable that delays, limits, loses or damages frames, or is strict, is a wire:
// it carries frames no longer than its MTU, with checksums filled in, each of
// which meets a fate of its own. The cable splits and sums on entry what its ends
// still take in one piece, so that it may be impaired and mended at any time
// without the hosts noticing. What has been on a wire comes out with
// ChecksumNone: the receiver verifies it.
//
// Deliveries of one direction never overlap, and frames do not overtake each
// other unless Reorder says so, even if several goroutines write. No lock is held
// while a receiver runs. On an ordered clock every delivery, delayed or not, is
// an event of the direction's own source.
package cable

import (
	"sync"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/packet"
)

// Cable joins two ends. Its methods may be called from any goroutine.
type Cable struct {
	ends [2]End
	ways [2]way // by Direction

	mu sync.Mutex // held by Down and Up, so that both directions end up alike
}

// New returns a cable that is up.
func New(clk clock.Clock, cfg Config) (*Cable, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &Cable{}
	for d := range c.ways {
		w := &c.ways[d]
		w.clk, w.ordered = clk, clk.Ordered()
		w.mtu, w.strict = cfg.MTU, cfg.Strict
		// The second word makes it another stream: the directions share the
		// seed and nothing else.
		w.fates = dice{wide{cfg.Seed, uint64(d)}}
		w.turn.stop() // until there is a receiver
		w.timer = clk.NewTimer(cfg.Sources[d], w.arrive)
		w.idle.L = &w.mu
		if cfg.Dropped != nil {
			w.dropped = func(p *packet.Packet, why link.DropReason) { cfg.Dropped(Direction(d), p, why) }
		}
		w.impair(cfg.Impairments[d])
	}
	c.ends[0] = End{mtu: cfg.MTU, out: &c.ways[AToB], in: &c.ways[BToA]}
	c.ends[1] = End{mtu: cfg.MTU, out: &c.ways[BToA], in: &c.ways[AToB]}
	return c, nil
}

// A returns the end that AToB starts at.
func (c *Cable) A() *End { return &c.ends[0] }

// B returns the end that AToB leads to.
func (c *Cable) B() *End { return &c.ends[1] }

// Impairment returns what the direction does to frames.
func (c *Cable) Impairment(d Direction) Impairment {
	w := &c.ways[d]
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.imp
}

// SetImpairment changes what the direction does to the frames that are written
// from now on. It returns the error of [Impairment.Check].
func (c *Cable) SetImpairment(d Direction, i Impairment) error {
	if err := i.Check(); err != nil {
		return err
	}
	w := &c.ways[d]
	w.lock()
	defer w.unlock()
	w.impair(i)
	return nil
}

// Down unplugs the cable: what is on its way is dropped, and so is what is
// written until Up. The ends count it under DropDown.
func (c *Cable) Down() { c.plug(false) }

// Up plugs the cable in again.
func (c *Cable) Up() { c.plug(true) }

func (c *Cable) plug(in bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.ways {
		c.ways[i].plug(in)
	}
}

// IsUp reports whether the cable is plugged in, as New makes it.
func (c *Cable) IsUp() bool {
	w := &c.ways[AToB]
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.unplugged
}

// Close closes both ends.
func (c *Cable) Close() error {
	for i := range c.ends {
		c.ends[i].Close()
	}
	return nil
}

// End is one end of a cable: an Ethernet device.
type End struct {
	mtu     int
	out, in *way
}

var _ link.Device = (*End)(nil)

// WriteBatch implements [link.Device].
func (e *End) WriteBatch(b *packet.Batch) { e.out.write(b) }

// SetReceiver implements [link.Device].
func (e *End) SetReceiver(r link.Receiver) { e.in.setReceiver(r) }

// Capabilities implements [link.Device]: the ends take super-segments and
// pending checksums even if the cable does not.
func (e *End) Capabilities() link.Capabilities {
	return link.Capabilities{MTU: e.mtu, MaxSegmented: 65535, Checksum: true}
}

// Stats implements [link.Device]. A frame that was sent is counted in TxPackets
// or, if it was refused or lost, in Drops; one that the other end dropped is
// counted there. A wire counts the frames that a super-segment was split into.
func (e *End) Stats() link.Stats {
	tx, _ := e.out.counters()
	_, rx := e.in.counters()
	s := link.Stats{
		TxPackets: tx.packets, TxBytes: tx.bytes,
		RxPackets: rx.packets, RxBytes: rx.bytes,
		Drops: tx.drops,
	}
	for i, n := range rx.drops {
		s.Drops[i] += n
	}
	return s
}

// Close implements [link.Device]. It takes the other end down as well: what is on
// its way, in both directions, is dropped. It waits for a delivery to this end
// that is under way, and so must not be called from within one.
func (e *End) Close() error {
	e.out.close()
	e.in.close()
	e.in.wait()
	return nil
}
