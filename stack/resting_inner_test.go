package stack

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"thinnet/clock"
	"thinnet/network"
	"thinnet/wire"
)

// What waits for the end of TIME-WAIT, and has no user, has no machine either, and no place
// among the deadlines; whatever comes for it, it rests again, and has its end.
func TestRestsWithoutMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		p := newUDPPair(t, clk)
		s := p.hosts[1]
		l, err := s.ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), 0)
		if err != nil {
			t.Fatal(err)
		}
		client, err := p.hosts[0].DialTCP(t.Context(), netip.AddrPort{}, l.Local())
		if err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(clk.Now().Add(10 * time.Second))
		go c.Read(make([]byte, 1))
		synctest.Wait()
		c.Close()
		time.Sleep(time.Second)
		client.Close()
		rests := func(when string) {
			t.Helper()
			time.Sleep(time.Second)
			s.mu.Lock()
			defer s.mu.Unlock()
			if c.rest == nil || c.conn != &s.machines.none || len(s.machines.free) != s.machines.made || len(s.deadline.heap) != 0 {
				t.Errorf("%s: %+v rests %v; %d machines of %d, %d deadlines", when, c, c.rest,
					len(s.machines.free), s.machines.made, len(s.deadline.heap))
			}
		}
		rests("after its end")
		s.Sockets()
		rests("looked at")
		for _, code := range []uint8{wire.ICMPv4FragmentationNeeded, wire.ICMPv4HostUnreachable} {
			header := binary.BigEndian.AppendUint16(nil, c.localPort)
			header = binary.BigEndian.AppendUint16(header, c.remotePort)
			s.mu.Lock()
			(*tcpTransport)(s).Error(s.now, &network.Error{
				Type: wire.ICMPv4Unreachable, Code: code, MTU: 600,
				Src: c.path.Src, Dst: c.path.Dst, Protocol: wire.ProtocolTCP, Transport: append(header, 1, 2, 3, 4),
			})
			s.pump()
			s.mu.Unlock()
			rests("told of what was never sent")
		}
		time.Sleep(time.Minute)
		s.mu.Lock()
		if !c.dead || c.rest != nil || s.conns.len != 0 || s.tcpMem.Info().TimeWait != 0 || len(s.machines.free) != s.machines.made {
			t.Errorf("TIME-WAIT is over, and there is still %+v; %+v", c, s.tcpMem.Info())
		}
		s.mu.Unlock()
		for _, s := range p.hosts {
			s.Close()
		}
		clk.Close()
	})
}

// Where all other ports are taken, a new connection takes the place of one that rests.
func TestDialInPlaceOfResting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		p := newUDPPair(t, clk)
		s := p.hosts[0]
		l, err := p.hosts[1].ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), 0)
		if err != nil {
			t.Fatal(err)
		}
		old, err := s.DialTCP(t.Context(), netip.AddrPort{}, l.Local())
		if err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		old.Close()
		c.Close()
		if old.rest == nil {
			t.Fatal("the connection does not rest")
		}
		other := &TCPListener{s: s, local: netip.MustParseAddrPort("0.0.0.0:0")}
		for port := firstEphemeral; port <= lastEphemeral; port++ {
			if port != int(old.localPort) {
				s.listen[uint16(port)] = []*TCPListener{other}
			}
		}
		again, err := s.DialTCP(t.Context(), netip.AddrPort{}, l.Local())
		if err != nil {
			t.Fatal(err)
		}
		if again.localPort != old.localPort || !old.dead || old.rest != nil || s.TCPMemory().TimeWait != 0 {
			t.Errorf("%+v in place of %+v; %+v", again, old, s.TCPMemory())
		}
		clear(s.listen)
		for _, s := range p.hosts {
			s.Close()
		}
		clk.Close()
	})
}

// Of many that have rested a few are kept for the next, and those hold on to none of the others.
func TestRestingFree(t *testing.T) {
	s := &Stack{}
	s.resting.init()
	conns := make([]*TCPConn, 2*maxResting)
	for i := range conns {
		conns[i] = &TCPConn{s: s, heapIndex: -1, conn: s.machines.borrow()}
		if !s.resting.take(conns[i]) {
			t.Fatal("a connection does not rest")
		}
	}
	if len(s.machines.free) != s.machines.made {
		t.Errorf("%d machines of %d have come back", len(s.machines.free), s.machines.made)
	}
	last := weak.Make(conns[len(conns)-1].rest)
	for _, c := range conns {
		s.resting.remove(c.rest)
		c.rest = nil
	}
	if n := len(s.resting.free); n != maxResting {
		t.Errorf("%d are kept, want %d", n, maxResting)
	}
	for _, e := range s.resting.free {
		if e.conn != nil {
			t.Fatal("what is kept holds on to a connection")
		}
	}
	runtime.GC()
	if last.Value() != nil {
		t.Error("one that is not kept is still there")
	}
	runtime.KeepAlive(s)

	for i := range maxResting + 1 {
		if c := conns[i]; !s.resting.take(c) || c.rest.conn != c {
			t.Fatalf("connection %d does not rest again, or where another does", i)
		}
	}
	for i, c := range conns[:maxResting+1] {
		if first := s.resting.ends.newer.conn; first != c {
			t.Fatalf("the first to wait is not connection %d", i)
		}
		s.resting.remove(c.rest)
	}
	if s.resting.ends.newer != &s.resting.ends || s.resting.ends.older != &s.resting.ends {
		t.Error("somebody rests still")
	}
}
