package stack_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link/cable"
	"thinnet/siphash"
	"thinnet/stack"
	"thinnet/transport/tcp"
)

const bothEnds = tcp.FastOpenClient | tcp.FastOpenServer

// serve answers every connection with what it said.
func serve(l *stack.TCPListener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			b, _ := io.ReadAll(c)
			c.Write(b)
			c.Close()
		}()
	}
}

// ask sends data by Fast Open and returns what comes back.
func ask(t *testing.T, h *stack.Stack, to netip.AddrPort, data string) (answer string, synData bool) {
	t.Helper()
	c, err := h.DialFastOpen(t.Context(), anyPort, to, stack.DialOptions{}, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.CloseWrite()
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), c.Info().Options.SynData
}

// The first connection asks for a cookie, and those after it carry data in the SYN,
// if both ends will. What is written arrives in any case.
func TestFastOpen(t *testing.T) {
	long := string(slices.Repeat([]byte("0123456789"), 1000))
	for _, c := range []struct {
		name     string
		mode     tcp.FastOpenMode
		listener int
		data     string
		want     []bool // whether the data of each connection's SYN is acknowledged
		counters map[string]uint64
	}{
		{"agreed", bothEnds, 10, "hello", []bool{false, true, true},
			map[string]uint64{"TcpExtTCPFastOpenCookieReqd": 1, "TcpExtTCPFastOpenPassive": 2}},
		{"more than a segment", bothEnds, 10, long, []bool{false, true},
			map[string]uint64{"TcpExtTCPFastOpenPassive": 1}},
		{"not asked for by the listener", bothEnds, 0, "hello", []bool{false, false}, nil},
		{"for all listeners", bothEnds | tcp.FastOpenAllListeners, 0, "hello", []bool{false, true},
			map[string]uint64{"TcpExtTCPFastOpenPassive": 1}},
		{"no server", tcp.FastOpenClient, 10, "hello", []bool{false, false}, nil},
		{"no cookies", bothEnds | tcp.FastOpenClientNoCookie | tcp.FastOpenServerNoCookie, 10, "hello", []bool{true, true},
			map[string]uint64{"TcpExtTCPFastOpenPassive": 2}},
		{"no cookie known to a server that wants one", bothEnds | tcp.FastOpenClientNoCookie, 10, "hello", []bool{false},
			map[string]uint64{"TcpExtTCPFastOpenPassive": 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := clock.NewReal()
				h, cab := hosts(t, clk, stack.Config{TCP: tcp.Settings{FastOpen: c.mode}})
				defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
				l := listen(t, h[1], 0)
				l.SetFastOpen(c.listener)
				go serve(l)
				for i, want := range c.want {
					answer, got := ask(t, h[0], l.Local(), c.data)
					if answer != c.data {
						t.Errorf("connection %d: %d bytes came back, want %d", i, len(answer), len(c.data))
					}
					if got != want {
						t.Errorf("connection %d: data in the SYN: %v, want %v", i, got, want)
					}
				}
				for name, want := range c.counters {
					if n := counter(h[1], name); n != want {
						t.Errorf("%s is %d, want %d", name, n, want)
					}
				}
				l.Close()
			})
		})
	}
}

// A host that must not use Fast Open says so, whatever it knows.
func TestFastOpenOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		h, cab := hosts(t, clk, stack.Config{TCP: tcp.Settings{FastOpen: tcp.FastOpenOff}})
		defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
		to := netip.AddrPortFrom(addr(1), 80)
		if _, err := h[0].DialFastOpen(t.Context(), anyPort, to, stack.DialOptions{}, nil); !errors.Is(err, syscall.EOPNOTSUPP) {
			t.Errorf("DialFastOpen: %v, want EOPNOTSUPP", err)
		}
	})
}

// Who dials does not wait for longer than his context for room for his data.
func TestDialFastOpenContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		h, cab := hosts(t, clk, stack.Config{TCP: tcp.Settings{FastOpen: bothEnds}})
		defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
		l := listen(t, h[1], 0)
		defer l.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		// Nobody reads it.
		c, err := h[0].DialFastOpen(ctx, anyPort, l.Local(), stack.DialOptions{}, make([]byte, 32<<20))
		if c != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("returned %v, %v; want the context's error", c, err)
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("returned after %v, want 1s", d)
		}
		synctest.Wait()
		if n := len(h[0].Sockets()); n != 0 {
			t.Errorf("%d connections are left, want none", n)
		}
	})
}

// A closed host says that it is closed, whether it may use Fast Open or not.
func TestFastOpenClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		h, cab := hosts(t, clk, stack.Config{TCP: tcp.Settings{FastOpen: tcp.FastOpenOff}})
		defer func() { h[1].Close(); cab.Close(); clk.Close() }()
		h[0].Close()
		to := netip.AddrPortFrom(addr(1), 80)
		if _, err := h[0].DialFastOpen(t.Context(), anyPort, to, stack.DialOptions{}, nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("DialFastOpen: %v", err)
		}
		if _, _, err := h[0].StartFastOpen(anyPort, to, stack.DialOptions{}, nil, false); !errors.Is(err, net.ErrClosed) {
			t.Errorf("StartFastOpen: %v", err)
		}
	})
}

// A server with another key does not know its predecessor's cookies: the data goes
// again, and the client learns the new one.
func TestFastOpenKeyChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		set := tcp.Settings{FastOpen: bothEnds}
		h, cab := hosts(t, clk, stack.Config{TCP: set})
		defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
		l := listen(t, h[1], 0)
		l.SetFastOpen(1)
		go serve(l)
		for i, want := range []bool{false, true, false, true} {
			if i == 2 {
				set.FastOpenKey = siphash.Key{K0: 1}
				l.SetSettings(set)
			}
			if answer, got := ask(t, h[0], l.Local(), "hello"); answer != "hello" || got != want {
				t.Errorf("connection %d: %q, data in the SYN: %v, want %v", i, answer, got, want)
			}
		}
		if n := counter(h[1], "TcpExtTCPFastOpenPassiveFail"); n != 1 {
			t.Errorf("TCPFastOpenPassiveFail is %d, want 1", n)
		}
		if n := counter(h[0], "TcpExtTCPFastOpenActiveFail"); n != 1 {
			t.Errorf("TCPFastOpenActiveFail is %d, want 1", n)
		}
		l.Close()
	})
}

// A listener has no more connections than it was told whose handshake is not
// complete; those beyond are opened as ever.
func TestFastOpenLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		h, cab := hosts(t, clk, stack.Config{TCP: tcp.Settings{FastOpen: bothEnds}})
		defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
		l := listen(t, h[1], 0)
		l.SetFastOpen(1)
		c, err := h[0].DialFastOpen(t.Context(), anyPort, l.Local(), stack.DialOptions{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		// Both SYNs arrive before either's answer is acknowledged.
		for d := range cable.Direction(2) {
			if err := cab.SetImpairment(d, cable.Impairment{Delay: 10 * time.Millisecond}); err != nil {
				t.Fatal(err)
			}
		}
		var conns [2]*stack.TCPConn
		for i := range conns {
			if !h[0].CanFastOpen(anyPort, l.Local(), nil) {
				t.Fatal("no cookie was learnt")
			}
			var n int
			conns[i], n, err = h[0].StartFastOpen(anyPort, l.Local(), stack.DialOptions{}, []byte("hello"), false)
			if err != nil || n != 5 {
				t.Fatalf("StartFastOpen took %d bytes: %v", n, err)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for range 3 {
			c, err := l.TryAccept()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
		over := counter(h[1], "TcpExtTCPFastOpenListenOverflow")
		passive := counter(h[1], "TcpExtTCPFastOpenPassive")
		if over != 1 || passive != 1 {
			t.Errorf("%d accepted with their data, %d were too many: want 1 and 1", passive, over)
		}
		for _, c := range conns {
			if n := c.Readiness().Unacked; n != 0 {
				t.Errorf("%d bytes were not acknowledged", n)
			}
			c.Close()
		}
		l.Close()
	})
}

// When a host's connections by Fast Open get no answer, it does without for a time,
// whatever the server: for the one that has worked so far as well.
func TestFastOpenBlackhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		set := tcp.Settings{FastOpen: bothEnds, FastOpenBlackholeTimeout: time.Hour}
		h, cab := hosts(t, clk, stack.Config{TCP: set})
		defer func() { h[0].Close(); h[1].Close(); cab.Close(); clk.Close() }()
		l := listen(t, h[1], 0)
		l.SetFastOpen(10)
		go serve(l)
		try := func(what string, want bool) {
			t.Helper()
			if answer, got := ask(t, h[0], l.Local(), "hello"); answer != "hello" || got != want {
				t.Errorf("%s: %q, data in the SYN: %v, want %v", what, answer, got, want)
			}
		}
		try("asking for a cookie", false)
		try("with a cookie", true)
		if err := cab.SetImpairment(cable.AToB, cable.Impairment{Loss: 1}); err != nil {
			t.Fatal(err)
		}
		swallowed, _, err := h[0].StartFastOpen(anyPort, l.Local(), stack.DialOptions{}, []byte("hello"), false)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // SYNs at 0, 1, 3 and 7 s
		swallowed.Close()
		counts(t, h[0], map[string]uint64{"TCPFastOpenBlackhole": 1})
		if err := cab.SetImpairment(cable.AToB, cable.Impairment{}); err != nil {
			t.Fatal(err)
		}
		try("soon afterwards", false)
		time.Sleep(time.Hour)
		try("an hour later", true)
		l.Close()
	})
}
