package command

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfilter"
	engine "thinnet/capture/tcpdump"
	"thinnet/clock"
	"thinnet/link/monitor"
	"thinnet/packet"
)

// settle is how long a packet waits until it is known what became of it, if
// somebody wants to know.
const settle = 10 * time.Millisecond

// liveQueue is how many bytes of packets wait to be printed, libpcap's default
// buffer. What comes in beyond is dropped, and counted.
const liveQueue = 2 << 20

func (e *Env) wallTime() time.Time {
	clk := e.Host.Network().Clock()
	return clk.Wall(clk.Now())
}

// captureOn captures on an interface of the host.
func (e *Env) captureOn(name string, o engine.CaptureOptions) (engine.Live, error) {
	iface := e.Host.Interface(name)
	if iface == nil {
		return nil, engine.ErrNoDevice
	}
	if o.Fanout != 0 {
		return nil, errors.New("captures on a host of a lab share no packets: want no --fanout")
	}
	if o.Buffer == 0 {
		o.Buffer = liveQueue
	}
	if name == "lo" && o.In {
		o.Out = false // what goes out comes in: libpcap shows it once
	}
	q := &liveCapture{options: o, monitor: iface.Monitor(), clk: e.Host.Network().Clock()}
	q.wake.L = &q.mu
	if o.Comments {
		q.timer = e.Host.Network().AfterFunc(settle, q.settled)
	}
	return q, nil
}

// liveCapture takes packets from a monitor, which must not wait, to the
// goroutine that prints them.
type liveCapture struct {
	options engine.CaptureOptions
	monitor *monitor.Monitor
	stops   []func()
	filter  *pcapfilter.Program
	clk     clock.Clock
	scratch [packet.MaxLen]byte // of see, which runs one call at a time

	mu          sync.Mutex
	wake        sync.Cond
	queue       []capture.Packet // from head on
	head        int
	queued      int // bytes
	counters    engine.Counters
	interrupted bool
	timer       clock.Timer // of settled; nil: packets are handed out at once
}

// LinkType returns Ethernet, which all interfaces of a host speak.
func (q *liveCapture) LinkType() capture.LinkType { return capture.LinkTypeEthernet }

// FilterSource returns SourceLive: the filter runs here, on the frame alone.
func (q *liveCapture) FilterSource() pcapfilter.Source { return pcapfilter.SourceLive }

// SetFilter starts to listen.
func (q *liveCapture) SetFilter(compile func(pcapfilter.Source) (*pcapfilter.Program, error)) (err error) {
	if q.filter, err = compile(q.FilterSource()); err != nil {
		return err
	}
	q.stops = append(q.stops, q.monitor.Tap(q.see))
	if q.options.Comments {
		q.stops = append(q.stops, q.monitor.TapDrops(q.seeDropped))
	}
	return nil
}

// Close stops listening.
func (q *liveCapture) Close() error {
	for _, stop := range q.stops {
		stop()
	}
	q.stops = nil
	if q.timer != nil {
		q.timer.Stop()
	}
	return nil
}

// see is the monitor's listener.
func (q *liveCapture) see(at clock.Time, dir monitor.Direction, p *packet.Packet) {
	q.take(at, dir, q.scratch[:monitor.Flatten(q.scratch[:], p)], p.Note)
}

// seeDropped marks the frame that p is, or was before headers were dealt with. One
// that is not there any more, or was a part of a larger one, is taken as its own if
// it is whole: what was sent.
func (q *liveCapture) seeDropped(at clock.Time, dir monitor.Direction, p *packet.Packet, why string) {
	b := make([]byte, p.Len())
	b = b[:monitor.Flatten(b, p)]
	q.mu.Lock()
	marked := capture.MarkDropped(q.queue[q.head:], 0, direction(dir), b, why)
	q.mu.Unlock()
	if !marked && dir == monitor.Out {
		q.take(at, dir, b, capture.DroppedComment+why)
	}
}

// take queues a copy of a frame, unless nobody wants it.
func (q *liveCapture) take(at clock.Time, dir monitor.Direction, frame []byte, comment string) {
	if dir == monitor.In && !q.options.In || dir == monitor.Out && !q.options.Out || !q.filter.Match(frame, len(frame)) {
		return
	}
	kept := frame[:min(len(frame), q.options.SnapLen)]
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counters.Received++
	if q.queued+len(kept) > q.options.Buffer {
		q.counters.Dropped++
		return
	}
	q.queued += len(kept)
	q.queue = append(q.queue, capture.Packet{
		Time: q.clk.Wall(at), Data: append([]byte(nil), kept...), OrigLen: len(frame),
		LinkType: capture.LinkTypeEthernet, Direction: direction(dir), Comment: comment,
	})
	q.wake.Signal()
	q.clk.Stir()
}

func direction(d monitor.Direction) capture.Direction {
	if d == monitor.Out {
		return capture.Outbound
	}
	return capture.Inbound
}

func (q *liveCapture) interrupt() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.interrupted = true
	q.wake.Signal()
}

// Next waits for a packet.
func (q *liveCapture) Next(ctx context.Context) (capture.Packet, error) {
	if ctx.Err() != nil {
		q.Close() // or what still comes in would never end
	}
	if !q.Pending() {
		stop := context.AfterFunc(ctx, q.interrupt)
		defer stop()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.ready() {
		if q.interrupted {
			return capture.Packet{}, io.EOF
		}
		q.wake.Wait()
	}
	p := q.queue[q.head]
	q.queue[q.head] = capture.Packet{}
	q.queued -= len(p.Data)
	if q.head++; 2*q.head >= len(q.queue) {
		q.queue, q.head = q.queue[:copy(q.queue, q.queue[q.head:])], 0
	}
	return p, nil
}

// Pending says whether a packet waits.
func (q *liveCapture) Pending() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ready()
}

// ready says whether there is a packet to hand out.
func (q *liveCapture) ready() bool {
	if q.head == len(q.queue) {
		return false
	}
	if q.timer == nil || q.interrupted {
		return true
	}
	now := q.clk.Now()
	left := settle - q.clk.Wall(now).Sub(q.queue[q.head].Time)
	if left > 0 {
		q.timer.Set(now.Add(left))
	}
	return left <= 0
}

// settled wakes Next when the first packet has waited for long enough.
func (q *liveCapture) settled() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake.Signal()
}

// Counters returns what the filter took and what the queue had no room for.
func (q *liveCapture) Counters() engine.Counters {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.counters
}
