package socket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"thinnet"
	"thinnet/socket"
	"thinnet/stack"
	"thinnet/transport/tcp"
)

// accept accepts connections until the listener is closed.
func accept(l net.Listener) <-chan net.Conn {
	ch := make(chan net.Conn, 100)
	go func() {
		defer close(ch)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			ch <- c
		}
	}()
	return ch
}

// listen listens on b, and closes what was accepted when the test ends.
func listen(t *testing.T, lc *socket.ListenConfig, address string) net.Listener {
	t.Helper()
	l, err := lc.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// names is a resolver of a few.
type names map[string][]netip.Addr

func (n names) LookupHost(_ context.Context, host string) ([]netip.Addr, error) { return n[host], nil }

func TestDialerBounds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		dialer socket.Dialer
	}{
		{"timeout", socket.Dialer{Timeout: 700 * time.Millisecond}},
		{"both", socket.Dialer{Timeout: 700 * time.Millisecond, Deadline: time.Now().Add(1000 * time.Hour)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *thinnet.Network, a, _ *thinnet.Host) {
				d := tt.dialer
				d.Net = a.Sockets()
				start := time.Now()
				_, err := d.Dial("tcp", "10.0.0.9:80")
				var ne net.Error
				if !errors.As(err, &ne) || !ne.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%v, want a timeout", err)
				}
				if d := time.Since(start); d != 700*time.Millisecond {
					t.Errorf("gave up after %v, want 700 ms", d)
				}
			})
		})
	}
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, _ *thinnet.Host) {
		d := socket.Dialer{Net: a.Sockets(), Deadline: time.Now().Add(time.Second), Timeout: time.Hour}
		start := time.Now()
		if _, err := d.Dial("tcp", "10.0.0.9:80"); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v, want a timeout", err)
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("gave up after %v, want 1 s", d)
		}
	})
}

func TestDialerLocalAddr(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		accept(listen(t, &socket.ListenConfig{Net: b.Sockets()}, ":80"))
		accept(listen(t, &socket.ListenConfig{Net: b.Sockets()}, ":81"))
		for _, tt := range []struct {
			network, to string
			from        net.Addr
			want        string // the local address; empty: any
			err         error
		}{
			{"tcp", "10.0.0.2:80", &net.TCPAddr{Port: 5000}, "10.0.0.1:5000", nil},
			{"tcp", "10.0.0.2:81", &net.TCPAddr{Port: 5000}, "", syscall.EADDRINUSE},
			{"tcp", "10.0.0.2:80", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, "", nil},
			{"tcp", "10.0.0.2:80", (*net.TCPAddr)(nil), "", nil},
			{"tcp", "10.0.0.2:80", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 77)}, "", syscall.EADDRNOTAVAIL},
			{"udp", "10.0.0.2:53", &net.UDPAddr{Port: 5000}, "10.0.0.1:5000", nil},
			{"udp", "10.0.0.2:53", &net.UDPAddr{IP: net.IPv4(10, 0, 0, 77)}, "", syscall.EADDRNOTAVAIL},
		} {
			d := socket.Dialer{Net: a.Sockets(), LocalAddr: tt.from}
			c, err := d.Dial(tt.network, tt.to)
			if !errors.Is(err, tt.err) {
				t.Errorf("%s from %v: %v, want %v", tt.network, tt.from, err, tt.err)
			}
			if err != nil {
				continue
			}
			defer c.Close()
			if got := c.LocalAddr().String(); tt.want != "" && got != tt.want {
				t.Errorf("%s from %v: from %s, want %s", tt.network, tt.from, got, tt.want)
			}
		}
		for _, from := range []net.Addr{&net.UDPAddr{Port: 1}, &net.IPAddr{}, &net.TCPAddr{IP: net.IPv6loopback}} {
			d := socket.Dialer{Net: a.Sockets(), LocalAddr: from}
			var ae *net.AddrError
			if _, err := d.Dial("tcp", "10.0.0.2:80"); !errors.As(err, &ae) {
				t.Errorf("tcp from %T %v: %v, want an AddrError", from, from, err)
			}
		}
	})
}

// An address that does not answer costs the fallback delay, and not its timeout.
func TestDialerFallback(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		conns := accept(listen(t, &socket.ListenConfig{Net: b.Sockets()}, ":80"))
		alive, dead, deaf := netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.8"), netip.MustParseAddr("10.0.0.9")
		resolver := names{
			"second": {dead, alive}, "third": {dead, deaf, alive}, "none": {dead, deaf}, "refused": {a1, alive},
		}
		for _, tt := range []struct {
			name  string
			delay time.Duration
			after time.Duration
			err   error
		}{
			{"second", 0, 300 * time.Millisecond, nil},
			{"third", 100 * time.Millisecond, 200 * time.Millisecond, nil},
			{"second", -1, 3 * time.Second, nil}, // when nobody has answered ARP
			{"refused", 0, 0, nil},
			{"none", 0, 3300 * time.Millisecond, syscall.EHOSTUNREACH},
		} {
			d := socket.Dialer{Net: a.Sockets(), Resolver: resolver, FallbackDelay: tt.delay}
			start := time.Now()
			c, err := d.Dial("tcp", tt.name+":80")
			if took := time.Since(start).Round(100 * time.Millisecond); took != tt.after || !errors.Is(err, tt.err) {
				t.Errorf("%s with delay %v: %v after %v, want %v after %v", tt.name, tt.delay, err, took, tt.err, tt.after)
			}
			if err == nil {
				if got := c.RemoteAddr().String(); got != "10.0.0.2:80" {
					t.Errorf("%s: connected to %s", tt.name, got)
				}
				c.Close()
				(<-conns).Close()
			} else if !strings.Contains(err.Error(), dead.String()) {
				t.Errorf("%s: %v, want the error of the first address", tt.name, err)
			}
			time.Sleep(2 * time.Minute)
		}
		for _, s := range a.Stack().Sockets() {
			t.Errorf("%v to %v is left", s.State, s.Remote)
		}
	})
}

var a1 = netip.MustParseAddr("10.0.0.1")

// One after the other, each address gets its part of the time.
func TestDialerPartOfTime(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		conns := accept(listen(t, &socket.ListenConfig{Net: b.Sockets()}, ":80"))
		d := socket.Dialer{
			Net: a.Sockets(), FallbackDelay: -1, Timeout: 5 * time.Second,
			Resolver: names{"b": {netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("10.0.0.2")}},
		}
		start := time.Now()
		c, err := d.Dial("tcp", "b:80")
		if err != nil || time.Since(start) != 2500*time.Millisecond {
			t.Fatalf("%v after %v, want a connection after half of 5 s", err, time.Since(start))
		}
		c.Close()
		(<-conns).Close()
	})
}

// Control changes what a connection begins with, and can forbid it.
func TestControl(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		stop := errors.New("not there")
		var asked []string
		control := func(cc string) func(network, address string, set *tcp.Settings) error {
			return func(network, address string, set *tcp.Settings) error {
				asked = append(asked, network+" "+address)
				if strings.HasSuffix(address, ":81") {
					return stop
				}
				set.CongestionControl = cc
				return nil
			}
		}
		lc := socket.ListenConfig{Net: b.Sockets(), Control: control("reno")}
		conns := accept(listen(t, &lc, ":80"))
		if _, err := lc.Listen(t.Context(), "tcp", "10.0.0.2:81"); !errors.Is(err, stop) {
			t.Errorf("listening: %v, want Control's error", err)
		}
		d := socket.Dialer{Net: a.Sockets(), Control: control("reno")}
		if _, err := d.Dial("tcp", "10.0.0.2:81"); !errors.Is(err, stop) {
			t.Errorf("dialling: %v, want Control's error", err)
		}
		d.Control = control("nonsense")
		if _, err := d.Dial("tcp", "10.0.0.2:80"); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
			t.Errorf("dialling: %v, want an error that names the algorithm", err)
		}
		d.Control = control("reno")
		c, err := d.Dial("tcp", "10.0.0.2:80")
		if err != nil {
			t.Fatal(err)
		}
		s := <-conns
		for _, c := range []net.Conn{c, s} {
			if got := c.(*socket.TCPConn).Info().CongestionName; got != "reno" {
				t.Errorf("%v has %s, want reno", c.LocalAddr(), got)
			}
			c.Close()
		}
		want := []string{"tcp4 0.0.0.0:80", "tcp4 10.0.0.2:81", "tcp4 10.0.0.2:81", "tcp4 10.0.0.2:80", "tcp4 10.0.0.2:80"}
		if !slices.Equal(asked, want) {
			t.Errorf("asked about %q, want %q", asked, want)
		}
	})
}

// KeepAlive of a Dialer and a ListenConfig, as package net has it.
func TestKeepAliveConfig(t *testing.T) {
	on := net.KeepAliveConfig{Enable: true, Idle: 20 * time.Second}
	for _, tt := range []struct {
		name   string
		period time.Duration
		config net.KeepAliveConfig
		want   time.Duration // until the first probe; 0: none
	}{
		{"default", 0, net.KeepAliveConfig{}, 15 * time.Second},
		{"period", 5 * time.Second, net.KeepAliveConfig{}, 5 * time.Second},
		{"off", -1, net.KeepAliveConfig{}, 0},
		{"config", 0, on, 20 * time.Second},
		{"config wins", 5 * time.Second, on, 20 * time.Second},
		{"the host's", 0, net.KeepAliveConfig{Enable: true, Idle: -1}, 2 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
				lc := socket.ListenConfig{Net: b.Sockets(), KeepAlive: tt.period, KeepAliveConfig: tt.config}
				conns := accept(listen(t, &lc, ":80"))
				d := socket.Dialer{Net: a.Sockets(), KeepAlive: tt.period, KeepAliveConfig: tt.config}
				c, err := d.Dial("tcp", "b:80")
				if err != nil {
					t.Fatal(err)
				}
				s := <-conns
				defer s.Close()
				defer c.Close()
				for _, h := range []*thinnet.Host{a, b} {
					for _, i := range h.Stack().Sockets() {
						if i.State == tcp.Established && (i.Expires.Round(time.Second) != tt.want || (i.Timer == "keepalive") != (tt.want > 0)) {
							t.Errorf("%s: timer %q in %v, want %v", h.Name(), i.Timer, i.Expires, tt.want)
						}
					}
				}
			})
		})
	}
}

// The second connection by Fast Open carries its data in the SYN.
func TestDialFastOpen(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		lc := socket.ListenConfig{Net: b.Sockets(), FastOpen: 10}
		conns := accept(listen(t, &lc, ":80"))
		d := socket.Dialer{Net: a.Sockets()}
		for i, want := range []bool{false, true} {
			c, err := d.DialFastOpen(t.Context(), "tcp", "b:80", []byte("hello"))
			if err != nil {
				t.Fatal(err)
			}
			s := <-conns
			if b := make([]byte, 5); true {
				if _, err := io.ReadFull(s, b); err != nil || string(b) != "hello" {
					t.Errorf("read %q, %v", b, err)
				}
			}
			if got := c.(*socket.TCPConn).Info().Options.SynData; got != want {
				t.Errorf("connection %d: data in the SYN: %v, want %v", i, got, want)
			}
			c.Close()
			s.Close()
		}
		d.Control = func(_, _ string, set *tcp.Settings) error { set.FastOpen = tcp.FastOpenOff; return nil }
		if _, err := d.DialFastOpen(t.Context(), "tcp", "b:80", nil); !errors.Is(err, syscall.EOPNOTSUPP) {
			t.Errorf("turned off: %v, want EOPNOTSUPP", err)
		}
		if _, err := d.DialFastOpen(t.Context(), "udp", "b:80", nil); err == nil {
			t.Error("UDP was opened fast")
		}
	})
}

// Listeners that share a port, and one that wants it for itself.
func TestListenConfigReuse(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		shared := socket.ListenConfig{Net: b.Sockets(), ReusePort: true}
		listen(t, &shared, ":80")
		listen(t, &shared, ":80")
		if _, err := b.Listen("tcp", ":80"); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("one that does not share: %v, want EADDRINUSE", err)
		}
		for range 2 {
			u, err := shared.ListenPacket(t.Context(), "udp", ":53")
			if err != nil {
				t.Fatal(err)
			}
			defer u.Close()
		}
		// A connection in TIME-WAIT is in the way of who wants the port alone.
		l := listen(t, &socket.ListenConfig{Net: b.Sockets()}, ":81")
		c, err := a.Dial("tcp", "b:81")
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
		alone := socket.ListenConfig{Net: b.Sockets(), Exclusive: true}
		if _, err := alone.Listen(t.Context(), "tcp", ":81"); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("exclusive: %v, want EADDRINUSE", err)
		}
		again, err := b.Listen("tcp", ":81")
		if err != nil {
			t.Fatalf("as package net does: %v", err)
		}
		again.Close()
		// A port that the dialler names can be shared if all say so.
		listen(t, &socket.ListenConfig{Net: b.Sockets()}, ":82")
		for _, to := range []string{"b:80", "b:82"} {
			d := socket.Dialer{Net: a.Sockets(), LocalAddr: &net.TCPAddr{Port: 5000}, Reuse: stack.Reuse{Addr: true}}
			c, err := d.Dial("tcp", to)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
	})
}
