package stack_test

import (
	"errors"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/packet"
	"thinnet/stack"
	"thinnet/wire"
)

// countingClock counts the timers that are set.
type countingClock struct {
	clock.Clock
	mu  sync.Mutex
	set map[*countedTimer]bool
}

type countedTimer struct {
	clock.Timer
	c *countingClock
}

func (c *countingClock) NewTimer(src clock.Source, f func()) clock.Timer {
	t := &countedTimer{c: c}
	t.Timer = c.Clock.NewTimer(src, func() {
		c.note(t, false)
		f()
	})
	return t
}

func (c *countingClock) note(t *countedTimer, set bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if set {
		c.set[t] = true
	} else {
		delete(c.set, t)
	}
}

func (t *countedTimer) Set(at clock.Time) {
	t.c.note(t, at != clock.Never)
	t.Timer.Set(at)
}

func (t *countedTimer) Stop() {
	t.c.note(t, false)
	t.Timer.Stop()
}

// hosts returns two hosts on a cable.
func hosts(t testing.TB, clk clock.Clock, c stack.Config) (hosts [2]*stack.Stack, wire *cable.Cable) {
	t.Helper()
	wire, err := cable.New(clk, cable.Config{Sources: [2]clock.Source{10, 11}})
	if err != nil {
		t.Fatal(err)
	}
	for i, end := range []link.Device{wire.A(), wire.B()} {
		c.Clock, c.Source, c.Seed = clk, clock.Source(i+1), uint64(i)
		hosts[i] = stack.New(c)
		err := hosts[i].AddInterface(stack.InterfaceConfig{
			Name: "eth0", MAC: link.LocalMAC(uint64(i + 1)),
			Addresses: []netip.Prefix{netip.PrefixFrom(addr(i), 24)},
		}, end)
		if err != nil {
			t.Fatal(err)
		}
	}
	return hosts, wire
}

func addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}) }

var anyPort = netip.MustParseAddrPort("0.0.0.0:0")

// Close stops every timer that a busy host has set.
func TestCloseStopsTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := &countingClock{Clock: clock.NewReal(), set: make(map[*countedTimer]bool)}
		h, cab := hosts(t, clk, stack.Config{})
		l, err := h[1].ListenTCP(netip.AddrPortFrom(addr(1), 80), 0)
		if err != nil {
			t.Fatal(err)
		}
		c, err := h[0].DialTCP(t.Context(), anyPort, l.Local())
		if err != nil {
			t.Fatal(err)
		}
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		later := clk.Now().Add(time.Hour)
		l.SetDeadline(later)
		c.SetReadDeadline(later)
		go c.Read(make([]byte, 1))
		u, err := h[0].OpenUDP(anyPort, netip.AddrPort{})
		if err != nil {
			t.Fatal(err)
		}
		u.SetReadDeadline(later)
		i, err := h[0].OpenICMP()
		if err != nil {
			t.Fatal(err)
		}
		i.SetReadDeadline(later)
		cab.Down()
		s.Write([]byte("lost"))
		synctest.Wait()
		if len(clk.set) == 0 {
			t.Fatal("no timer is set: the test tests nothing")
		}
		h[0].Close()
		h[1].Close()
		cab.Close()
		if n := len(clk.set); n != 0 {
			t.Errorf("%d timers are still set", n)
		}
		clk.Close()
	})
}

// A datagram to a port that nobody has gives an error to a connected socket, and
// is counted.
func TestPortUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		h, cab := hosts(t, clk, stack.Config{})
		defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
		u, err := h[0].OpenUDP(anyPort, netip.AddrPortFrom(addr(1), 9))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.WriteTo([]byte("x"), netip.AddrPort{}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := u.ReadFrom(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("ReadFrom: %v, want ECONNREFUSED", err)
		}
		if n := counter(h[1], "UdpNoPorts"); n != 1 {
			t.Errorf("UdpNoPorts is %d, want 1", n)
		}
	})
}

// A reader that is too slow loses datagrams, and they are counted.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := packet.Live()
		clk := clock.NewReal()
		h, cab := hosts(t, clk, stack.Config{})
		server, err := h[1].OpenUDP(netip.MustParseAddrPort("0.0.0.0:7"), netip.AddrPort{})
		if err != nil {
			t.Fatal(err)
		}
		client, err := h[0].OpenUDP(anyPort, netip.AddrPortFrom(addr(1), 7))
		if err != nil {
			t.Fatal(err)
		}
		const sent = 1000
		for range sent {
			if _, err := client.WriteTo(make([]byte, 1000), netip.AddrPort{}); err != nil {
				t.Fatal(err)
			}
		}
		server.SetReadDeadline(clk.Now().Add(time.Second))
		got := 0
		for {
			if _, _, err := server.ReadFrom(make([]byte, 2000)); err != nil {
				break
			}
			got++
		}
		// Linux's default buffer holds some 150 datagrams of this length.
		if got < 100 || got > 200 {
			t.Errorf("%d datagrams were kept", got)
		}
		if d := server.Drops(); d != uint64(sent-got) || counter(h[1], "UdpRcvbufErrors") != d {
			t.Errorf("%d drops counted, and %d by the host; %d of %d arrived", d, counter(h[1], "UdpRcvbufErrors"), got, sent)
		}
		h[0].Close()
		h[1].Close()
		cab.Close()
		clk.Close()
		if n := packet.Live() - live; n != 0 {
			t.Errorf("%d slabs are still in use", n)
		}
	})
}

func counter(s *stack.Stack, name string) uint64 {
	for _, c := range s.Counters() {
		if c.Name == name {
			return c.Value
		}
	}
	panic("no counter " + name)
}

// An echo request sent by a raw socket is answered, with what it carries and the
// peer's TTL.
func TestEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		h, cab := hosts(t, clk, stack.Config{})
		defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
		c, err := h[0].OpenICMP()
		if err != nil {
			t.Fatal(err)
		}
		msg := make([]byte, 64)
		wire.PutICMPv4(msg, wire.ICMPv4Echo, 0, 7<<16|1)
		copy(msg[8:], "abc")
		if err := c.WriteTo(msg, addr(1), 0); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		n, info, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		m, err := wire.ParseICMPv4(b[:n])
		if err != nil || m.Type() != wire.ICMPv4EchoReply || m.ID() != 7 || m.Seq() != 1 || string(b[8:11]) != "abc" {
			t.Errorf("read %x, %v", b[:n], err)
		}
		if info.From != addr(1) || info.TTL != 64 || info.Interface != "eth0" {
			t.Errorf("%+v", info)
		}
	})
}

// A segment for nobody is answered with a reset, a damaged one with nothing.
func TestReset(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			clk := clock.NewReal()
			c, err := cable.New(clk, cable.Config{})
			if err != nil {
				t.Fatal(err)
			}
			s := stack.New(stack.Config{Clock: clk, Source: 1})
			mac, peer := link.LocalMAC(1), link.LocalMAC(2)
			err = s.AddInterface(stack.InterfaceConfig{
				Name: "eth0", MAC: mac, Addresses: []netip.Prefix{netip.PrefixFrom(addr(0), 24)},
			}, c.A())
			if err != nil {
				t.Fatal(err)
			}
			if err := s.AddNeighbor("eth0", addr(1), peer); err != nil {
				t.Fatal(err)
			}
			defer func() { s.Close(); c.Close(); clk.Close() }()
			got := &collector{}
			c.B().SetReceiver(got)

			var out packet.Batch
			p := out.New()
			h := p.Append(wire.TCPMinLen)
			wire.PutTCP(h, &wire.TCPFields{SrcPort: 5, DstPort: 6, Seq: 100, Flags: wire.FlagSYN}, 0)
			sum := wire.PseudoHeader(addr(1), addr(0), wire.ProtocolTCP, len(h))
			wire.TCP(h).SetChecksum(^wire.Fold(wire.Sum(h, sum)))
			if damaged {
				h[4] ^= 1
			}
			wire.PutIPv4(p.Prepend(20), &wire.IPv4Fields{TotalLen: 40, TTL: 64, Protocol: wire.ProtocolTCP, Src: addr(1), Dst: addr(0)})
			wire.PutEthernet(p.Prepend(14), mac, peer, wire.EtherTypeIPv4)
			c.B().WriteBatch(&out)
			synctest.Wait()
			resets := 0
			for _, f := range got.frames {
				if len(f) < 54 || f[23] != byte(wire.ProtocolTCP) {
					continue
				}
				r, err := wire.ParseTCP(f[34:])
				if err != nil {
					t.Fatal(err)
				}
				if r.Flags() != wire.FlagRST|wire.FlagACK || r.Ack() != 101 || r.Seq() != 0 {
					t.Errorf("answered with flags %v, seq %d, ack %d", r.Flags(), r.Seq(), r.Ack())
				}
				resets++
			}
			want := 1
			if damaged {
				want = 0
				if counter(s, "TcpInCsumErrors") != 1 {
					t.Error("the damage was not counted")
				}
			}
			if resets != want {
				t.Errorf("%d resets, want %d", resets, want)
			}
		})
	}
}

type collector struct{ frames [][]byte }

func (c *collector) DeliverBatch(b *packet.Batch) {
	for i := range b.Len() {
		f := make([]byte, b.At(i).Len())
		b.At(i).CopyTo(f, 0)
		c.frames = append(c.frames, f)
	}
	b.Release()
}
