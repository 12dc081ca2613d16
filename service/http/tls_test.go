package http

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// A certificate is its seed's, and good for the name and the addresses.
func TestCertificate(t *testing.T) {
	now := time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)
	address := netip.MustParseAddr("10.0.0.1")
	make := func(seed uint64, name string) []byte {
		c, err := Certificate(seed, name, []netip.Addr{address}, now)
		if err != nil {
			t.Fatal(err)
		}
		return c.Certificate[0]
	}
	der := make(1, "server")
	if !bytes.Equal(der, make(1, "server")) {
		t.Error("one seed, two certificates")
	}
	if bytes.Equal(der, make(2, "server")) || bytes.Equal(der, make(1, "other")) {
		t.Error("two seeds or names, one certificate")
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(c)
	for _, host := range []string{"server", "10.0.0.1"} {
		for _, at := range []time.Time{now, now.Add(19 * 365 * 24 * time.Hour)} {
			if _, err := c.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: at}); err != nil {
				t.Errorf("%s at %v: %v", host, at, err)
			}
		}
	}
	if c.VerifyHostname("10.0.0.2") == nil || c.VerifyHostname("other") == nil {
		t.Error("good for others")
	}
}

// One server speaks both versions, with TLS and without, and Close joins all of it.
func TestVersions(t *testing.T) {
	certificate, err := Certificate(1, "a", nil, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		url   string
		two   bool
		proto string
	}{{"http://a/", false, "HTTP/1.1"}, {"http://a/", true, "HTTP/2.0"}, {"https://a/", false, "HTTP/1.1"}, {"https://a/", true, "HTTP/2.0"}} {
		t.Run(tt.url[:5]+tt.proto[5:6], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPipeListener()
				s := Serve
				if tt.url[:5] == "https" {
					s = func(l net.Listener, site Site) *Server { return ServeTLS(l, site, certificate) }
				}
				server := s(l, site)
				defer server.Close()
				var protocols http.Protocols
				protocols.SetHTTP1(!tt.two)
				protocols.SetHTTP2(tt.two)
				protocols.SetUnencryptedHTTP2(tt.two)
				client := &http.Transport{
					Protocols:       &protocols,
					TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
					DialContext:     func(context.Context, string, string) (net.Conn, error) { return l.dial(), nil },
				}
				defer client.CloseIdleConnections()
				for range 2 {
					request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tt.url, nil)
					if err != nil {
						t.Fatal(err)
					}
					r, err := client.RoundTrip(request)
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(r.Body)
					r.Body.Close()
					if err != nil || string(body) != "<p>hello</p>\n" || r.Proto != tt.proto {
						t.Errorf("%s %q, %v", r.Proto, body, err)
					}
				}
			})
		})
	}
}

// What is no TLS, or half of it, is cut off.
func TestTLSGarbage(t *testing.T) {
	certificate, err := Certificate(1, "a", nil, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for _, garbage := range []string{"", "\x16\x03\x01\xff\xff", "\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", "\x80\x2e\x01\x00\x02", string(make([]byte, 70_000))} {
		synctest.Test(t, func(t *testing.T) {
			l := newPipeListener()
			s := ServeTLS(l, site, certificate)
			defer s.Close()
			c := l.dial()
			defer c.Close()
			go io.WriteString(c, garbage)
			start := time.Now()
			io.Copy(io.Discard, c)
			if took := time.Since(start); took > headerTimeout+time.Second {
				t.Errorf("%.10q: cut off after %v", garbage, took)
			}
		})
	}
}
