package socket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"thinnet"
)

// What dials and listens by addresses gets the same sockets as by names.
func TestTCPByAddress(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		ctx := t.Context()
		l, err := b.Sockets().ListenTCP(netip.AddrPort{}) // all addresses, any port
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				io.WriteString(c, c.RemoteAddr().String())
				c.Close()
			}
		}()
		port := l.Addr().(*net.TCPAddr).AddrPort().Port()
		server := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), port)
		for _, tt := range []struct {
			from   *thinnet.Host
			local  string // "" for none
			remote netip.AddrPort
			want   string // who the server says it is; "" for anybody
		}{
			{a, "", server, ""},
			{a, "0.0.0.0:5000", server, "10.0.0.1:5000"},
			{a, "10.0.0.1:5001", server, "10.0.0.1:5001"},
			{b, "127.0.0.1:5002", netip.AddrPortFrom(netip.IPv4Unspecified(), port), "127.0.0.1:5002"},
		} {
			var local netip.AddrPort
			if tt.local != "" {
				local = netip.MustParseAddrPort(tt.local)
			}
			c, err := tt.from.Sockets().DialTCP(ctx, local, tt.remote)
			if err != nil {
				t.Errorf("from %q: %v", tt.local, err)
				continue
			}
			said, err := io.ReadAll(c)
			if got := string(said); err != nil || got != c.LocalAddr().String() || tt.want != "" && got != tt.want {
				t.Errorf("from %q: the server saw %q, %v; want %q, which is %v", tt.local, got, err, tt.want, c.LocalAddr())
			}
			c.Close()
		}

		gone, cancel := context.WithCancel(ctx)
		cancel()
		closed := netip.AddrPortFrom(server.Addr(), port+1)
		elsewhere := netip.MustParseAddrPort("10.0.0.77:0")
		for _, tt := range []struct {
			what string
			err  error
			want error
		}{
			{"nobody listens", dialed(a.Sockets().DialTCP(ctx, netip.AddrPort{}, closed)), syscall.ECONNREFUSED},
			{"not our address", dialed(a.Sockets().DialTCP(ctx, elsewhere, server)), syscall.EADDRNOTAVAIL},
			{"given up", dialed(a.Sockets().DialTCP(gone, netip.AddrPort{}, server)), context.Canceled},
			{"a second listener", listened(b.Sockets().ListenTCP(server)), syscall.EADDRINUSE},
			{"not its address", listened(b.Sockets().ListenTCP(elsewhere)), syscall.EADDRNOTAVAIL},
		} {
			var op *net.OpError
			if !errors.Is(tt.err, tt.want) || !errors.As(tt.err, &op) {
				t.Errorf("%s: %v, want an OpError with %v", tt.what, tt.err, tt.want)
			}
		}
		l.Close()
	})
}

func dialed(_ net.Conn, err error) error       { return err }
func listened(_ net.Listener, err error) error { return err }
