package compat

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	"github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"

	"thinnet"
	"thinnet/thinnettest"
)

// TestH2Spec holds that net/http's server fails no test of h2spec on our sockets
// that it passes on the kernel's. It is in real time, as h2spec dials by itself: a
// loopback port is joined with the server on our side.
func TestH2Spec(t *testing.T) {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "hello")
	})
	serve := func(l net.Listener) {
		t.Cleanup(serveHTTP(t, &http.Server{Handler: hello, Protocols: protocols}, l))
	}
	loopback := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}

	n := thinnet.New(thinnet.Options{Seed: 1})
	t.Cleanup(func() { n.Close() })
	client, server, _ := thinnettest.Pair(t, n)
	ours, kernel, front := listen(t, server, ":80"), loopback(), loopback()
	serve(ours)
	serve(kernel)
	t.Cleanup(join(front, client, "server:80"))

	want := h2spec(kernel.Addr())
	got := h2spec(front.Addr())
	if len(want) < 100 || len(got) != len(want) {
		t.Errorf("%d tests, and %d on the kernel's sockets: want the same, and 100 at least", len(got), len(want))
	}
	failed := 0
	for test, fails := range got {
		// Some tests race with the server's handler, whatever the sockets.
		for try := 0; fails && !want[test] && try < 5; try++ {
			fails = h2spec(front.Addr(), test)[test]
		}
		if fails {
			failed++
		}
		if fails && !want[test] {
			t.Errorf("fails on our sockets alone: %s", test)
		}
	}
	t.Logf("%d of %d tests failed", failed, len(got))
}

// h2spec runs tests against a server, all if none are named, and says which fail.
func h2spec(server net.Addr, tests ...string) map[string]bool {
	at := server.(*net.TCPAddr)
	c := &config.Config{
		Host: at.IP.String(), Port: at.Port, Path: "/", Sections: tests,
		Timeout: 300 * time.Millisecond, MaxHeaderLen: 4000,
	}
	failed := make(map[string]bool)
	var note func(g *spec.TestGroup)
	note = func(g *spec.TestGroup) {
		for _, tc := range append(g.Tests, g.StrictTests...) {
			if tc.Result != nil {
				failed[fmt.Sprintf("%s/%d", g.ID(), tc.Result.Sequence)] = tc.Result.Failed
			}
		}
		for _, inner := range g.Groups {
			note(inner)
		}
	}
	for _, g := range []*spec.TestGroup{generic.Spec(), http2.Spec(), hpack.Spec()} {
		g.Test(c)
		note(g)
	}
	return failed
}

// join connects whoever connects to l with an address, by way of a host, until stop
// is called. h2spec leaves connections open: stop closes them.
func join(l net.Listener, h *thinnet.Host, address string) (stop func()) {
	var wg sync.WaitGroup
	var joined []net.Conn
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			joined = append(joined, near)
			wg.Go(func() { splice(near, h, address) })
		}
	}()
	return func() {
		l.Close()
		<-accepting
		for _, c := range joined {
			c.Close()
		}
		wg.Wait()
	}
}

// splice carries bytes between a connection and another to an address.
func splice(near net.Conn, h *thinnet.Host, address string) {
	defer near.Close()
	far, err := h.Dial("tcp", address)
	if err != nil {
		return
	}
	defer far.Close()
	pump := func(to, from net.Conn) {
		io.Copy(to, from)
		to.(interface{ CloseWrite() error }).CloseWrite()
	}
	done := make(chan struct{})
	go func() { defer close(done); pump(near, far) }()
	pump(far, near)
	<-done
}
