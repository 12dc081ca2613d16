package stack

import (
	"net/netip"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/packet"
	"thinnet/wire"
)

// Only what is surely a datagram of the flow is taken for one.
func TestFlowHas(t *testing.T) {
	local, remote := netip.MustParseAddrPort("10.0.0.2:7"), netip.MustParseAddrPort("10.0.0.1:5000")
	f := flowTo(local, remote)
	for _, tt := range []struct {
		name   string
		spoil  func(p *packet.Packet, h []byte)
		wanted bool
	}{
		{"one of the flow", func(*packet.Packet, []byte) {}, true},
		{"from another port", func(_ *packet.Packet, h []byte) { h[34]++ }, false},
		{"to another port", func(_ *packet.Packet, h []byte) { h[37]++ }, false},
		{"from another address", func(_ *packet.Packet, h []byte) { h[29]++ }, false},
		{"to another address", func(_ *packet.Packet, h []byte) { h[33]++ }, false},
		{"TCP", func(_ *packet.Packet, h []byte) { h[23] = byte(wire.ProtocolTCP) }, false},
		{"a first fragment", func(_ *packet.Packet, h []byte) { h[20] |= 0x20 }, false},
		{"a later fragment", func(_ *packet.Packet, h []byte) { h[21] = 1 }, false},
		{"IP options", func(_ *packet.Packet, h []byte) { h[14] = 0x46 }, false},
		{"ARP", func(_ *packet.Packet, h []byte) { h[13] = 6 }, false},
		{"cut off", func(p *packet.Packet, _ []byte) { p.Truncate(41) }, false},
		{"without a link header", func(p *packet.Packet, _ []byte) { p.NetworkOffset = 0 }, false},
	} {
		var p packet.Packet
		p.Reset()
		wire.PutUDP(p.Append(wire.UDPLen), remote.Port(), local.Port(), wire.UDPLen)
		wire.PutIPv4(p.Prepend(wire.IPv4MinLen), &wire.IPv4Fields{
			TotalLen: wire.IPv4MinLen + wire.UDPLen, TTL: 64, Protocol: wire.ProtocolUDP, Src: remote.Addr(), Dst: local.Addr(),
		})
		p.NetworkOffset = 0
		wire.PutEthernet(p.Prepend(wire.EthernetLen), wire.MAC{2}, wire.MAC{4}, wire.EtherTypeIPv4)
		tt.spoil(&p, p.Head())
		if got := f.has(&p); got != tt.wanted {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.wanted)
		}
	}
}

// udpPair is two hosts, the first with a socket to send from, and the second with one to read.
type udpPair struct {
	t          *testing.T
	hosts      [2]*Stack
	wire       *cable.Cable
	send, read *UDPConn
	to         string // where to
	prompt     bool   // what is written is sent at once
}

// newLazyPair returns a pair whose reader got many datagrams, and has not come back for more.
func newLazyPair(t *testing.T) *udpPair {
	clk := clock.NewReal()
	t.Cleanup(clk.Close)
	p := newUDPPair(t, clk)
	p.prompt = true
	p.write(busyFrom)
	p.reads(busyFrom)
	return p
}

func newUDPPair(t *testing.T, clk clock.Clock) *udpPair {
	wire, err := cable.New(clk, cable.Config{Sources: [2]clock.Source{10, 11}})
	if err != nil {
		t.Fatal(err)
	}
	p := &udpPair{t: t, to: "10.0.0.2:7", wire: wire}
	for i, end := range []link.Device{wire.A(), wire.B()} {
		s := New(Config{Clock: clk, Source: clock.Source(i + 1), Seed: uint64(i)})
		t.Cleanup(s.Close)
		p.hosts[i] = s
		addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		err := s.AddInterface(InterfaceConfig{
			Name: "eth0", MAC: link.LocalMAC(uint64(i + 1)), Addresses: []netip.Prefix{netip.PrefixFrom(addr, 24)},
		}, end)
		if err != nil {
			t.Fatal(err)
		}
	}
	p.read = p.open(1, "0.0.0.0:7", "")
	p.send = p.open(0, "0.0.0.0:5000", p.to)
	return p
}

func (p *udpPair) open(host int, local, remote string) *UDPConn {
	p.t.Helper()
	var to netip.AddrPort
	if remote != "" {
		to = netip.MustParseAddrPort(remote)
	}
	u, err := p.hosts[host].OpenUDP(netip.MustParseAddrPort(local), to)
	if err != nil {
		p.t.Fatal(err)
	}
	return u
}

func (p *udpPair) write(n int) {
	p.t.Helper()
	for range n {
		if _, err := p.send.WriteTo([]byte{1, 2, 3}, netip.MustParseAddrPort(p.to)); err != nil {
			p.t.Fatal(err)
		}
		if p.prompt {
			p.hosts[0].flushOut()
		}
	}
}

func (p *udpPair) reads(n int) {
	p.t.Helper()
	b := make([]byte, 10)
	for range n {
		if k, _, err := p.read.ReadFrom(b); k != 3 || err != nil {
			p.t.Fatalf("read %d bytes, %v", k, err)
		}
	}
}

// waiting returns how many packets wait in the second host's inbox.
func (p *udpPair) waiting() int {
	in := &p.hosts[1].in
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.batch.Len()
}

func (p *udpPair) want(waiting int, when string) {
	p.t.Helper()
	if n := p.waiting(); n != waiting {
		p.t.Errorf("%s: %d packets wait, want %d", when, n, waiting)
	}
}

// What comes for one who is busy reading waits until he looks, and there is a bound to that.
func TestLazy(t *testing.T) {
	p := newLazyPair(t)
	p.write(10)
	p.want(10, "a few")
	p.reads(10)
	p.want(0, "after a read")
	p.write(maxWaiting)
	p.want(maxWaiting, "many")
	p.write(1)
	p.want(0, "one more")
	p.write(5)
	p.reads(maxWaiting + 6)
}

// Who waits is woken at once, though he was busy before.
func TestLazyReaderWaits(t *testing.T) {
	p := newLazyPair(t)
	got := make(chan int)
	go func() {
		n, _, _ := p.read.ReadFrom(make([]byte, 10))
		got <- n
	}()
	for range 1000 { // until he has parked
		p.hosts[1].mu.Lock()
		parked := p.read.readers.count > 0
		p.hosts[1].mu.Unlock()
		if parked {
			break
		}
		time.Sleep(time.Millisecond)
	}
	p.write(1)
	if n := <-got; n != 3 {
		t.Errorf("read %d bytes", n)
	}
}

// Whatever could tell that datagrams wait makes an end of it.
func TestLazyEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(p *udpPair)
	}{
		{"something else comes in", func(p *udpPair) {
			p.open(0, "0.0.0.0:5001", "").WriteTo([]byte{4}, netip.MustParseAddrPort("10.0.0.2:8"))
		}},
		{"counters are read", func(p *udpPair) {
			for _, c := range p.hosts[1].Counters() {
				if c.Name == "UdpInDatagrams" && c.Value != busyFrom+3 {
					p.t.Errorf("%d datagrams are counted, want %d", c.Value, busyFrom+3)
				}
			}
		}},
		{"sockets are looked at", func(p *udpPair) {
			if i := p.hosts[1].Sockets(); len(i) != 1 || i[0].RecvQueue < 9 {
				p.t.Errorf("sockets %+v", i)
			}
		}},
		{"interfaces are looked at", func(p *udpPair) { p.hosts[1].Interfaces() }},
		{"drops are read", func(p *udpPair) { p.read.Drops() }},
		{"another socket is opened", func(p *udpPair) { p.open(1, "10.0.0.2:9", "10.0.0.1:9") }},
		{"the interface goes down", func(p *udpPair) { p.hosts[1].SetUp("eth0", false) }},
		{"the socket is closed", func(p *udpPair) { p.read.Close() }},
	} {
		p := newLazyPair(t)
		p.write(3)
		p.want(3, tt.name+": before")
		tt.do(p)
		p.want(0, tt.name)
	}
}

// A socket closed in the midst of it leaves nobody lazy: the next one on the port is told of
// its datagrams.
func TestLazyClosed(t *testing.T) {
	p := newLazyPair(t)
	p.read.Close()
	p.read = p.open(1, "0.0.0.0:7", "")
	p.write(1)
	p.want(0, "a new socket")
	p.reads(1)
}

// What was left alone for long does not tell the host what time it is: its timers would be
// set for instants that are over.
func TestLazyTime(t *testing.T) {
	p := newLazyPair(t)
	s := p.hosts[1]
	p.write(1)
	p.want(1, "before")
	time.Sleep(20 * time.Millisecond)
	now := s.clk.Now()
	s.Counters()
	p.want(0, "counters are read")
	if s.now < now {
		t.Errorf("the host believes that it is %v ago", now.Sub(s.now))
	}
}

// Where somebody else waits for datagrams of the socket, none are left alone.
func TestLazyBesideAnother(t *testing.T) {
	clk := clock.NewReal()
	t.Cleanup(clk.Close)
	p := newUDPPair(t, clk)
	p.read.readers.count++ // he has parked
	p.write(busyFrom)
	p.reads(busyFrom)
	p.write(1)
	p.want(0, "somebody waits")
	p.read.readers.count--
}

// Who reads while another closes the socket does not have the datagrams left alone again:
// nobody would look for them any more.
func TestCloseBesideReader(t *testing.T) {
	p := newLazyPair(t)
	s, u := p.hosts[1], p.read
	s.mu.Lock()
	u.host.beLazy(u)
	s.in.mu.Lock()
	if bell := s.in.bell; bell != nil {
		bell.Mute(0)
	}
	s.in.bell = packet.NewDoorbell(func() {
		s.mu.Lock() // a reader, who has got many
		u.host.beLazy(u)
		s.mu.Unlock()
	})
	s.in.mu.Unlock()
	s.mu.Unlock()
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.host.lazy != nil {
		t.Error("the datagrams of a closed socket are left alone")
	}
}
