package stack_test

import (
	"bytes"
	"io"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/stack"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// heap returns the bytes that are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A million SYNs from addresses that nobody has, in ten seconds, and forged
// acknowledgements with them: the host keeps as many connections half open as it may,
// a client is served all the while, and the counters tell what happened.
func TestSYNFlood(t *testing.T) {
	const rounds, halfOpen = 100, 4096
	each := 10_000
	if testing.Short() || race {
		each /= 20
	}
	synctest.Test(t, func(t *testing.T) {
		live := packet.Live()
		clk := clock.NewReal()
		s := newSiege(t, clk, stack.Config{})
		l := listen(t, s.victim, 0)
		go serve(l)
		before := heap()
		data := bytes.Repeat([]byte("0123456789"), 5000)
		syns, acks, unheard := 0, 0, 0
		for round := range rounds {
			for i := range each {
				from := s.stranger()
				f := wire.TCPFields{Seq: s.rng.Uint32(), Window: 65535, Flags: wire.FlagSYN}
				o := wire.TCPOptions{MSS: 1460}
				if s.rng.IntN(2) == 0 {
					o.HasTimestamps, o.TSVal, o.HasScale, o.SACKPermitted = true, s.rng.Uint32(), true, true
				}
				syns++
				s.forge(from, l.Local(), f, &o)
				if i%10 == 0 {
					f.Flags, f.Ack = wire.FlagACK, s.rng.Uint32()
					from = s.stranger()
					s.forge(from, l.Local(), f, &wire.TCPOptions{})
					acks++
					if from.Addr().As4()[0] == 10 {
						unheard++
					}
				}
			}
			s.strike()
			c, err := s.client.DialTCP(t.Context(), anyPort, l.Local())
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			go func() {
				c.Write(data)
				c.CloseWrite()
			}()
			if b, err := io.ReadAll(c); !bytes.Equal(b, data) || err != nil {
				t.Fatalf("round %d: %d bytes came back, %v", round, len(b), err)
			}
			c.Close()
			time.Sleep(100 * time.Millisecond)
			if round%20 == 19 {
				n := 0
				for _, i := range s.victim.Sockets() {
					if i.State == tcp.SynReceived {
						n++
					}
				}
				if n > halfOpen {
					t.Errorf("round %d: %d connections are half open, want at most %d", round, n, halfOpen)
				}
			}
		}
		grown := heap() - before
		t.Logf("%d SYNs and %d acknowledgements: the heap has grown by %d kB", syns, acks, grown>>10)
		if grown > 24<<20 {
			t.Errorf("the heap has grown by %d bytes", grown)
		}
		if s.resets != acks-unheard {
			t.Errorf("%d resets answered %d forged acknowledgements that have a way back", s.resets, acks-unheard)
		}
		time.Sleep(3 * time.Minute)
		count := func(name string) int { return int(counter(s.victim, name)) }
		// Every SYN was answered with a cookie, or left half open until it timed out.
		sent, recv := count("TcpExtSyncookiesSent"), count("TcpExtSyncookiesRecv")
		if n := sent - recv + count("TcpAttemptFails"); n != syns {
			t.Errorf("%d cookies, %d of them acknowledged, and %d timeouts are not %d SYNs",
				sent, recv, count("TcpAttemptFails"), syns)
		}
		if each*rounds > 2*halfOpen && recv < rounds/2 {
			t.Errorf("%d of %d connections were opened by a cookie", recv, rounds)
		}
		if n := count("TcpPassiveOpens"); n != rounds {
			t.Errorf("%d connections were established, want %d", n, rounds)
		}
		if n := count("TcpExtSyncookiesFailed"); n < acks*9/10 || n > acks {
			t.Errorf("%d of %d forged acknowledgements failed", n, acks)
		}
		counts(t, s.victim, map[string]uint64{
			"TCPReqQFullDoCookies": uint64(sent), "TCPReqQFullDrop": 0, "ListenOverflows": 0, "ListenDrops": 0,
		})
		if n := len(s.victim.Sockets()); n != 1 {
			t.Errorf("%d sockets are left, want the listener", n)
		}
		l.Close()
		s.close()
		clk.Close()
		if n := packet.Live() - live; n != 0 {
			t.Errorf("%d slabs are still in use", n)
		}
	})
}

// A SYN that is answered with a cookie allocates nothing, and neither does a forged
// acknowledgement.
func TestForgedSYNAllocs(t *testing.T) {
	if race {
		t.Skip("the race detector allocates")
	}
	clk := clock.NewReal()
	defer clk.Close()
	s := newSiege(t, clk, stack.Config{TCP: tcp.Settings{SynCookies: tcp.SynCookiesAlways}})
	defer s.close()
	l := listen(t, s.victim, 0)
	from := netip.MustParseAddrPort("198.51.100.1:1024")
	o := wire.TCPOptions{MSS: 1460, HasTimestamps: true, HasScale: true, SACKPermitted: true}
	attack := func() {
		s.forge(from, l.Local(), wire.TCPFields{Window: 65535, Flags: wire.FlagSYN}, &o)
		s.forge(from, l.Local(), wire.TCPFields{Window: 65535, Flags: wire.FlagACK, Ack: 1}, &o)
		s.ports[0].recv.DeliverBatch(&s.forged)
	}
	attack()
	if n := testing.AllocsPerRun(1000, attack); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if s.synAcks < 1000 || s.synAcks != s.resets {
		t.Errorf("%d SYNs and %d acknowledgements were answered", s.synAcks, s.resets)
	}
}

// BenchmarkForgedSYN is what a SYN costs a host that is under pressure.
func BenchmarkForgedSYN(b *testing.B) {
	clk := clock.NewReal()
	defer clk.Close()
	s := newSiege(b, clk, stack.Config{TCP: tcp.Settings{SynCookies: tcp.SynCookiesAlways}})
	defer s.close()
	l := listen(b, s.victim, 0)
	f := wire.TCPFields{Window: 65535, Flags: wire.FlagSYN}
	o := wire.TCPOptions{MSS: 1460, HasTimestamps: true, HasScale: true, SACKPermitted: true}
	from := netip.MustParseAddrPort("198.51.100.1:1024")
	b.ReportAllocs()
	for b.Loop() {
		forge(s.forged.New(), from, l.Local(), f, &o)
		if s.forged.Len() == 64 {
			s.ports[0].recv.DeliverBatch(&s.forged) // strike waits, which is for bubbles
		}
	}
	s.ports[0].recv.DeliverBatch(&s.forged)
	if s.synAcks == 0 {
		b.Fatal("nothing was answered")
	}
}
