package thinnet_test

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
	"thinnet/link/cable"
)

// pair is two hosts on a cable, as a user would build them.
func pair(n *thinnet.Network, o thinnet.LinkOptions) (client, server *thinnet.Host, link *thinnet.Link) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	client, err := n.AddHost("client", thinnet.HostOptions{})
	must(err)
	server, err = n.AddHost("server", thinnet.HostOptions{})
	must(err)
	a, err := client.AddInterface("eth0", netip.MustParsePrefix("10.0.0.1/24"))
	must(err)
	b, err := server.AddInterface("eth0", netip.MustParsePrefix("10.0.0.2/24"))
	must(err)
	link, err = n.Connect(a, b, o)
	must(err)
	return client, server, link
}

// A net/http server and client, with a lossy cable between them.
func Example() {
	n := thinnet.New(thinnet.Options{Seed: 2})
	defer n.Close()
	lossy := cable.Impairment{Delay: 5 * time.Millisecond, Loss: 0.01}
	client, server, _ := pair(n, thinnet.LinkOptions{Impairments: [2]cable.Impairment{lossy, lossy}})

	l, err := server.Listen("tcp", ":80")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello", r.RemoteAddr[:8])
	}))

	web := &http.Client{Transport: &http.Transport{DialContext: client.DialContext}}
	page, err := web.Get("http://server/")
	if err != nil {
		panic(err)
	}
	defer page.Body.Close()
	text, err := io.ReadAll(page.Body)
	fmt.Print(page.Status, ": ", string(text), err, "\n")
	// Output:
	// 200 OK: hello 10.0.0.1
	// <nil>
}

// A minute without a cable, in a moment: what was written arrives.
func TestUnplugged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Seed: 1, Settle: synctest.Wait})
		defer n.Close()
		client, server, link := pair(n, thinnet.LinkOptions{})
		l, err := server.Listen("tcp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.Dial("tcp", "server:7")
		if err != nil {
			t.Fatal(err)
		}
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}

		link.Down()
		fmt.Fprint(c, "are you there?")
		time.Sleep(time.Minute)
		link.Up()

		start := time.Now()
		text := make([]byte, 14)
		if _, err := io.ReadFull(s, text); err != nil || string(text) != "are you there?" {
			t.Errorf("%q, %v", text, err)
		}
		t.Logf("arrived %v after the cable was back", time.Since(start))
	})
}
