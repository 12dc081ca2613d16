package socket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
	"thinnet/packet"
	"thinnet/socket"
)

// inBubble runs f with two hosts on a perfect cable, in virtual time.
func inBubble(t *testing.T, f func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host)) {
	synctest.Test(t, func(t *testing.T) {
		n, a, b := pair(t, thinnet.Options{Seed: 1, Settle: synctest.Wait}, thinnet.LinkOptions{})
		f(t, n, a, b)
	})
}

// Errors are those that programs test for, in the words of package net.
func TestDialErrors(t *testing.T) {
	for _, tt := range []struct {
		name, address string
		prepare       func(n *thinnet.Network)
		want          error
		text          string
		after         time.Duration // how long it takes
	}{
		{"nobody listens", "10.0.0.2:9", nil, syscall.ECONNREFUSED, "dial tcp 10.0.0.2:9: connect: connection refused", 0},
		{"nobody there", "10.0.0.9:80", nil, syscall.EHOSTUNREACH, "dial tcp 10.0.0.9:80: connect: no route to host", 3 * time.Second},
		{"no route", "172.16.0.1:80", nil, syscall.ENETUNREACH, "dial tcp 172.16.0.1:80: connect: network is unreachable", 0},
		{"no such name", "nobody:80", nil, nil, "dial tcp: lookup nobody: no such host", 0},
		{"bad port", "10.0.0.2:99999", nil, nil, "dial tcp: address 10.0.0.2:99999: invalid port", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *thinnet.Network, a, _ *thinnet.Host) {
				start := time.Now()
				_, err := a.Dial("tcp", tt.address)
				if err == nil || err.Error() != tt.text {
					t.Errorf("error %q, want %q", err, tt.text)
				}
				if tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("%v is not %v", err, tt.want)
				}
				var op *net.OpError
				if !errors.As(err, &op) {
					t.Errorf("%T is no *net.OpError", err)
				}
				if d := time.Since(start); d < tt.after || d > tt.after+time.Second {
					t.Errorf("took %v, want about %v", d, tt.after)
				}
			})
		})
	}
}

// A peer that is cut off is given up: while connecting after Linux's 127 s, and
// at once when the context says so.
func TestDialTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
		// The neighbours know each other, then the cable is cut.
		c, s := connect(t, a, b)
		c.Close()
		s.Close()
		mac := b.Stack().Interfaces()[1].MAC
		if err := a.Stack().AddNeighbor("eth0", netip.MustParseAddr("10.0.0.2"), mac); err != nil {
			t.Fatal(err)
		}
		n.Links()[0].Down()
		start := time.Now()
		_, err := a.Dial("tcp", "10.0.0.2:80")
		if !errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("error %v, want ETIMEDOUT", err)
		}
		if d := time.Since(start); d != 127*time.Second {
			t.Errorf("gave up after %v, want 127 s (1+2+4+8+16+32+64)", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		_, err = a.DialContext(ctx, "tcp", "10.0.0.2:80")
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("error %v, want a timeout", err)
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("gave up after %v, want 1 s", d)
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		if _, err = a.DialContext(ctx, "tcp", "10.0.0.2:80"); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
	})
}

func TestListenErrors(t *testing.T) {
	inBubble(t, func(t *testing.T, n *thinnet.Network, a, _ *thinnet.Host) {
		l, err := a.Listen("tcp", "10.0.0.1:80")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Listen("tcp", ":80"); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a second listener: %v, want EADDRINUSE", err)
		}
		if _, err := a.Listen("tcp", "10.0.0.2:81"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Errorf("another host's address: %v, want EADDRNOTAVAIL", err)
		}
		l.(*socket.TCPListener).SetDeadline(time.Now().Add(time.Second))
		if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Accept: %v, want a timeout", err)
		}
		l.(*socket.TCPListener).SetDeadline(time.Time{})
		go func() {
			time.Sleep(time.Second)
			l.Close()
		}()
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept while Close: %v, want net.ErrClosed", err)
		}
		if l, err = a.Listen("tcp", ":80"); err != nil {
			t.Errorf("after Close: %v", err)
		}
		l.Close()
	})
}

// The ways to end a connection, as the peer sees them.
func TestEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(c *socket.TCPConn)
		want error
	}{
		{"Close", func(c *socket.TCPConn) { c.Close() }, io.EOF},
		{"CloseWrite", func(c *socket.TCPConn) { c.CloseWrite() }, io.EOF},
		{"linger 0", func(c *socket.TCPConn) { c.SetLinger(0); c.Close() }, syscall.ECONNRESET},
		{"linger 1", func(c *socket.TCPConn) { c.SetLinger(1); c.Close() }, io.EOF},
		{"unread bytes", func(c *socket.TCPConn) { time.Sleep(time.Second); c.Close() }, syscall.ECONNRESET},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
				c, s := connect(t, a, b)
				if tt.name == "unread bytes" {
					s.Write([]byte("never read"))
				}
				tt.end(c.(*socket.TCPConn))
				_, err := s.Read(make([]byte, 1))
				if !errors.Is(err, tt.want) {
					t.Errorf("the peer reads %v, want %v", err, tt.want)
				}
				if tt.want == syscall.ECONNRESET {
					if _, err := s.Write([]byte("x")); err == nil {
						t.Error("the peer can still write")
					}
				}
				c.Close()
				s.Close()
			})
		})
	}
}

// After CloseWrite the other direction still works, after CloseRead this one.
func TestHalfClose(t *testing.T) {
	inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
		c, s := connect(t, a, b)
		defer c.Close()
		defer s.Close()
		c.Write([]byte("question"))
		c.(*socket.TCPConn).CloseWrite()
		got, err := io.ReadAll(s)
		if string(got) != "question" || err != nil {
			t.Fatalf("read %q, %v", got, err)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Write after CloseWrite: %v, want EPIPE", err)
		}
		s.Write([]byte("answer"))
		s.Close()
		got, err = io.ReadAll(c)
		if string(got) != "answer" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
	})
	inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
		c, s := connect(t, a, b)
		defer c.Close()
		defer s.Close()
		c.(*socket.TCPConn).CloseRead()
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read after CloseRead: %v, want io.EOF", err)
		}
		// More than both buffers hold: it is taken and thrown away.
		if _, err := s.Write(make([]byte, 4<<20)); err != nil {
			t.Errorf("the peer cannot write: %v", err)
		}
		c.Write([]byte("x"))
		if _, err := s.Read(make([]byte, 1)); err != nil {
			t.Errorf("the other direction: %v", err)
		}
	})
}

// A listener takes as many connections as its backlog, and no more.
func TestBacklog(t *testing.T) {
	inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
		l, err := b.Stack().ListenTCP(netip.MustParseAddrPort("0.0.0.0:80"), 3)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		ok := 0
		for range 5 {
			c, err := a.DialContext(ctx, "tcp", "b:80")
			if err != nil {
				break
			}
			defer c.Close()
			ok++
		}
		if ok != 3 {
			t.Errorf("%d connections were established, want 3", ok)
		}
		for _, c := range b.Stack().Counters() {
			if c.Name == "TcpExtListenOverflows" && c.Value == 0 {
				t.Error("the overflow was not counted")
			}
		}
	})
}

// A host can talk to itself, by its own address and by loopback's.
func TestLoopback(t *testing.T) {
	inBubble(t, func(t *testing.T, n *thinnet.Network, a, _ *thinnet.Host) {
		l, err := a.Listen("tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				io.Copy(c, c)
				c.Close()
			}
		}()
		for _, addr := range []string{"127.0.0.1:80", "10.0.0.1:80", "localhost:80", ":80"} {
			c, err := a.Dial("tcp", addr)
			if err != nil {
				t.Fatalf("%s: %v", addr, err)
			}
			go func() {
				c.Write(make([]byte, 1<<20))
				c.(*socket.TCPConn).CloseWrite()
			}()
			if k, err := io.Copy(io.Discard, c); k != 1<<20 || err != nil {
				t.Errorf("%s: %d bytes came back, %v", addr, k, err)
			}
			c.Close()
		}
	})
}

// An idle peer that has vanished is noticed by keepalives.
func TestKeepAlive(t *testing.T) {
	inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
		c, s := connect(t, a, b)
		defer c.Close()
		defer s.Close()
		c.(*socket.TCPConn).SetKeepAliveConfig(net.KeepAliveConfig{
			Enable: true, Idle: 10 * time.Second, Interval: 2 * time.Second, Count: 3,
		})
		s.(*socket.TCPConn).SetKeepAlive(false)
		time.Sleep(time.Hour)
		n.Links()[0].Down()
		start := time.Now()
		_, err := c.Read(make([]byte, 1))
		if !errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("error %v, want ETIMEDOUT", err)
		}
		if d := time.Since(start); d < 6*time.Second || d > 17*time.Second {
			t.Errorf("noticed after %v, want 6 to 16 s", d)
		}
	})
}

// Close leaves no goroutine and no slab, whatever was going on.
func TestNothingLeft(t *testing.T) {
	goroutines, slabs := runtime.NumGoroutine(), packet.Live()
	for range 20 {
		n, a, b := join(t, thinnet.Options{}, thinnet.LinkOptions{})
		c, s := connect(t, a, b)
		u, err := b.ListenPacket("udp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		i, err := a.ListenICMP()
		if err != nil {
			t.Fatal(err)
		}
		l, err := a.Listen("tcp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan bool)
		for _, f := range []func(){
			func() { io.Copy(c, zero{}) },
			func() { s.Read(make([]byte, 10)); time.Sleep(time.Millisecond) },
			func() { u.ReadFrom(make([]byte, 10)) },
			func() { i.Read(make([]byte, 10)) },
			func() { l.Accept() },
			func() { b.Dial("tcp", "10.0.0.77:1") },
		} {
			go func() { f(); done <- true }()
		}
		time.Sleep(5 * time.Millisecond)
		n.Close()
		for range 6 {
			<-done
		}
	}
	time.Sleep(10 * time.Millisecond)
	if d := runtime.NumGoroutine() - goroutines; d > 0 {
		buf := make([]byte, 1<<20)
		t.Errorf("%d goroutines are left:\n%s", d, buf[:runtime.Stack(buf, true)])
	}
	if d := packet.Live() - slabs; d != 0 {
		t.Errorf("%d slabs are left", d)
	}
}

type zero struct{}

func (zero) Read(b []byte) (int, error) { return len(b), nil }
