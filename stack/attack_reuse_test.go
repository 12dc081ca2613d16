package stack_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/stack"
	"thinnet/wire"
)

// Connections on few ports open, close, rest and make room for others at random, while stray
// segments come for them: in the end nothing is left of any.
func TestReuseUnderAttack(t *testing.T) {
	live := packet.Live()
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		s := newSiege(t, clk, stack.Config{})
		rng := rand.New(rand.NewPCG(7, 7))
		at := netip.AddrPortFrom(victimAddr, 80)
		l, err := s.victim.ListenTCP(at, 4)
		if err != nil {
			t.Fatal(err)
		}
		var open []*stack.TCPConn
		b := make([]byte, 3000)
		for range 5000 {
			from := netip.AddrPortFrom(clientAddr, uint16(2000+rng.IntN(6)))
			switch k := rng.IntN(12); {
			case k < 2:
				if c, err := s.client.StartTCP(from, at, stack.DialOptions{Reuse: stack.Reuse{Addr: true}}); err == nil {
					open = append(open, c)
				}
			case k < 4:
				if c, err := l.TryAccept(); err == nil {
					open = append(open, c)
				}
			case k < 6:
				flags := []wire.TCPFlags{wire.FlagSYN, wire.FlagRST, wire.FlagACK, wire.FlagFIN | wire.FlagACK, wire.FlagSYN | wire.FlagACK}
				s.forge(from, at, wire.TCPFields{Seq: rng.Uint32(), Ack: rng.Uint32(), Flags: flags[rng.IntN(len(flags))], Window: 1000}, &wire.TCPOptions{})
				s.strike()
			case k == 6:
				time.Sleep(time.Duration(rng.IntN(20)) * time.Second)
			case len(open) > 0:
				i := rng.IntN(len(open))
				switch c := open[i]; k {
				case 7:
					c.TryWrite(b[:1+rng.IntN(len(b))])
				case 8:
					c.TryRead(b)
				case 9:
					c.SetLinger(0)
					fallthrough
				default:
					c.Close()
					open = append(open[:i], open[i+1:]...)
				}
			}
		}
		for _, c := range open {
			c.Close()
		}
		l.Close()
		time.Sleep(30 * time.Minute)
		for _, h := range []*stack.Stack{s.victim, s.client} {
			if m := h.TCPMemory(); len(h.Sockets()) != 0 || m.Sockets+m.TimeWait != 0 || m.Held != 0 {
				t.Errorf("there is still %+v; %+v", h.Sockets(), m)
			}
		}
		if n := counter(s.victim, "TcpExtTCPTimeWaitRecycled"); n == 0 {
			t.Error("no connection made room for another")
		}
		s.close()
		clk.Close()
	})
	if n := packet.Live() - live; n != 0 {
		t.Errorf("%d slabs are still in use", n)
	}
}
