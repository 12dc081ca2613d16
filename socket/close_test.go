package socket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"thinnet"
	"thinnet/socket"
)

// A blocked call, and what it waits on: what Close of that does to it.
type blocked struct {
	name string
	// open returns what is closed, and the call that waits meanwhile.
	open func(t *testing.T, a, b *thinnet.Host) (io.Closer, func() error)
}

var blockedCalls = []blocked{
	onConn("Read", func(c *socket.TCPConn) error { _, err := c.Read(make([]byte, 1)); return err }),
	onConn("Write", func(c *socket.TCPConn) error { _, err := c.Write(make([]byte, 64<<20)); return err }),
	onConn("WriteBuffers", func(c *socket.TCPConn) error {
		_, err := c.WriteBuffers(&net.Buffers{make([]byte, 32<<20), make([]byte, 32<<20)})
		return err
	}),
	onConn("a second Write", func(c *socket.TCPConn) error {
		go c.Write(make([]byte, 64<<20))
		time.Sleep(time.Millisecond)
		_, err := c.Write([]byte("x"))
		return err
	}),
	onConn("ReadFrom", func(c *socket.TCPConn) error { _, err := c.ReadFrom(zero{}); return err }),
	onConn("WriteTo", func(c *socket.TCPConn) error { _, err := c.WriteTo(io.Discard); return err }),
	{"Accept", func(t *testing.T, a, _ *thinnet.Host) (io.Closer, func() error) {
		l, err := a.Listen("tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		return l, func() error { _, err := l.Accept(); return err }
	}},
	{"AcceptTCP", func(t *testing.T, a, _ *thinnet.Host) (io.Closer, func() error) {
		l, err := a.Listen("tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		return l, func() error { _, err := l.(*socket.TCPListener).AcceptTCP(); return err }
	}},
	{"ReadFromUDPAddrPort", func(t *testing.T, a, _ *thinnet.Host) (io.Closer, func() error) {
		u, err := a.ListenPacket("udp", ":53")
		if err != nil {
			t.Fatal(err)
		}
		return u, func() error { _, _, err := u.(*socket.UDPConn).ReadFromUDPAddrPort(make([]byte, 1)); return err }
	}},
	{"ReadFrom of a datagram", func(t *testing.T, a, _ *thinnet.Host) (io.Closer, func() error) {
		u, err := a.ListenPacket("udp", ":53")
		if err != nil {
			t.Fatal(err)
		}
		return u, func() error { _, _, err := u.ReadFrom(make([]byte, 1)); return err }
	}},
	{"Read of a datagram", func(t *testing.T, a, _ *thinnet.Host) (io.Closer, func() error) {
		u, err := a.Dial("udp", "b:53")
		if err != nil {
			t.Fatal(err)
		}
		return u, func() error { _, err := u.Read(make([]byte, 1)); return err }
	}},
	{"Read of ICMP", func(t *testing.T, a, _ *thinnet.Host) (io.Closer, func() error) {
		c, err := a.ListenICMP()
		if err != nil {
			t.Fatal(err)
		}
		return c, func() error { _, _, err := c.Read(make([]byte, 1)); return err }
	}},
}

// onConn is a call on a connection whose peer neither reads nor writes.
func onConn(name string, call func(c *socket.TCPConn) error) blocked {
	return blocked{name, func(t *testing.T, a, b *thinnet.Host) (io.Closer, func() error) {
		c, s := connect(t, a, b)
		t.Cleanup(func() { s.Close() })
		return c, func() error { return call(c.(*socket.TCPConn)) }
	}}
}

// Close makes whoever waits return at once, whatever for, and so does the end of the
// host. What is closed stays closed.
func TestCloseWhileBlocked(t *testing.T) {
	for _, tt := range blockedCalls {
		for _, how := range []string{"itself", "host"} {
			t.Run(tt.name+"/"+how, func(t *testing.T) {
				inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
					c, call := tt.open(t, a, b)
					start := time.Now()
					go func() {
						time.Sleep(time.Minute)
						if how == "host" {
							n.Close()
							return
						}
						if err := c.Close(); err != nil {
							t.Errorf("Close: %v", err)
						}
						if err := c.Close(); !errors.Is(err, net.ErrClosed) {
							t.Errorf("a second Close: %v, want net.ErrClosed", err)
						}
					}()
					if err := call(); !errors.Is(err, net.ErrClosed) {
						t.Errorf("%v, want net.ErrClosed", err)
					}
					if d := time.Since(start); d < time.Minute || d > time.Minute+time.Millisecond {
						t.Errorf("returned after %v, want a minute", d)
					}
					if err := call(); !errors.Is(err, net.ErrClosed) {
						t.Errorf("called again: %v, want net.ErrClosed", err)
					}
				})
			})
		}
	}
}

// A Dial that waits ends with its host, and a Close that lingers, too.
func TestHostEndsWhileBlocked(t *testing.T) {
	for _, tt := range []struct {
		name string
		call func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) error
		want error
	}{
		{"Dial", func(_ *testing.T, n *thinnet.Network, a, _ *thinnet.Host) error {
			_, err := a.Dial("tcp", "10.0.0.9:80")
			return err
		}, net.ErrClosed},
		{"DialFastOpen", func(_ *testing.T, n *thinnet.Network, a, _ *thinnet.Host) error {
			d := socket.Dialer{Net: a.Sockets()}
			_, err := d.DialFastOpen(context.Background(), "tcp", "10.0.0.9:80", []byte("x"))
			return err
		}, net.ErrClosed},
		{"Dial of two addresses", func(_ *testing.T, n *thinnet.Network, a, _ *thinnet.Host) error {
			d := socket.Dialer{Net: a.Sockets(), Resolver: names{"x": {a1.Next().Next(), a1.Next().Next().Next()}}}
			_, err := d.Dial("tcp", "x:80")
			return err
		}, net.ErrClosed},
		{"Close", func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) error {
			c, _ := connect(t, a, b)
			n.Links()[0].Down()
			c.Write([]byte("x"))
			c.(*socket.TCPConn).SetLinger(100)
			return c.Close()
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
				start := time.Now()
				go func() {
					time.Sleep(time.Second)
					n.Close()
				}()
				if err := tt.call(t, n, a, b); !errors.Is(err, tt.want) {
					t.Errorf("%v, want %v", err, tt.want)
				}
				if d := time.Since(start); d != time.Second {
					t.Errorf("returned after %v, want 1 s", d)
				}
			})
		})
	}
}

// A deadline that passes, or is moved to the past, does the same without closing
// anything.
func TestDeadlineWhileBlocked(t *testing.T) {
	for _, tt := range blockedCalls {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
				c, call := tt.open(t, a, b)
				defer c.Close()
				start := time.Now()
				go func() {
					time.Sleep(time.Minute)
					now := time.Now()
					switch c := c.(type) {
					case interface{ SetDeadline(t time.Time) error }:
						c.SetDeadline(now)
					case interface{ SetReadDeadline(t time.Time) error }:
						c.SetReadDeadline(now)
					}
				}()
				if err := call(); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%v, want os.ErrDeadlineExceeded", err)
				}
				if d := time.Since(start); d < time.Minute || d > time.Minute+time.Millisecond {
					t.Errorf("returned after %v, want a minute", d)
				}
			})
		})
	}
}
