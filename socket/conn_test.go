package socket_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/nettest"

	"thinnet"
	"thinnet/link/cable"
	"thinnet/packet"
)

// pair returns two hosts on one link, which end with the test.
func pair(t testing.TB, o thinnet.Options, l thinnet.LinkOptions) (n *thinnet.Network, a, b *thinnet.Host) {
	t.Helper()
	live := packet.Live()
	n, a, b = join(t, o, l)
	t.Cleanup(func() {
		n.Close()
		noSlabs(t, live)
	})
	return n, a, b
}

// noSlabs fails the test if slabs are left beyond the number live. A Read that has
// just returned, or is about to, may hold one for a moment.
func noSlabs(t testing.TB, live int64) {
	t.Helper()
	for range 100 {
		if packet.Live() == live {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d slabs are still in use", packet.Live()-live)
}

func join(t testing.TB, o thinnet.Options, l thinnet.LinkOptions) (n *thinnet.Network, a, b *thinnet.Host) {
	t.Helper()
	n = thinnet.New(o)
	a, b = host(t, n, "a", "10.0.0.1/24"), host(t, n, "b", "10.0.0.2/24")
	if _, err := n.Connect(a.Interface("eth0"), b.Interface("eth0"), l); err != nil {
		t.Fatal(err)
	}
	return n, a, b
}

func host(t testing.TB, n *thinnet.Network, name, addr string) *thinnet.Host {
	t.Helper()
	h, err := n.AddHost(name, thinnet.HostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.AddInterface("eth0", netip.MustParsePrefix(addr)); err != nil {
		t.Fatal(err)
	}
	return h
}

// connect returns the two ends of a connection.
func connect(t testing.TB, a, b *thinnet.Host) (client, server net.Conn) {
	t.Helper()
	l, err := b.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ch := make(chan net.Conn)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		ch <- c
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	client, err = a.Dial("tcp", "10.0.0.2:"+port)
	if err != nil {
		t.Fatal(err)
	}
	return client, <-ch
}

// Our connections are net.Conns like others.
func TestNettest(t *testing.T) {
	for _, tt := range []struct {
		name string
		link thinnet.LinkOptions
	}{
		{"perfect cable", thinnet.LinkOptions{}},
		{"1500-byte frames", thinnet.LinkOptions{Strict: true}},
		{"delay", thinnet.LinkOptions{Impairments: [2]cable.Impairment{{Delay: time.Millisecond}, {Delay: time.Millisecond}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			live := packet.Live()
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				n, a, b := join(t, thinnet.Options{}, tt.link)
				c1, c2 = connect(t, a, b)
				return c1, c2, func() { c1.Close(); c2.Close(); n.Close() }, nil
			})
			noSlabs(t, live)
		})
	}
}

func TestHTTP(t *testing.T) {
	_, a, b := pair(t, thinnet.Options{}, thinnet.LinkOptions{})
	l, err := b.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s", r.URL.Path[1:])
	})}
	go srv.Serve(l)
	defer srv.Close()
	tr := &http.Transport{DialContext: a.DialContext}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr}
	for _, url := range []string{"http://10.0.0.2/x", "http://b/y"} {
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if want := "hello, " + url[len(url)-1:]; string(body) != want {
			t.Errorf("%s: %q, want %q", url, body, want)
		}
	}
}

// What is written arrives, in virtual time over a bad cable.
func TestLossyTransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := cable.Impairment{Delay: 10 * time.Millisecond, Loss: 0.01, Reorder: 0.05, Duplicate: 0.01, Corrupt: 0.001}
		_, a, b := pair(t, thinnet.Options{Seed: 7, Settle: synctest.Wait},
			thinnet.LinkOptions{Impairments: [2]cable.Impairment{i, i}})
		c, s := connect(t, a, b)
		defer c.Close()
		defer s.Close()
		const size = 4 << 20
		go func() {
			src := io.LimitReader(rand.NewChaCha8([32]byte{1}), size)
			io.Copy(c, src)
			c.(interface{ CloseWrite() error }).CloseWrite()
		}()
		h := sha256.New()
		n, err := io.Copy(h, s)
		if err != nil || n != size {
			t.Fatalf("read %d bytes, %v; want %d", n, err, size)
		}
		want := sha256.New()
		io.Copy(want, io.LimitReader(rand.NewChaCha8([32]byte{1}), size))
		if string(h.Sum(nil)) != string(want.Sum(nil)) {
			t.Error("the bytes differ")
		}
	})
}

func TestUDP(t *testing.T) {
	_, a, b := pair(t, thinnet.Options{}, thinnet.LinkOptions{})
	server, err := b.ListenPacket("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := a.Dial("udp", "10.0.0.2:53")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, size := range []int{0, 1, 100, 1472, 1473, 9000, 65507} {
		msg := []byte(strings.Repeat("x", size))
		if _, err := client.Write(msg); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		buf := make([]byte, 70000)
		server.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, from, err := server.ReadFrom(buf)
		if err != nil || n != size || from.String() != client.LocalAddr().String() {
			t.Fatalf("%d bytes: read %d from %v, %v", size, n, from, err)
		}
	}
	if _, err := client.Write(make([]byte, 65508)); err == nil {
		t.Error("65508 bytes were sent")
	}
}
