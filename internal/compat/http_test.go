package compat

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"thinnet"
)

// mirror answers with the body of the request, while it comes.
var mirror = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Proto", r.Proto)
	if err := http.NewResponseController(w).EnableFullDuplex(); err != nil && r.ProtoMajor == 1 {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	io.Copy(w, r.Body)
})

// exchange sends several requests at once, each with a body of its own, through
// rt and compares what comes back.
func exchange(t *testing.T, rt http.RoundTripper, url, proto string) {
	t.Helper()
	c := &http.Client{Transport: rt, Timeout: time.Minute}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			body := noise(byte(i), 64<<10+i)
			res, err := c.Post(url, "application/octet-stream", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			if got := res.Header.Get("X-Proto"); got != proto {
				t.Errorf("the server was asked by %s, want %s", got, proto)
			}
			same(t, url, readAll(t, res.Body), body)
		})
	}
	wg.Wait()
}

// serveHTTP serves on a listener until stop is called.
func serveHTTP(t *testing.T, s *http.Server, l net.Listener) (stop func()) {
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	return func() {
		s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}
}

func TestHTTP1(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		defer serveHTTP(t, &http.Server{Handler: mirror}, listen(t, server, ":80"))()
		rt := &http.Transport{DialContext: client.DialContext}
		defer rt.CloseIdleConnections()
		exchange(t, rt, "http://server/", "HTTP/1.1")
		exchange(t, rt, "http://server/", "HTTP/1.1") // over the connections that are open
	})
}

// TestHTTP2 is net/http's own HTTP/2, which both sides choose by ALPN.
func TestHTTP2(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		of, trust := identity(t)
		of.NextProtos = []string{"h2", "http/1.1"}
		defer serveHTTP(t, &http.Server{Handler: mirror}, tls.NewListener(listen(t, server, ":443"), of))()
		rt := &http.Transport{DialContext: roomy{client}.DialContext, TLSClientConfig: trust, ForceAttemptHTTP2: true}
		defer rt.CloseIdleConnections()
		exchange(t, rt, "https://server/", "HTTP/2.0")
	})
}

// TestHTTP2Cleartext is net/http's own HTTP/2 without TLS.
func TestHTTP2Cleartext(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		defer serveHTTP(t, &http.Server{Handler: mirror, Protocols: protocols}, listen(t, server, ":80"))()
		rt := &http.Transport{DialContext: roomy{client}.DialContext, Protocols: protocols}
		defer rt.CloseIdleConnections()
		exchange(t, rt, "http://server/", "HTTP/2.0")
	})
}
