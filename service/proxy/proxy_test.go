package proxy_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"thinnet"
	"thinnet/service/accept"
	"thinnet/service/proxy"
	"thinnet/thinnettest"
)

// serve is a proxy on the server's port 80 to its own loopback, where handle is.
func serve(t *testing.T, handle func(net.Conn), f func(t *testing.T, dial func() net.Conn)) {
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		client, server, _ := thinnettest.Pair(t, n)
		if handle != nil {
			l, err := server.Listen("tcp", netip.MustParseAddrPort("127.0.0.1:8080").String())
			if err != nil {
				t.Fatal(err)
			}
			defer accept.Serve(l, 10, handle).Close()
		}
		l, err := server.Listen("tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		defer proxy.Serve(l, func(ctx context.Context) (net.Conn, error) {
			return server.DialContext(ctx, "tcp", "127.0.0.1:8080")
		}).Close()
		f(t, func() net.Conn {
			c, err := client.Dial("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(time.Minute))
			t.Cleanup(func() { c.Close() })
			return c
		})
	})
}

// Half of a connection may end before the other.
func TestHalfClose(t *testing.T) {
	serve(t, func(c net.Conn) {
		b, _ := io.ReadAll(c)
		c.Write(append([]byte("got "), b...))
	}, func(t *testing.T, dial func() net.Conn) {
		c := dial()
		io.WriteString(c, "everything")
		c.(interface{ CloseWrite() error }).CloseWrite()
		if b, err := io.ReadAll(c); string(b) != "got everything" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
	})
}

func TestNobodyBehind(t *testing.T) {
	serve(t, nil, func(t *testing.T, dial func() net.Conn) {
		if b, err := io.ReadAll(dial()); len(b) != 0 || err != nil {
			t.Errorf("%q, %v; want the end", b, err)
		}
	})
}

// A reset behind the proxy ends both ways.
func TestReset(t *testing.T) {
	serve(t, func(c net.Conn) {
		io.ReadFull(c, make([]byte, 1))
		c.(interface{ SetLinger(int) error }).SetLinger(0)
	}, func(t *testing.T, dial func() net.Conn) {
		c := dial()
		io.WriteString(c, "x")
		if b, err := io.ReadAll(c); len(b) != 0 {
			t.Errorf("%q, %v", b, err)
		}
	})
}

// Whoever says half of something and then nothing is waited for, and so is a server that
// does not answer; neither holds others up, nor Close.
func TestSilence(t *testing.T) {
	serve(t, func(c net.Conn) {
		b := make([]byte, 4)
		if _, err := io.ReadFull(c, b); err != nil {
			return
		}
		if string(b) == "deaf" {
			io.Copy(io.Discard, c)
			return
		}
		c.Write(append([]byte("got "), b...))
	}, func(t *testing.T, dial func() net.Conn) {
		for _, says := range []string{"", "ha", "deaf"} {
			for range 3 {
				io.WriteString(dial(), says)
			}
		}
		time.Sleep(time.Second)
		c, start := dial(), time.Now()
		io.WriteString(c, "full")
		if b, err := io.ReadAll(c); string(b) != "got full" || err != nil || time.Since(start) > time.Second {
			t.Errorf("%q, %v after %v", b, err, time.Since(start))
		}
	})
}

// A client that does not read what it is sent holds up its own connection alone, and the
// server behind it: it is not read faster than the client reads.
func TestClientDoesNotRead(t *testing.T) {
	sent := make(chan int, 10)
	serve(t, func(c net.Conn) {
		n, _ := c.Write(make([]byte, 64<<20))
		sent <- n
	}, func(t *testing.T, dial func() net.Conn) {
		dial()
		time.Sleep(30 * time.Second)
		select {
		case n := <-sent:
			t.Errorf("%d bytes are sent to a client that reads none", n)
		default:
		}
		if n, err := io.Copy(io.Discard, io.LimitReader(dial(), 1<<20)); n != 1<<20 || err != nil {
			t.Errorf("beside it: %d bytes, %v", n, err)
		}
	})
}

// A server that is not there is waited for until the client is told, and Close does not
// wait for it.
func TestDialling(t *testing.T) {
	for _, closed := range []bool{false, true} {
		thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
			client, server, _ := thinnettest.Pair(t, n)
			l, err := server.Listen("tcp", ":80")
			if err != nil {
				t.Fatal(err)
			}
			p := proxy.Serve(l, func(ctx context.Context) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
			defer p.Close()
			c, err := client.Dial("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			start := time.Now()
			if closed {
				time.Sleep(time.Second)
				p.Close()
				if took := time.Since(start); took != time.Second {
					t.Errorf("Close took %v", took-time.Second)
				}
				return
			}
			io.ReadAll(c)
			if took := time.Since(start).Truncate(time.Second); took != 30*time.Second {
				t.Errorf("the client is told after %v", took)
			}
		})
	}
}
