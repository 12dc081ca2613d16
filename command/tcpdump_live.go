package command

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	"thinnet/capture"
	"thinnet/capture/pcapfilter"
	"thinnet/clock"
	"thinnet/link/monitor"
	"thinnet/packet"
)

// liveQueue is how many bytes of packets wait to be printed, libpcap's default
// buffer. What comes in beyond is dropped, and counted.
const liveQueue = 2 << 20

// dumpLive prints the packets of an interface until ctx ends or there are
// enough.
func (e *Env) dumpLive(ctx context.Context, o *tcpdumpOptions) error {
	if o.device == "" {
		o.device = e.firstInterface()
	}
	iface := e.Host.Interface(o.device)
	if iface == nil {
		return fail(1, "tcpdump: %s: No such device exists\n(No such device exists)", o.device)
	}
	link := capture.LinkTypeEthernet
	filter, err := e.compile(ctx, o, link, pcapfilter.SourceLive)
	if err != nil {
		return err
	}
	sink, err := e.newSink(o, link)
	if err != nil {
		return err
	}
	defer sink.close()
	if o.Verbose == 0 && o.write == "" {
		e.errorf("tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n")
	} else {
		e.errorf("tcpdump: ")
	}
	e.errorf("listening on %s, link-type %s (%s), snapshot length %d bytes\n", o.device, link, link.Description(), o.snaplen)

	if o.device == "lo" && o.in {
		o.out = false // what goes out comes in: libpcap shows it once
	}
	q := newLiveCapture(o, filter, e.Host.Network().Clock())
	stopTap := iface.Monitor().Tap(q.see)
	stopWait := context.AfterFunc(ctx, q.interrupt)
	defer stopWait()
	e.ready()
	err = q.drain(sink, o.count)
	stopTap()
	if err == nil {
		// What was captured before the interrupt is printed.
		err = q.rest(sink, o.count)
	}
	e.errorf("%s captured\n%s received by filter\n%s dropped by kernel\n",
		plural(uint64(sink.captured)), plural(q.matched), plural(q.dropped))
	return err
}

func plural(n uint64) string {
	if n == 1 {
		return "1 packet"
	}
	return fmt.Sprintf("%d packets", n)
}

func (e *Env) firstInterface() string {
	for _, i := range e.Host.Stack().Interfaces() {
		if i.Up && !i.Loopback {
			return i.Name
		}
	}
	return "lo"
}

// liveCapture takes packets from a monitor, which must not wait, to the
// goroutine that prints them.
type liveCapture struct {
	options *tcpdumpOptions
	filter  *pcapfilter.Program
	clk     clock.Clock
	scratch [packet.MaxLen]byte // of see, which runs one call at a time

	mu               sync.Mutex
	wake             sync.Cond
	queue            []capture.Packet
	queued           int // bytes
	matched, dropped uint64
	interrupted      bool
}

func newLiveCapture(o *tcpdumpOptions, filter *pcapfilter.Program, clk clock.Clock) *liveCapture {
	q := &liveCapture{options: o, filter: filter, clk: clk}
	q.wake.L = &q.mu
	return q
}

// see is the monitor's listener.
func (q *liveCapture) see(at clock.Time, dir monitor.Direction, p *packet.Packet) {
	if dir == monitor.In && !q.options.in || dir == monitor.Out && !q.options.out {
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
	kept := min(n, q.options.snaplen)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.matched++
	if q.queued+kept > liveQueue {
		q.dropped++
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

// drain hands packets to the sink until there are count of them or the capture
// is interrupted.
func (q *liveCapture) drain(sink *packetSink, count int) error {
	for {
		q.mu.Lock()
		for len(q.queue) == 0 && !q.interrupted {
			q.wake.Wait()
		}
		done := q.interrupted
		q.mu.Unlock()
		if err := q.rest(sink, count); err != nil || done || count > 0 && sink.captured >= count {
			return err
		}
	}
}

// rest hands over what is there now.
func (q *liveCapture) rest(sink *packetSink, count int) error {
	q.mu.Lock()
	packets := q.queue
	q.queue, q.queued = nil, 0
	q.mu.Unlock()
	for i := range packets {
		if count > 0 && sink.captured >= count {
			return nil
		}
		if err := sink.take(&packets[i]); err != nil {
			return err
		}
	}
	return nil
}

// filterNames knows the network's hosts by name.
type filterNames struct {
	pcapfilter.BuiltinNames
	e   *Env
	ctx context.Context
}

// Host returns the addresses of a host of the network.
func (n filterNames) Host(name string) []netip.Addr {
	addrs, err := n.e.Host.LookupHost(n.ctx, name)
	if err != nil {
		return nil
	}
	return addrs
}
