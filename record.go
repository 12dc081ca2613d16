package thinnet

import (
	"slices"
	"sync"

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
	// WritePacket keeps a packet, whose data is valid until it returns.
	WritePacket(p *capture.Packet) error
}

// Recording is a capture of every link of a network. Each link is an interface
// of it, named after its first end, and what that end sends is outbound.
type Recording struct {
	wall clock.Clock
	to   Recorder

	mu      sync.Mutex
	stops   []func()
	at      clock.Time // of what is pending
	pending []capture.Packet
	data    []byte // of what is pending, one behind the other
	err     error
	closed  bool
}

// maxPending bounds what is held to be sorted, in bytes. An instant of virtual
// time that has more is recorded in the order in which it came.
const maxPending = 1 << 20

// Record captures every link, those that there are and those to come, until the
// recording is closed.
func (n *Network) Record(to Recorder) *Recording {
	r := &Recording{wall: n.clk, to: to}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.links {
		r.link(l)
	}
	n.recordings = append(n.recordings, r)
	return r
}

func (r *Recording) link(l *Link) { r.Add(l.a.String(), l.Tap) }

// Add captures at one more point, such as the Tap of a monitor. It must not be
// called while Close runs.
func (r *Recording) Add(name string, tap func(monitor.Listener) (stop func())) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	i := r.to.AddInterface(name, capture.LinkTypeEthernet, 0)
	r.mu.Unlock()
	stop := tap(func(at clock.Time, dir monitor.Direction, p *packet.Packet) { r.see(i, at, dir, p) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stops = append(r.stops, stop)
}

// see takes a frame of interface i. Frames of one instant are sorted by
// interface: links that carry something at the same instant of virtual time do
// so in no order.
func (r *Recording) see(i int, at clock.Time, dir monitor.Direction, p *packet.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at != r.at || len(r.data) >= maxPending {
		r.flush()
		r.at = at
	}
	start := len(r.data)
	r.data = slices.Grow(r.data, packet.MaxLen)
	n := monitor.Flatten(r.data[start:start+packet.MaxLen], p)
	r.data = r.data[:start+n]
	direction := capture.Outbound
	if dir == monitor.In {
		direction = capture.Inbound
	}
	r.pending = append(r.pending, capture.Packet{
		Time: r.wall.Wall(at), Data: r.data[start:], OrigLen: n,
		Interface: i, LinkType: capture.LinkTypeEthernet, Direction: direction,
	})
}

// flush records what is pending.
func (r *Recording) flush() {
	if len(r.pending) > 1 {
		slices.SortStableFunc(r.pending, func(a, b capture.Packet) int { return a.Interface - b.Interface })
	}
	for i := range r.pending {
		if err := r.to.WritePacket(&r.pending[i]); err != nil && r.err == nil {
			r.err = err
		}
	}
	clear(r.pending)
	r.pending, r.data = r.pending[:0], r.data[:0]
}

// Flush hands over the packets of the latest instant, which wait for others of
// the same instant. The error is the first of the recorder's.
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
