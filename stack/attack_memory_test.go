package stack_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/stack"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// hold has a siege's strangers complete every handshake, close at once if fin, and
// acknowledge what they are sent, with a window of so many bytes. They never do anything
// of their own accord.
func (s *siege) hold(window uint16, fin bool) {
	s.answer = func(from, to netip.AddrPort, f wire.TCPFields, n int) {
		if f.Flags&wire.FlagRST != 0 {
			return
		}
		end := f.Seq + uint32(n)
		if f.Flags&(wire.FlagSYN|wire.FlagFIN) != 0 {
			end++
		} else if n == 0 && window == 0 {
			end++ // a probe of the window: one before what is acknowledged
		}
		reply := wire.TCPFields{Seq: f.Ack, Ack: end, Flags: wire.FlagACK, Window: window}
		if f.Flags&wire.FlagSYN != 0 {
			forge(s.answers.New(), from, to, reply, &wire.TCPOptions{})
			if fin {
				reply.Flags |= wire.FlagFIN
				forge(s.answers.New(), from, to, reply, &wire.TCPOptions{})
			}
		} else if end != f.Seq || window == 0 {
			forge(s.answers.New(), from, to, reply, &wire.TCPOptions{})
		}
	}
}

// connect has n strangers connect, and returns the victim's ends of the connections.
func (s *siege) connect(t *testing.T, l *stack.TCPListener, n int) []*stack.TCPConn {
	t.Helper()
	var conns []*stack.TCPConn
	for range n {
		from := s.stranger()
		for from.Addr().As4()[0] == 10 {
			from = s.stranger() // those on the link do not answer ARP
		}
		s.forge(from, l.Local(), wire.TCPFields{Seq: s.rng.Uint32(), Window: 0, Flags: wire.FlagSYN}, &wire.TCPOptions{MSS: 1460})
	}
	s.strike()
	for {
		c, err := l.TryAccept()
		if err != nil {
			return conns
		}
		conns = append(conns, c)
	}
}

// served has the client send data to the victim's echo service and look at what comes
// back.
func (s *siege) served(t *testing.T, to netip.AddrPort, n int) {
	t.Helper()
	c, err := s.client.DialTCP(t.Context(), anyPort, to)
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("0123456789"), n/10)
	go func() {
		c.Write(data)
		c.CloseWrite()
	}()
	if b, err := io.ReadAll(c); !bytes.Equal(b, data) || err != nil {
		t.Fatalf("%d bytes of %d came back, %v", len(b), len(data), err)
	}
	c.Close()
	synctest.Wait() // both ends have seen it
}

// echo listens on port 7 of the victim and sends back what comes, as it comes.
func (s *siege) echo(t *testing.T) *stack.TCPListener {
	t.Helper()
	l, err := s.victim.ListenTCP(netip.AddrPortFrom(victimAddr, 7), 0)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(rw{c}, rw{c})
				c.Close()
			}()
		}
	}()
	return l
}

// rw is a connection that only reads and writes.
type rw struct{ c *stack.TCPConn }

func (c rw) Read(b []byte) (int, error)  { return c.c.Read(b) }
func (c rw) Write(b []byte) (int, error) { return c.c.Write(b) }

// Sockstress: thousands of connections hold a window of zero while we have a megabyte for
// each. The memory is bounded, so is the cost of probing them, another client is served;
// and those that nobody wants any more go.
func TestSockstress(t *testing.T) {
	const pressure, high, maxOrphans = 8 << 20, 12 << 20, 100
	n := 4000
	if testing.Short() || race {
		n = 400
	}
	synctest.Test(t, func(t *testing.T) {
		live := packet.Live()
		clk := clock.NewReal()
		s := newSiege(t, clk, stack.Config{TCP: tcp.Settings{
			Mem: tcp.MemLimits{Pressure: pressure, High: high}, MaxOrphans: maxOrphans,
		}})
		defer func() {
			s.close()
			clk.Close()
			if n := packet.Live() - live; n != 0 {
				t.Errorf("%d slabs are still in use", n)
			}
		}()
		l, service := listen(t, s.victim, 0), s.echo(t)
		s.hold(0, false)
		conns := s.connect(t, l, n)
		if len(conns) != n {
			t.Fatalf("%d connections of %d", len(conns), n)
		}
		ended := make(chan error, n)
		data := make([]byte, 1<<20)
		for _, c := range conns {
			go func() {
				_, err := c.Write(data)
				ended <- err
			}()
		}
		synctest.Wait()
		held := s.victim.TCPMemory()
		t.Logf("%+v", held)
		// Each has what is guaranteed, and one large slab went beyond.
		bound := int64(high + n*2*packet.SmallSlab + packet.LargeSlab)
		if held.Held > bound || held.Held < high || !held.Pressure || held.Sockets != n {
			t.Errorf("the memory is %+v, want at most %d", held, bound)
		}
		for range 10 {
			s.served(t, service.Local(), 100_000)
			time.Sleep(time.Minute)
		}
		if held := s.victim.TCPMemory(); held.Held > bound || held.Sockets != n {
			t.Errorf("after ten minutes the memory is %+v", held)
		}
		// A probe after 0.2, 0.4 … seconds, and every two minutes.
		if probes := int(counter(s.victim, "TcpExtTCPZeroWindowProbes")); probes < 10*n || probes > 15*n {
			t.Errorf("%d probes in ten minutes for %d connections", probes, n)
		}
		if len(ended) != 0 {
			t.Errorf("%d writes have returned: %v", len(ended), <-ended)
		}

		// The user has no patience with a part of them.
		impatient := n / 4
		for _, c := range conns[:impatient] {
			set := c.Settings()
			set.UserTimeout = time.Minute
			if err := c.SetSettings(set); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Minute)
		if len(ended) != impatient {
			t.Errorf("%d writes have ended by the user timeout, want %d", len(ended), impatient)
		}
		for range len(ended) {
			if err := <-ended; !errors.Is(err, syscall.ETIMEDOUT) {
				t.Fatalf("a write ended with %v", err)
			}
		}
		// And closes the others: more than may be left to finish by themselves.
		for _, c := range conns {
			c.Close()
		}
		left := s.victim.TCPMemory()
		if left.Orphans > maxOrphans || counter(s.victim, "TcpExtTCPAbortOnMemory") < uint64(n-impatient-maxOrphans) {
			t.Errorf("closed, the memory is %+v, and %d were reset", left, counter(s.victim, "TcpExtTCPAbortOnMemory"))
		}
		s.served(t, service.Local(), 100_000)
		time.Sleep(20 * time.Minute)
		if left := s.victim.TCPMemory(); left != (tcp.MemoryInfo{}) {
			t.Errorf("in the end the memory is %+v", left)
		}
		counts(t, s.victim, map[string]uint64{"TCPMemoryPressures": 1, "ListenOverflows": 0})
	})
}

// A hundred thousand peers let us close and never do so themselves, or close and wait for
// ever for us to. The first are forgotten after a minute, those beyond a bound at once;
// the others are their user's. They hold no memory of queues, and a client is served.
func TestHalfClosed(t *testing.T) {
	const maxWaiting, batch = 30_000, 2000
	n := 100_000
	if testing.Short() || race {
		n = 4000
	}
	for _, weClose := range []bool{true, false} {
		t.Run(fmt.Sprint("we close ", weClose), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := clock.NewReal()
				s := newSiege(t, clk, stack.Config{TCP: tcp.Settings{MaxTWBuckets: maxWaiting}})
				defer clk.Close()
				defer s.close()
				l, service := listen(t, s.victim, 0), s.echo(t)
				s.hold(60000, !weClose)
				n := n
				if !weClose {
					n = max(n/10, batch) // nobody can bound them but their user
				}
				var kept []*stack.TCPConn
				for i := range n / batch {
					conns := s.connect(t, l, batch)
					if len(conns) != batch {
						t.Fatalf("%d connections of %d", len(conns), batch)
					}
					if weClose {
						for _, c := range conns {
							c.Close()
						}
					} else {
						kept = append(kept, conns...)
					}
					if i%10 == 0 {
						s.served(t, service.Local(), 100_000)
					}
				}
				count := func(name string) int { return int(counter(s.victim, name)) }
				time.Sleep(time.Millisecond)
				m := s.victim.TCPMemory()
				if m.Held != 0 || m.Pressure {
					t.Errorf("%d connections with nothing to send hold %d bytes", m.Sockets, m.Held)
				}
				if weClose {
					if over := count("TcpExtTCPTimeWaitOverflow"); m.TimeWait != min(n, maxWaiting) || over < n-maxWaiting {
						t.Errorf("%d connections wait, and %d were forgotten", m.TimeWait, over)
					}
					if m.Sockets+m.Orphans != 0 || s.resets != 0 {
						t.Errorf("%d resets; %+v", s.resets, m)
					}
				}
				time.Sleep(70 * time.Second)
				s.served(t, service.Local(), 100_000)
				m = s.victim.TCPMemory()
				switch {
				case weClose && m != tcp.MemoryInfo{TimeWait: m.TimeWait}:
					t.Errorf("after tcp_fin_timeout there are %+v", m)
				case !weClose && m.Sockets != n:
					t.Errorf("%d of %d connections in CLOSE-WAIT are left to their user", m.Sockets, n)
				}
				for _, c := range kept {
					if i := c.Info(); i.State != tcp.CloseWait {
						t.Fatalf("a connection is in %v", i.State)
					}
					c.Close()
				}
				time.Sleep(time.Second)
				if m := s.victim.TCPMemory(); m.Sockets+m.Orphans != 0 || m.Held != 0 {
					t.Errorf("in the end there are %+v", m)
				}
			})
		})
	}
}
