package stack_test

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/stack"
)

// inTime runs f with two hosts on a cable, in virtual time.
func inTime(t *testing.T, f func(t *testing.T, h [2]*stack.Stack)) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewOrdered(synctest.Wait)
		h, cab := hosts(t, clk, stack.Config{})
		f(t, h)
		h[0].Close()
		h[1].Close()
		cab.Close()
		clk.Close()
	})
}

// What of a listener's address and port another socket may have: Linux's rules.
func TestReuse(t *testing.T) {
	none, address, port := stack.Reuse{}, stack.Reuse{Addr: true}, stack.Reuse{Port: true}
	for _, tt := range []struct {
		name     string
		has      stack.Reuse // of the listener that there was
		listener bool        // it is still there; otherwise a connection of its in TIME-WAIT
		wants    stack.Reuse
		want     error
	}{
		{"TIME-WAIT, neither", none, false, none, syscall.EADDRINUSE},
		{"TIME-WAIT, the new one", none, false, address, syscall.EADDRINUSE},
		{"TIME-WAIT, the old one", address, false, none, syscall.EADDRINUSE},
		{"TIME-WAIT, both", address, false, address, nil},
		{"TIME-WAIT, both share the port", port, false, port, nil},
		{"a listener, neither", none, true, none, syscall.EADDRINUSE},
		{"a listener, SO_REUSEADDR", address, true, address, syscall.EADDRINUSE},
		{"a listener, SO_REUSEPORT", port, true, port, nil},
		{"a listener, SO_REUSEPORT of one", port, true, none, syscall.EADDRINUSE},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(t *testing.T, h [2]*stack.Stack) {
				at := netip.AddrPortFrom(addr(1), 80)
				l, err := h[1].ListenTCPOptions(at, stack.ListenOptions{Reuse: tt.has})
				if err != nil {
					t.Fatal(err)
				}
				if !tt.listener {
					c, err := h[0].DialTCP(t.Context(), anyPort, at)
					if err != nil {
						t.Fatal(err)
					}
					s, err := l.Accept()
					if err != nil {
						t.Fatal(err)
					}
					s.Close()
					c.Close()
					l.Close()
				}
				_, err = h[1].ListenTCPOptions(at, stack.ListenOptions{Reuse: tt.wants})
				if !errors.Is(err, tt.want) {
					t.Errorf("listening again: %v, want %v", err, tt.want)
				}
				if tt.listener {
					return
				}
				// TIME-WAIT ends.
				time.Sleep(time.Minute + time.Second)
				if tt.want == nil {
					return
				}
				if _, err := h[1].ListenTCPOptions(at, stack.ListenOptions{Reuse: tt.wants}); err != nil {
					t.Errorf("after a minute: %v", err)
				}
			})
		})
	}
}

// A local port that the user names is had by one connection alone, unless all say
// that they share it; two connections to one peer cannot share it in any case.
func TestReuseDial(t *testing.T) {
	inTime(t, func(t *testing.T, h [2]*stack.Stack) {
		var to [2]netip.AddrPort
		for i := range to {
			to[i] = netip.AddrPortFrom(addr(1), uint16(80+i))
			if _, err := h[1].ListenTCP(to[i], 0); err != nil {
				t.Fatal(err)
			}
		}
		dial := func(port uint16, to netip.AddrPort, o stack.DialOptions) error {
			_, err := h[0].DialTCPOptions(t.Context(), netip.AddrPortFrom(netip.IPv4Unspecified(), port), to, o)
			return err
		}
		shared := stack.DialOptions{Reuse: stack.Reuse{Addr: true}}
		for i, tt := range []struct {
			port uint16
			to   netip.AddrPort
			o    stack.DialOptions
			want error
		}{
			{5000, to[0], stack.DialOptions{}, nil},
			{5000, to[1], stack.DialOptions{}, syscall.EADDRINUSE},
			{5000, to[1], shared, syscall.EADDRINUSE},
			{5001, to[0], shared, nil},
			{5001, to[1], shared, nil},
			{5001, to[1], shared, syscall.EADDRINUSE},
		} {
			if err := dial(tt.port, tt.to, tt.o); !errors.Is(err, tt.want) {
				t.Errorf("%d: from port %d to %v: %v, want %v", i, tt.port, tt.to, err, tt.want)
			}
		}
	})
}

// Listeners that share a port each get their part of the connections.
func TestReusePort(t *testing.T) {
	inTime(t, func(t *testing.T, h [2]*stack.Stack) {
		to := netip.AddrPortFrom(addr(1), 80)
		var l [3]*stack.TCPListener
		for i := range l {
			var err error
			l[i], err = h[1].ListenTCPOptions(to, stack.ListenOptions{Reuse: stack.Reuse{Port: true}})
			if err != nil {
				t.Fatal(err)
			}
		}
		const count = 90
		for range count {
			if _, err := h[0].DialTCP(t.Context(), anyPort, to); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Millisecond)
		sum := 0
		for i := range l {
			n := l[i].Pending()
			sum += n
			if n < count/6 {
				t.Errorf("listener %d got %d of %d connections, want about a third", i, n, count)
			}
		}
		if sum != count {
			t.Errorf("%d connections are pending, want %d", sum, count)
		}
		// Those that remain get what comes.
		l[0].Close()
		l[1].Close()
		before := l[2].Pending()
		for range 10 {
			if _, err := h[0].DialTCP(t.Context(), anyPort, to); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Millisecond)
		if n := l[2].Pending() - before; n != 10 {
			t.Errorf("the last listener got %d of 10 connections", n)
		}
	})
}

// UDP sockets that share a port, too.
func TestReusePortUDP(t *testing.T) {
	inTime(t, func(t *testing.T, h [2]*stack.Stack) {
		to := netip.AddrPortFrom(addr(1), 53)
		var u [2]*stack.UDPConn
		for i := range u {
			var err error
			if u[i], err = h[1].OpenUDPOptions(to, netip.AddrPort{}, stack.UDPOptions{ReusePort: true}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h[1].OpenUDP(to, netip.AddrPort{}); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("one that does not share: %v, want EADDRINUSE", err)
		}
		for range 40 {
			c, err := h[0].OpenUDP(anyPort, to)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.WriteTo([]byte("x"), to); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Millisecond)
		for i := range u {
			u[i].SetReadDeadline(h[1].Now() + 1)
			n := 0
			for {
				if _, _, err := u[i].ReadFrom(make([]byte, 10)); err != nil {
					break
				}
				n++
			}
			if n < 10 {
				t.Errorf("socket %d got %d of 40 datagrams, want about half", i, n)
			}
		}
	})
}

// An option of one connection is no other's.
func TestChangeSettings(t *testing.T) {
	inTime(t, func(t *testing.T, h [2]*stack.Stack) {
		to := netip.AddrPortFrom(addr(1), 80)
		if _, err := h[1].ListenTCP(to, 0); err != nil {
			t.Fatal(err)
		}
		var c [2]*stack.TCPConn
		for i := range c {
			var err error
			if c[i], err = h[0].DialTCP(t.Context(), anyPort, to); err != nil {
				t.Fatal(err)
			}
		}
		set := c[0].Settings()
		set.CongestionControl = "reno"
		if err := c[0].SetSettings(set); err != nil {
			t.Fatal(err)
		}
		set.CongestionControl = "none"
		if err := c[0].SetSettings(set); err == nil {
			t.Error("an unknown algorithm was taken")
		}
		if a, b := c[0].Info().CongestionName, c[1].Info().CongestionName; a != "reno" || b != "cubic" {
			t.Errorf("%s and %s, want reno and cubic", a, b)
		}
		if err := h[0].SetTCPSettings(set); err == nil {
			t.Error("the host took an unknown algorithm")
		}
		if got := h[0].TCPSettings().CongestionControl; got != "cubic" {
			t.Errorf("the host's algorithm is %s, want cubic", got)
		}
	})
}
