package command

import (
	"context"
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
	if o.Buffer == 0 {
		o.Buffer = liveQueue
	}
	if name == "lo" && o.In {
		o.Out = false // what goes out comes in: libpcap shows it once
	}
	q := &liveCapture{options: o, tap: iface.Monitor().Tap, clk: e.Host.Network().Clock()}
	q.wake.L = &q.mu
	return q, nil
}

// liveCapture takes packets from a monitor, which must not wait, to the
// goroutine that prints them.
type liveCapture struct {
	options engine.CaptureOptions
	tap     func(monitor.Listener) (stop func())
	stop    func()
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
	q.stop = q.tap(q.see)
	return nil
}

// Close stops listening.
func (q *liveCapture) Close() error {
	if q.stop != nil {
		q.stop()
		q.stop = nil
	}
	return nil
}

// see is the monitor's listener.
func (q *liveCapture) see(at clock.Time, dir monitor.Direction, p *packet.Packet) {
	if dir == monitor.In && !q.options.In || dir == monitor.Out && !q.options.Out {
		return
	}
	n := monitor.Flatten(q.scratch[:], p)
	if !q.filter.Match(q.scratch[:n], n) {
		return
	}
	direction := capture.Inbound
	if dir == monitor.Out {
		direction = capture.Outbound
	}
	kept := min(n, q.options.SnapLen)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counters.Received++
	if q.queued+kept > q.options.Buffer {
		q.counters.Dropped++
		return
	}
	q.queued += kept
	q.queue = append(q.queue, capture.Packet{
		Time: q.clk.Wall(at), Data: append([]byte(nil), q.scratch[:kept]...), OrigLen: n,
		LinkType: capture.LinkTypeEthernet, Direction: direction,
	})
	q.wake.Signal()
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
	for q.head == len(q.queue) {
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
	return q.head < len(q.queue)
}

// Counters returns what the filter took and what the queue had no room for.
func (q *liveCapture) Counters() engine.Counters {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.counters
}
