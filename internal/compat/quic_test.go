package compat

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"

	"github.com/quic-go/quic-go"

	"thinnet"
)

// TestQUIC echoes several streams of one connection over our net.PacketConn.
func TestQUIC(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		of, trust := identity(t)
		of.NextProtos, trust.NextProtos = []string{"mirror"}, []string{"mirror"}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var serving sync.WaitGroup
		defer serving.Wait()
		to := quicTransport(t, server, ":4433")
		defer to.Close()
		from := quicTransport(t, client, ":0")
		defer from.Close()

		l, err := to.Listen(of, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		serving.Go(func() { mirrorQUIC(ctx, t, l, &serving) })

		c, err := dialQUIC(ctx, from, "10.0.0.2:4433", trust)
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseWithError(0, "")
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				s, err := c.OpenStreamSync(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				body := noise(byte(i), 200_000)
				wg.Go(func() {
					if _, err := s.Write(body); err != nil {
						t.Error(err)
					}
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
				same(t, "stream", readAll(t, s), body)
			})
		}
		wg.Wait()
	})
}

func quicTransport(t *testing.T, h *thinnet.Host, address string) *quic.Transport {
	t.Helper()
	c, err := h.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() }) // which a Transport leaves to the one who made it
	return &quic.Transport{Conn: c}
}

func dialQUIC(ctx context.Context, tr *quic.Transport, address string, config *tls.Config) (*quic.Conn, error) {
	to, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	return tr.Dial(ctx, to, config, nil)
}

// mirrorQUIC takes one connection, and sends back what its streams bring until it
// is closed.
func mirrorQUIC(ctx context.Context, t *testing.T, l *quic.Listener, wg *sync.WaitGroup) {
	c, err := l.Accept(ctx)
	if err != nil {
		t.Error(err)
		return
	}
	for {
		s, err := c.AcceptStream(ctx)
		if err != nil {
			return
		}
		wg.Go(func() {
			defer s.Close()
			if _, err := s.Write(readAll(t, s)); err != nil {
				t.Error(err)
			}
		})
	}
}
