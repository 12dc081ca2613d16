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
