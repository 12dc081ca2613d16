package thinnet

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"thinnet/capture"
	"thinnet/clock"
	"thinnet/link/monitor"
	"thinnet/packet"
)

// Recorder keeps packets. A [thinnet/capture/pcapfile.NGWriter] is one.
type Recorder interface {
	// AddInterface announces an interface and returns its number, which its
	// packets bear. snaplen 0 means no limit.
	AddInterface(name string, link capture.LinkType, snaplen int) int
	// WritePacket keeps a packet, whose data is valid until it returns. If it sets
	// a goroutine going, it calls [clock.Clock.Stir].
	WritePacket(p *capture.Packet) error
}

// Recording is a capture of every link of a network. Each link is an interface
// of it, named after its first end, and what that end sends is outbound.
type Recording struct {
	wall clock.Clock
	to   Recorder

	mu      sync.Mutex
	stops   []func()
	since   clock.Time // something is pending
	pending []capture.Packet
	latest  clock.Time // of what is pending, the one that came last
	mixed   bool       // pending is to be sorted
	data    []byte     // of what is pending, one behind the other
	err     error
	closed  bool
}

// Limits of what is pending: its age, so that a frame which is dropped on its way,
// or by who gets it, can still be marked, and its size in bytes.
const (
	maxPendingAge = 10 * time.Millisecond
	maxPending    = 1 << 20
)

// Record captures every link, those that there are and those to come, until the
// recording is closed.
func (n *Network) Record(to Recorder) *Recording {
	r := &Recording{wall: n.clk, to: to}
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.wires()
	for _, l := range w.links {
		r.link(l)
	}
	w.recordings = append(w.recordings, r)
	return r
}

// link captures a link, and what the hosts at its ends drop.
func (r *Recording) link(l *Link) {
	at, ok := r.add(l.a.String(), l.monitor)
	if !ok {
		return
	}
	r.linkEnd(l.a, at, capture.Inbound)
	r.linkEnd(l.b, at, capture.Outbound)
}

// linkEnd marks what a host drops at its end of link at, that comes to it from a
// direction.
func (r *Recording) linkEnd(end Port, at int, from capture.Direction) {
	i, ok := end.(*Interface)
	if !ok {
		return
	}
	r.keep(i.monitor.TapDrops(func(_ clock.Time, dir monitor.Direction, p *packet.Packet, why string) {
		if dir == monitor.In {
			r.markDropped(at, from, p, why)
		}
	}))
}

// Add captures at one more point. It must not be called while Close runs.
func (r *Recording) Add(name string, m *monitor.Monitor) { r.add(name, m) }

// add is Add, and returns the number of the interface; false once the recording is
// closed.
func (r *Recording) add(name string, m *monitor.Monitor) (i int, ok bool) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return 0, false
	}
	i = r.to.AddInterface(name, capture.LinkTypeEthernet, 0)
	r.mu.Unlock()
	r.keep(m.Tap(func(at clock.Time, dir monitor.Direction, p *packet.Packet) { r.see(i, at, direction(dir), p, p.Note) }))
	r.keep(m.TapDrops(func(at clock.Time, dir monitor.Direction, p *packet.Packet, why string) {
		if !r.markDropped(i, direction(dir), p, why) {
			r.see(i, at, direction(dir), p, capture.DroppedComment+why)
		}
	}))
	return i, true
}

// keep keeps what ends a tap.
func (r *Recording) keep(stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stops = append(r.stops, stop)
}

func direction(d monitor.Direction) capture.Direction {
	if d == monitor.In {
		return capture.Inbound
	}
	return capture.Outbound
}

// see takes a frame of interface i.
func (r *Recording) see(i int, at clock.Time, dir capture.Direction, p *packet.Packet, comment string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending) > 0 && (at.Sub(r.since) > maxPendingAge || len(r.data) >= maxPending) {
		r.flush()
	}
	if len(r.pending) == 0 {
		r.since = at
	} else if at < r.latest || i < r.pending[len(r.pending)-1].Interface {
		r.mixed = true
	}
	r.latest = at
	b := r.flatten(p)
	r.data = r.data[:len(r.data)+len(b)]
	r.pending = append(r.pending, capture.Packet{
		Time: r.wall.Wall(at), Data: b, OrigLen: len(b),
		Interface: i, LinkType: capture.LinkTypeEthernet, Direction: dir, Comment: comment,
	})
}

// markDropped marks the frame that p is, or was before headers were dealt with, if
// it is pending.
func (r *Recording) markDropped(i int, dir capture.Direction, p *packet.Packet, why string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return capture.MarkDropped(r.pending, i, dir, r.flatten(p), why)
}

// flatten returns p's bytes, in the free space behind data.
func (r *Recording) flatten(p *packet.Packet) []byte {
	start := len(r.data)
	r.data = slices.Grow(r.data, packet.MaxLen)
	room := r.data[start : start+packet.MaxLen]
	n := monitor.Flatten(room, p)
	return room[:n:n]
}

// flush records what is pending. Frames of one instant are sorted by interface:
// links that carry something at the same instant of virtual time do so in no order.
func (r *Recording) flush() {
	if r.mixed {
		slices.SortStableFunc(r.pending, func(a, b capture.Packet) int {
			return cmp.Or(a.Time.Compare(b.Time), a.Interface-b.Interface)
		})
		r.mixed = false
	}
	for i := range r.pending {
		if err := r.to.WritePacket(&r.pending[i]); err != nil && r.err == nil {
			r.err = err
		}
	}
	clear(r.pending)
	r.pending, r.data = r.pending[:0], r.data[:0]
}

// Flush hands over the latest packets, which wait for what becomes of them. The
// error is the first of the recorder's.
func (r *Recording) Flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flush()
	return r.err
}

// Close ends the recording. The error is the first of the recorder's.
func (r *Recording) Close() error {
	r.mu.Lock()
	stops := r.stops
	r.stops, r.closed = nil, true
	r.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
	return r.Flush()
}
