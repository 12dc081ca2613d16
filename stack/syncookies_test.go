package stack_test

import (
	"errors"
	"io"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link/cable"
	"thinnet/stack"
	"thinnet/transport/tcp"
)

// slow gives a cable a delay of 10 ms each way.
func slow(t *testing.T, cab *cable.Cable) {
	t.Helper()
	for d := range cable.Direction(2) {
		if err := cab.SetImpairment(d, cable.Impairment{Delay: 10 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	}
}

// listen listens on port 80 of a host.
func listen(t testing.TB, h *stack.Stack, backlog int) *stack.TCPListener {
	t.Helper()
	l, err := h.ListenTCP(netip.AddrPortFrom(addr(1), 80), backlog)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// start opens n connections at one time.
func start(t *testing.T, h *stack.Stack, n int) []*stack.TCPConn {
	t.Helper()
	conns := make([]*stack.TCPConn, n)
	for i := range conns {
		var err error
		if conns[i], err = h.StartTCP(anyPort, netip.AddrPortFrom(addr(1), 80), stack.DialOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return conns
}

// established counts connections that are.
func established(conns []*stack.TCPConn) int {
	n := 0
	for _, c := range conns {
		if c.Readiness().State == tcp.Established {
			n++
		}
	}
	return n
}

// counts compares counters of a host, named without TcpExt.
func counts(t *testing.T, h *stack.Stack, want map[string]uint64) {
	t.Helper()
	for name, n := range want {
		if got := counter(h, "TcpExt"+name); got != n {
			t.Errorf("%s is %d, want %d", name, got, n)
		}
	}
}

// Ten connections are opened at once where four may be half open: those beyond are
// opened by cookies, all are, or they come when there is room.
func TestSynCookies(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   tcp.Settings
		soon  int // are open after a round trip
		count map[string]uint64
	}{
		{"under pressure", tcp.Settings{}, 10,
			map[string]uint64{"TCPReqQFullDoCookies": 6, "SyncookiesSent": 6, "SyncookiesRecv": 6, "ListenDrops": 0}},
		{"without timestamps", tcp.Settings{NoTimestamps: true}, 10,
			map[string]uint64{"TCPReqQFullDoCookies": 6, "SyncookiesSent": 6, "SyncookiesRecv": 6}},
		{"always", tcp.Settings{SynCookies: tcp.SynCookiesAlways}, 10,
			map[string]uint64{"TCPReqQFullDoCookies": 10, "SyncookiesSent": 10, "SyncookiesRecv": 10, "SyncookiesFailed": 0}},
		// A second later six come again at once, and then two.
		{"never", tcp.Settings{SynCookies: tcp.SynCookiesNever}, 4,
			map[string]uint64{"TCPReqQFullDrop": 8, "ListenDrops": 8, "SyncookiesSent": 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := clock.NewReal()
				c.set.MaxSynBacklog = 4
				h, cab := hosts(t, clk, stack.Config{TCP: c.set})
				defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
				slow(t, cab)
				l := listen(t, h[1], 0)
				go serve(l)
				conns := start(t, h[0], 10)
				time.Sleep(200 * time.Millisecond)
				if n := established(conns); n != c.soon {
					t.Errorf("%d connections are open, want %d", n, c.soon)
				}
				time.Sleep(10 * time.Second)
				long := make([]byte, 100_000)
				for i, conn := range conns {
					long[0] = byte(i)
					go func() {
						conn.Write(long)
						conn.CloseWrite()
					}()
					b, err := io.ReadAll(conn)
					if len(b) != len(long) || b[0] != byte(i) || err != nil {
						t.Errorf("connection %d: %d bytes came back, %v", i, len(b), err)
					}
					conn.Close()
				}
				counts(t, h[1], c.count)
				l.Close()
				time.Sleep(2 * time.Minute)
				if m := h[1].TCPMemory(); m != (tcp.MemoryInfo{}) {
					t.Errorf("all are closed, and the host has %+v", m)
				}
			})
		})
	}
}

// A connection that is established when no more may wait for Accept is kept half open
// until there is room, or reset; a SYN gets no answer.
func TestAcceptQueueFull(t *testing.T) {
	for _, c := range []struct {
		name     string
		set      tcp.Settings
		accepted int // of three
		count    map[string]uint64
	}{
		{"kept", tcp.Settings{}, 3, map[string]uint64{"SyncookiesSent": 0, "EmbryonicRsts": 0}},
		{"reset", tcp.Settings{AbortOnOverflow: true}, 2, map[string]uint64{"EmbryonicRsts": 1}},
		{"cookies", tcp.Settings{SynCookies: tcp.SynCookiesAlways}, 3, map[string]uint64{"SyncookiesSent": 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := clock.NewReal()
				h, cab := hosts(t, clk, stack.Config{TCP: c.set})
				defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
				slow(t, cab)
				l := listen(t, h[1], 2)
				conns := start(t, h[0], 1)
				time.Sleep(100 * time.Millisecond)
				conns = append(conns, start(t, h[0], 2)...)
				for _, conn := range conns {
					go conn.Write([]byte("hello"))
				}
				time.Sleep(100 * time.Millisecond)
				if n := l.Pending(); n != 2 {
					t.Errorf("%d connections wait for Accept, want 2", n)
				}
				late := start(t, h[0], 1)[0]
				time.Sleep(100 * time.Millisecond)
				if s := late.Readiness().State; s != tcp.SynSent {
					t.Errorf("a SYN that came when the queue was full was answered: %v", s)
				}
				late.Close()
				if n := counter(h[1], "TcpExtListenOverflows"); n < 2 || n != counter(h[1], "TcpExtListenDrops") {
					t.Errorf("%d overflows and %d drops were counted", n, counter(h[1], "TcpExtListenDrops"))
				}
				l.SetDeadline(clk.Now().Add(time.Minute))
				for i := range c.accepted {
					s, err := l.Accept()
					if err != nil {
						t.Fatalf("connection %d: %v", i, err)
					}
					b := make([]byte, 5)
					if _, err := io.ReadFull(s, b); err != nil || string(b) != "hello" {
						t.Errorf("connection %d: read %q, %v", i, b, err)
					}
					s.Close()
				}
				reset := 0
				for _, conn := range conns {
					if errors.Is(conn.Readiness().Err, syscall.ECONNRESET) {
						reset++
					}
				}
				if reset != 3-c.accepted {
					t.Errorf("%d connections were reset, want %d", reset, 3-c.accepted)
				}
				counts(t, h[1], c.count)
			})
		})
	}
}

// Data in a SYN that is answered with a cookie is sent again: a cookie has no place
// for it. That the server knows Fast Open is not forgotten for it.
func TestSynCookieFastOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		set := tcp.Settings{FastOpen: bothEnds}
		h, cab := hosts(t, clk, stack.Config{TCP: set})
		defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
		l := listen(t, h[1], 0)
		l.SetFastOpen(10)
		go serve(l)
		for i, want := range []bool{false, true, false, true} {
			set.SynCookies = tcp.SynCookiesUnderPressure
			if i == 2 {
				set.SynCookies = tcp.SynCookiesAlways
			}
			l.SetSettings(set)
			if answer, got := ask(t, h[0], l.Local(), "hello"); answer != "hello" || got != want {
				t.Errorf("connection %d: %q, data in the SYN: %v, want %v", i, answer, got, want)
			}
		}
		counts(t, h[1], map[string]uint64{"SyncookiesRecv": 1, "TCPFastOpenPassive": 2, "TCPFastOpenPassiveFail": 0})
		l.Close()
	})
}

// A SYN that opens a connection anew from TIME-WAIT gets no cookie: its sender has
// shown who he is, and what was remembered of him takes no more room.
func TestSynCookieTimeWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		h, cab := hosts(t, clk, stack.Config{TCP: tcp.Settings{SynCookies: tcp.SynCookiesAlways}})
		defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
		l := listen(t, h[1], 0)
		from := netip.AddrPortFrom(addr(0), 5000)
		for range 3 {
			c, err := h[0].DialTCP(t.Context(), from, l.Local())
			if err != nil {
				t.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
			c.Close()
			time.Sleep(time.Second)
		}
		counts(t, h[1], map[string]uint64{"SyncookiesSent": 1, "SyncookiesRecv": 1, "TCPTimeWaitRecycled": 2})
		l.Close()
	})
}
