package thinnet

import (
	"errors"
	"io"
	"strconv"
	"sync"

	"thinnet/annotate"
	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/link/monitor"
	"thinnet/link/offload"
	"thinnet/packet"
	"thinnet/siphash"
)

// Options say how a network is made. The zero Options are a network in real time.
type Options struct {
	// Seed is the source of every random choice: initial sequence numbers,
	// ports, what a lossy cable loses. Two networks built alike from one seed
	// behave alike, as far as their users do.
	Seed uint64
	// Settle puts the network into virtual time. Inside a testing/synctest
	// bubble it is synctest.Wait: the events of one instant are then delivered
	// one by one, and after each of them everything in the bubble comes to
	// rest before the next. It must not be called from elsewhere in the bubble
	// while the network has something to deliver.
	Settle func()
}

// Network is hosts and switches, and the links between them.
type Network struct {
	clk  clock.Clock
	seed siphash.Key

	mu      sync.Mutex
	names   map[string]bool
	hosts   []*Host
	wiring  interface{ ends() []io.Closer } // a *wiring, nil until there is one
	sources clock.Source                    // given out so far
	macs    uint64                          // given out so far
	closed  bool
}

// New returns an empty network. Its clock starts at the present.
func New(o Options) *Network {
	n := &Network{seed: siphash.Key{K0: o.Seed}, names: make(map[string]bool)}
	if o.Settle != nil {
		n.clk = clock.NewOrdered(o.Settle)
	} else {
		n.clk = clock.NewReal()
	}
	return n
}

// Clock returns the network's clock.
func (n *Network) Clock() clock.Clock { return n.clk }

// seedFor returns a seed that belongs to a name, so that what else is in the
// network does not matter to it.
func (n *Network) seedFor(name string) uint64 { return n.seed.Sum([]byte(name)) }

// source returns an event source's number. Called with the lock held.
func (n *Network) source() clock.Source {
	n.sources++
	return n.sources
}

var errClosed = errors.New("network is closed")

// claim takes a node's name. Called with the lock held.
func (n *Network) claim(name string) error {
	switch {
	case n.closed:
		return errClosed
	case name == "":
		return errors.New("a node must have a name")
	case n.names[name]:
		return errors.New("there is a node " + strconv.Quote(name) + " already")
	}
	n.names[name] = true
	return nil
}

// Hosts returns the hosts in the order in which they were added.
func (n *Network) Hosts() []*Host {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hosts[:len(n.hosts):len(n.hosts)]
}

// Host returns the host of a name, or nil.
func (n *Network) Host(name string) *Host {
	for _, h := range n.Hosts() {
		if h.name == name {
			return h
		}
	}
	return nil
}

// Switches returns the switches in the order in which they were added.
func (n *Network) Switches() []*Switch {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.wires().switches
	return list[:len(list):len(list)]
}

// Links returns the links in the order in which they were made.
func (n *Network) Links() []*Link {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.wires().links
	return list[:len(list):len(list)]
}

// Close ends the network, as if its power failed. When it returns nothing of it
// is running; calls that waited have returned with net.ErrClosed. The error is
// that of the first device which would not close.
func (n *Network) Close() error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	hosts := n.hosts
	var ends []io.Closer
	for _, h := range hosts {
		for _, i := range h.interfaces {
			if dev := i.plugged(); dev != nil {
				ends = append(ends, dev)
			}
		}
	}
	if n.wiring != nil {
		ends = append(ends, n.wiring.ends()...)
	}
	n.mu.Unlock()
	for _, h := range hosts {
		h.Stack().Close()
	}
	var first error
	for _, e := range ends {
		if err := e.Close(); err != nil && first == nil {
			first = err
		}
	}
	n.clk.Close()
	return first
}

// Port is where a link ends: an [*Interface] of a host or a [*SwitchPort].
type Port interface {
	// String returns node:port.
	String() string
	// ready reports why the port, which may be nil, takes no device.
	ready() error
	// plugIn gives the port its device.
	plugIn(dev link.Device) error
	// lost shows those who capture at the port a frame that it sent and that its
	// cable dropped.
	lost(p *packet.Packet, why string)
	network() *Network
}

// LinkOptions say what a link is like. The zero LinkOptions are a perfect cable
// with Ethernet's MTU.
type LinkOptions struct {
	// MTU is the longest IP packet that the cable carries, in bytes.
	MTU int
	// Impairments are those of the two directions, by cable.Direction.
	Impairments [2]cable.Impairment
	// Strict makes a perfect cable carry frames as a wire does: no longer than
	// the MTU, with checksums.
	Strict bool
}

// Link is a cable between two ports.
type Link struct {
	a, b    Port
	cable   *cable.Cable
	monitor *monitor.Monitor // around end a
}

// Connect joins two ports with a cable. Each port takes one; if there is an error,
// both are as they were.
func (n *Network) Connect(a, b Port, o LinkOptions) (*Link, error) {
	if err := ready(a, b); err != nil {
		return nil, err
	}
	if a == b {
		return nil, errors.New("link " + a.String() + " to " + b.String() + ": both ends are the same port")
	}
	if a.network() != n || b.network() != n {
		return nil, errors.New("link " + a.String() + " to " + b.String() + ": a port of another network")
	}
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil, errClosed
	}
	cfg := cable.Config{
		MTU: o.MTU, Impairments: o.Impairments, Strict: o.Strict,
		Seed:    n.seedFor(a.String() + " " + b.String()),
		Sources: [2]clock.Source{n.source(), n.source()},
	}
	n.mu.Unlock()
	l := &Link{a: a, b: b}
	cfg.Dropped = l.dropped
	c, err := cable.New(n.clk, cfg)
	if err != nil {
		return nil, annotate.Error("link "+a.String()+" to "+b.String(), err)
	}
	l.cable, l.monitor = c, monitor.New(c.A(), n.clk)
	if err := a.plugIn(l.monitor); err != nil {
		c.Close()
		return nil, err
	}
	if err := b.plugIn(c.B()); err != nil {
		c.Close()
		return nil, err
	}
	n.mu.Lock()
	w := n.wires()
	w.links = append(w.links, l)
	for _, r := range w.recordings {
		r.link(l)
	}
	n.mu.Unlock()
	return l, nil
}

// ConnectDevice plugs a device into a port: a TAP interface, or one of the
// caller's own. Its frames must be Ethernet. The network closes it at its end.
func (n *Network) ConnectDevice(p Port, dev link.Device) error {
	if err := ready(p); err != nil {
		return err
	}
	caps := dev.Capabilities()
	if caps.Headers != link.HeaderEthernet {
		return errors.New(p.String() + ": the device's frames are not Ethernet")
	}
	if !caps.Checksum || caps.MaxSegmented == 0 {
		dev = offload.New(dev)
	}
	return p.plugIn(dev)
}

// dropped shows a frame that the cable dropped.
func (l *Link) dropped(d cable.Direction, p *packet.Packet, why link.DropReason) {
	if d == cable.AToB {
		l.monitor.Dropped(monitor.Out, p, why.String())
		l.a.lost(p, why.String())
		return
	}
	l.monitor.Dropped(monitor.In, p, why.String())
	l.b.lost(p, why.String())
}

// Ends returns the two ports.
func (l *Link) Ends() (a, b Port) { return l.a, l.b }

// Down unplugs the link: what is on its way is lost, and what is sent until Up.
func (l *Link) Down() { l.cable.Down() }

// Up plugs the link in again.
func (l *Link) Up() { l.cable.Up() }

// SetImpairment changes what one direction does to the frames that are sent from
// now on.
func (l *Link) SetImpairment(d cable.Direction, i cable.Impairment) error {
	return l.cable.SetImpairment(d, i)
}

// Tap shows f every frame that is sent by or reaches the first end. stop ends
// that; f must not call it.
func (l *Link) Tap(f monitor.Listener) (stop func()) {
	return l.monitor.Tap(func(at clock.Time, dir monitor.Direction, p *packet.Packet) {
		f(at, dir, p)
		l.a.network().clk.Stir() // f is the user's
	})
}
