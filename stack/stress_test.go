package stack_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/stack"
)

var stress = flag.Duration("stress", 0, "how long TestStress lasts, in real time; without, it is one round")

// TestStress lets three hosts around a router talk all at once, while somebody looks at
// the counters, which stops the cables' short way, and deadlines pass. Nothing is lost
// that TCP carries, no datagram overtakes another, nobody waits for ever, and nothing is
// left when the hosts are closed in the midst of it.
func TestStress(t *testing.T) {
	begin := time.Now()
	for first := true; first || time.Since(begin) < *stress; first = false {
		live := packet.Live()
		stressRound(t)
		if n := packet.Live() - live; n != 0 {
			t.Fatalf("%d slabs are still in use", n)
		}
	}
}

func stressRound(t *testing.T) {
	clk := clock.NewReal()
	defer clk.Close()
	n := newStar(t, clk)
	var talks, rest sync.WaitGroup
	var over atomic.Bool
	for i, h := range n.hosts {
		to := n.addr[(i+1)%len(n.hosts)]
		peer := n.hosts[(i+1)%len(n.hosts)]
		l, err := peer.ListenTCP(netip.AddrPortFrom(to, 7), 4)
		if err != nil {
			t.Fatal(err)
		}
		for k := range 3 {
			c, err := h.DialTCP(t.Context(), netip.AddrPort{}, netip.AddrPortFrom(to, 7))
			if err != nil {
				t.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			size := []int{10, 5000, 100_000}[k] // round trips, and what is copied without the lock
			talks.Go(func() { echo(s, size) })
			talks.Go(func() { talk(t, c, size) })
		}
		in, err := peer.OpenUDP(netip.AddrPortFrom(to, 9), netip.AddrPort{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := h.OpenUDP(anyPort, netip.AddrPortFrom(to, 9))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			rest.Go(func() { readRising(t, in) })
		}
		rest.Go(func() {
			b := make([]byte, 300)
			for k := uint64(1); !over.Load(); k++ {
				binary.BigEndian.PutUint64(b, k)
				if _, err := out.WriteTo(b, netip.AddrPort{}); err != nil && !h.Closed() {
					t.Errorf("write: %v", err)
				}
				if k%256 == 0 {
					h.Interfaces()
					in.SetReadDeadline(clk.Now())
					in.SetReadDeadline(clock.Never)
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	finished := make(chan struct{})
	go func() { talks.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-time.After(time.Minute):
		t.Error("somebody waits for ever")
	}
	n.router.Close()
	for _, h := range n.hosts {
		h.Close()
	}
	over.Store(true)
	rest.Wait()
	for _, c := range n.cables {
		c.Close()
	}
}

// talk writes blocks of numbers and reads them back.
func talk(t *testing.T, c *stack.TCPConn, size int) {
	out, in := make([]byte, size), make([]byte, size)
	for k := range 100 {
		for i := range out {
			out[i] = byte(k + i/7)
		}
		if _, err := c.Write(out); err != nil {
			t.Errorf("write %d of %d bytes: %v", k, size, err)
			return
		}
		if _, err := io.ReadFull(c, in); err != nil {
			t.Errorf("read %d of %d bytes: %v", k, size, err)
			return
		}
		if string(in) != string(out) {
			t.Errorf("block %d of %d bytes came back changed", k, size)
		}
	}
	c.Close()
}

// echo sends back what comes.
func echo(c *stack.TCPConn, size int) {
	b := make([]byte, size)
	for {
		n, err := c.Read(b)
		if err != nil {
			c.Close()
			return
		}
		c.Write(b[:n])
	}
}

// readRising reads numbered datagrams until the socket is closed. Each reader sees some of
// them, and those in order.
func readRising(t *testing.T, u *stack.UDPConn) {
	b := make([]byte, 300)
	last := uint64(0)
	for {
		n, _, err := u.ReadFrom(b)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // a deadline
		}
		if k := binary.BigEndian.Uint64(b[:n]); k <= last {
			t.Errorf("datagram %d came after %d", k, last)
		} else {
			last = k
		}
	}
}

// star is hosts around a router.
type star struct {
	router *stack.Stack
	hosts  [3]*stack.Stack
	addr   [3]netip.Addr
	cables [3]*cable.Cable
}

func newStar(t *testing.T, clk clock.Clock) *star {
	n := &star{router: stack.New(stack.Config{Clock: clk, Forwarding: true})}
	plug := func(s *stack.Stack, name string, a netip.Addr, mac uint64, dev link.Device) {
		err := s.AddInterface(stack.InterfaceConfig{
			Name: name, MAC: link.LocalMAC(mac), Addresses: []netip.Prefix{netip.PrefixFrom(a, 24)},
		}, dev)
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range n.hosts {
		wire, err := cable.New(clk, cable.Config{})
		if err != nil {
			t.Fatal(err)
		}
		via := netip.AddrFrom4([4]byte{10, 0, byte(i), 1})
		n.cables[i], n.addr[i] = wire, via.Next()
		n.hosts[i] = stack.New(stack.Config{Clock: clk, Seed: uint64(i)})
		plug(n.router, "eth"+string(rune('0'+i)), via, uint64(10+i), wire.A())
		plug(n.hosts[i], "eth0", n.addr[i], uint64(20+i), wire.B())
		err = n.hosts[i].AddRoute(route.Entry{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: via, Interface: 1})
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}
