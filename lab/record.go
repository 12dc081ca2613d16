package lab

import (
	"bufio"
	"io"
	"slices"
	"sync"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
	"thinnet/clock"
	"thinnet/link/monitor"
	"thinnet/packet"
)

// Recording is a capture of every link of a lab into one pcapng file. Each link
// is an interface of it, named after its first end, and what that end sends is
// outbound.
type Recording struct {
	stops []func()
	wall  clock.Clock

	mu      sync.Mutex
	file    *pcapfile.NGWriter
	out     *bufio.Writer
	scratch [packet.MaxLen]byte
	at      clock.Time // of what is pending
	pending []capture.Packet
	size    int // of what is pending, in bytes
	err     error
}

// maxPending bounds what is held to be sorted, in bytes. An instant of virtual
// time that has more is written in the order in which it came.
const maxPending = 1 << 20

// Record captures every link into w until the recording is closed. The error is
// that of w.
func (l *Lab) Record(w io.Writer) (*Recording, error) {
	l.recorded.Store(true)
	r := &Recording{wall: l.net.Clock(), out: bufio.NewWriterSize(w, 64<<10)}
	var err error
	if r.file, err = pcapfile.NewNGWriter(r.out); err != nil {
		return nil, err
	}
	tap := func(name string, tap func(monitor.Listener) func()) {
		i := r.file.AddInterface(name, capture.LinkTypeEthernet, 0)
		r.stops = append(r.stops, tap(func(at clock.Time, dir monitor.Direction, p *packet.Packet) { r.see(i, at, dir, p) }))
	}
	for _, link := range l.net.Links() {
		a, _ := link.Ends()
		tap(a.String(), link.Tap)
	}
	taps := l.taps
	for _, k := range l.topology.Links {
		switch {
		case k.Ends[0].Node == nil:
			tap(k.Ends[1].String(), taps[0].near.Tap)
		case k.Ends[1].Node == nil:
			tap(k.Ends[0].String(), taps[0].near.Tap)
		default:
			continue
		}
		taps = taps[1:]
	}
	return r, nil
}

// see takes a frame of interface i. Frames of one instant are sorted by
// interface: links that carry something at the same instant of virtual time do
// so in no order.
func (r *Recording) see(i int, at clock.Time, dir monitor.Direction, p *packet.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at != r.at || r.size >= maxPending {
		r.flush()
		r.at = at
	}
	n := monitor.Flatten(r.scratch[:], p)
	direction := capture.Outbound
	if dir == monitor.In {
		direction = capture.Inbound
	}
	r.pending = append(r.pending, capture.Packet{
		Time: r.wall.Wall(at), Data: append([]byte(nil), r.scratch[:n]...), OrigLen: n,
		Interface: i, LinkType: capture.LinkTypeEthernet, Direction: direction,
	})
	r.size += n
}

// flush writes what is pending.
func (r *Recording) flush() {
	slices.SortStableFunc(r.pending, func(a, b capture.Packet) int { return a.Interface - b.Interface })
	for i := range r.pending {
		if err := r.file.WritePacket(&r.pending[i]); err != nil && r.err == nil {
			r.err = err
		}
	}
	r.pending, r.size = r.pending[:0], 0
}

// Close ends the recording and writes what is left. The error is the first that
// writing met.
func (r *Recording) Close() error {
	for _, stop := range r.stops {
		stop()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flush()
	if err := r.out.Flush(); err != nil && r.err == nil {
		r.err = err
	}
	return r.err
}
