package stack

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"

	"thinnet/clock"
	"thinnet/network"
	"thinnet/packet"
	"thinnet/siphash"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// Config says what a host is like.
type Config struct {
	Clock  clock.Clock
	Source clock.Source // the host's place in the order of events
	Seed   uint64       // of every random choice
	TCP    tcp.Settings
	// Forwarding is Linux's ip_forward.
	Forwarding bool
	// Backlog is how many packets may wait for the host to work them off, and as many
	// for each device that somebody is writing to. What comes beyond is dropped and
	// counted. Default: 16384.
	Backlog int
}

// Stack is one host. Its methods may be called from any goroutine, but not from
// a device's WriteBatch.
type Stack struct {
	clk     clock.Clock
	src     clock.Source
	timer   clock.Timer
	backlog int
	ordered bool // clk is

	mu       sync.Mutex
	now      clock.Time  // read once a round of work
	told     bool        // it was, just now, for the next round
	rough    bool        // now may be behind by a burstTick
	pumping  int         // pumps under way
	event    bool        // what is done is done for an event of the network's
	flushing clock.Timer // see hold; made when it is first needed
	bulk     clock.Time  // when much was last written or read at once: see TCPConn.yields
	crowded  clock.Time  // until when nobody yields: see yield
	yielded  clock.Time  // when somebody last did
	yields   uint        // how often somebody did since the host learnt of the time
	closed   bool
	ended    bool      // Close is through
	idle     sync.Cond // closed, and pumping fell to 0; ended

	net       *network.Layer
	nics      []*nic // by interface index less 1
	in        inbox
	inbox     packet.Batch // what is being worked off
	ready     []*TCPConn   // connections whose Output is due
	armed     clock.Time   // what timer is set to
	burstEnds clock.Time   // or Never: see burst.go

	rng      *rand.Rand
	key      siphash.Key
	nextPort uint32 // RFC 6056's next_ephemeral

	tx       packet.Packet // what is being built
	seg      tcp.Segment   // what is being looked at
	tcpSet   *tcp.Settings
	tcpCnt   tcp.Counters
	queues   tcp.Queues
	machines machines
	tcpMem   *tcp.Memory
	conns    connTable
	paths    map[ends]*path
	// lastPath is what usePath returned last, unused what the last connection of a path
	// left behind: see leavePath. Both may be nil.
	lastPath, unused *path
	way              network.Route // see route
	sides            []*side       // nobody's
	cookies          cookieCache
	// blackHole is about all of them.
	blackHole blackHole
	order     uint64 // given to connections as they are made
	listen    map[uint16][]*TCPListener
	deadline  deadlines
	resting   restingConns

	// forgetful answers SYNs with cookies, on ways that it takes no note of. It is
	// never in conns.
	forgetful     TCPConn
	forgetfulPath path

	udpCnt   udpCounters
	udp      datagramHost // nil: no UDP socket yet, see closedPorts
	icmp     closer       // nil: no raw socket yet
	icmpFull uint64
	overflow uint64 // packets dropped because the inbox was full
}

// New returns a host without interfaces.
func New(c Config) *Stack {
	rng := rand.New(rand.NewPCG(c.Seed, 0x7468696e6e6574))
	s := &Stack{
		clk: c.Clock, ordered: c.Clock.Ordered(), src: c.Source, backlog: c.Backlog,
		rng: rng, key: siphash.Key{K0: rng.Uint64(), K1: rng.Uint64()},
		tcpSet: tcp.NewSettings(c.TCP),
		conns:  newConnTable(),
		paths:  make(map[ends]*path),
		listen: make(map[uint16][]*TCPListener),
		armed:  clock.Never, burstEnds: clock.Never,
	}
	if s.backlog == 0 {
		s.backlog = 16384
	}
	s.tcpMem = tcp.NewMemory(s.tcpSet, &s.tcpCnt)
	s.idle.L = &s.mu
	s.resting.init()
	s.tx.Reset()
	s.nextPort = rng.Uint32()
	s.now = s.clk.Now()
	s.net = network.New(network.Config{Random: rng, Forwarding: c.Forwarding})
	s.net.Handle(wire.ProtocolTCP, (*tcpTransport)(s))
	s.net.Handle(wire.ProtocolUDP, (*closedPorts)(s))
	s.timer = s.clk.NewTimer(s.src, s.tick)
	return s
}

// Clock returns the host's clock.
func (s *Stack) Clock() clock.Clock { return s.clk }

// Now returns the present instant.
func (s *Stack) Now() clock.Time { return s.clk.Now() }

// Close ends the host as if its power failed: nothing is sent any more, every
// call that waits returns, the devices are closed. When it returns nothing of
// the host's is running.
func (s *Stack) Close() {
	s.mu.Lock()
	s.sendNow() // what a burst keeps was written before
	if s.closed {
		for !s.ended {
			s.idle.Wait()
		}
		s.mu.Unlock()
		return
	}
	s.closed = true
	s.timer.Stop()
	if s.flushing != nil {
		s.flushing.Stop()
	}
	for _, c := range s.conns.sorted() {
		c.kill()
		c.conn.Release()
	}
	for _, l := range s.listeners() {
		l.end()
	}
	if s.udp != nil {
		s.udp.close()
	}
	if s.icmp != nil {
		s.icmp.close()
	}
	nics := s.nics
	s.mu.Unlock()
	for _, n := range nics {
		n.dev.SetReceiver(nil)
		n.dev.Close()
	}
	s.mu.Lock()
	for s.pumping > 0 {
		s.idle.Wait()
	}
	s.in.close()
	s.inbox.Release()
	s.net.Close()
	for _, n := range nics {
		n.iface.Out.Release()
		n.held.Release()
	}
	s.ended = true
	s.idle.Broadcast()
	s.mu.Unlock()
}

// Closed reports whether Close was called.
func (s *Stack) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// withNIC runs f under the lock on the interface of a name, and then what f has
// caused to be sent.
func (s *Stack) withNIC(name string, f func(n *nic) error) error {
	s.mu.Lock()
	for _, n := range s.nics {
		if n.iface.Name == name {
			if s.udp != nil {
				s.udp.eager()
			}
			s.readClock()
			err := f(n)
			s.pump()
			s.mu.Unlock()
			return err
		}
	}
	s.mu.Unlock()
	return errors.New("no interface " + strconv.Quote(name))
}
