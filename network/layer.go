package network

import (
	"cmp"
	"math/rand/v2"

	"thinnet/clock"
	"thinnet/network/neighbor"
	"thinnet/network/pathmtu"
	"thinnet/network/reassembly"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// Config says how a host's internet layer behaves. Zero fields take the default.
type Config struct {
	Random     *rand.Rand // required: IP identifiers, neighbour timers
	Forwarding bool       // ip_forward: send on what is for others
	DefaultTTL uint8      // hops of what this host sends; 64
	// MaxNeighbors, MaxNeighborQueue: see [neighbor.Config].
	MaxNeighbors, MaxNeighborQueue int
	// MaxReassembly is how many datagrams are put together at a time, 64 KiB
	// each; 64.
	MaxReassembly int
	// ICMPRate and ICMPBurst limit the ICMP errors to all destinations: errors
	// a second, and how many at once; 1000 and 50.
	ICMPRate, ICMPBurst int
}

// Layer is the internet layer of one host. See the package documentation for
// how it may be called.
type Layer struct {
	config     Config
	interfaces []*Interface // by index, from 1
	loopback   *Interface   // nil if there is none
	routes     route.Table
	neighbors  *neighbor.Table
	paths      pathmtu.Table
	fragments  *reassembly.Table
	recent     recent
	arp        arpState
	ids        identifiers
	limit      rateLimit
	transports [256]Transport
	rawICMP    func(clock.Time, *Header, *packet.Packet)
	hooks      [numHookPoints]Hook

	// Queued says that there may be something in an interface's Out: whoever has looked
	// at all of them, and found nothing, sets it to false.
	Queued bool

	counters Counters
	drops    Drops

	// Scratch, so that a packet on its way needs no memory of its own.
	header   Header
	headerOf *pair // whose addresses header has; nil: it is not from the short way
	ip       [wire.IPv4MaxLen]byte
	spare    []*packet.Packet
	pieces   packet.Batch // of a super-segment
	failed   packet.Batch // whose neighbour did not answer
}

// New returns a layer without interfaces.
func New(c Config) *Layer {
	c.DefaultTTL = cmp.Or(c.DefaultTTL, 64)
	c.ICMPRate = cmp.Or(c.ICMPRate, 1000)
	c.ICMPBurst = cmp.Or(c.ICMPBurst, 50)
	l := &Layer{config: c, fragments: reassembly.New(c.MaxReassembly)}
	l.neighbors = neighbor.New(neighbor.Config{
		Random:     c.Random,
		MaxEntries: c.MaxNeighbors,
		MaxQueue:   c.MaxNeighborQueue,
	}, (*arpLink)(l))
	l.ids.init(c.Random)
	l.limit.init(c.Random, c.ICMPRate, c.ICMPBurst)
	return l
}

// SetForwarding turns ip_forward on or off.
func (l *Layer) SetForwarding(on bool) { l.config.Forwarding = on }

// Forwarding reports whether packets for others are sent on.
func (l *Layer) Forwarding() bool { return l.config.Forwarding }

// Counters returns the counters so far.
func (l *Layer) Counters() Counters {
	c := l.counters
	c[ARPFailures] = l.neighbors.Stats().Failures
	return c
}

// Drops returns how many packets were dropped, by reason.
func (l *Layer) Drops() Drops { return l.drops }

// Tick does what is due.
func (l *Layer) Tick(now clock.Time) {
	l.neighbors.Tick(now, &l.failed)
	l.reportFailed(now, DropNeighborFailed)
	l.fragments.Tick(now, func(p *packet.Packet) { l.reassemblyTimeout(now, p) })
	l.arp.tick(now, l)
}

// Deadline returns when Tick has something to do.
func (l *Layer) Deadline() clock.Time {
	return min(l.neighbors.Deadline(), l.fragments.Deadline(), l.arp.deadline())
}

// Close releases every packet that the layer holds. The layer must not be used
// afterwards.
func (l *Layer) Close() {
	for _, i := range l.interfaces {
		l.neighbors.RemoveInterface(i.Index, &l.failed)
		i.Out.Release()
	}
	l.failed.Release()
	l.fragments.Release()
}
