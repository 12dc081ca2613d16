//nolint:staticcheck // deprecated, and in the programs that there are
package compat

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"

	"thinnet"
)

// TestXNetHTTP2 is HTTP/2 of golang.org/x/net/http2 on both sides, over TLS.
func TestXNetHTTP2(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		of, trust := identity(t)
		s := &http.Server{Handler: mirror, TLSConfig: of}
		if err := http2.ConfigureServer(s, &http2.Server{}); err != nil {
			t.Fatal(err)
		}
		defer serveHTTP(t, s, tls.NewListener(listen(t, server, ":443"), s.TLSConfig))()
		rt := &http2.Transport{
			TLSClientConfig: trust,
			DialTLSContext: func(ctx context.Context, network, addr string, config *tls.Config) (net.Conn, error) {
				c, err := roomy{client}.DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				return tls.Client(c, config), nil
			},
		}
		defer rt.CloseIdleConnections()
		exchange(t, rt, "https://server/", "HTTP/2.0")
	})
}

// TestXNetHTTP2Cleartext is h2c of golang.org/x/net/http2 on both sides.
func TestXNetHTTP2Cleartext(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		s := &http.Server{Handler: h2c.NewHandler(mirror, &http2.Server{})}
		defer serveHTTP(t, s, listen(t, server, ":80"))()
		rt := &http2.Transport{
			AllowHTTP: true,
			DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
				return roomy{client}.DialContext(ctx, network, addr)
			},
		}
		defer rt.CloseIdleConnections()
		exchange(t, rt, "http://server/", "HTTP/2.0")
	})
}
