package thinnettest_test

// The code of docs/testing.md, which TestGuide holds against it.

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"thinnet"
	"thinnet/lab"
	"thinnet/thinnettest"
)

// fetch gets a page, and tries again for up to a minute.
func fetch(c *http.Client, url string) (string, error) {
	var err error
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(time.Second) {
		var res *http.Response
		if res, err = c.Get(url); err != nil {
			continue
		}
		body, readErr := io.ReadAll(res.Body)
		res.Body.Close()
		if err = readErr; err == nil {
			return string(body), nil
		}
	}
	return "", err
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })

func TestFetch(t *testing.T) {
	s := httptest.NewServer(hello)
	defer s.Close()
	body, err := fetch(s.Client(), s.URL)
	if body != "hello" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
}

func TestFetchOnANetwork(t *testing.T) {
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		client, server, _ := thinnettest.Pair(t, n)
		s := serve(t, server)
		defer s.Close()
		body, err := fetch(browser(client), "http://server/")
		if body != "hello" || err != nil {
			t.Errorf("%q, %v", body, err)
		}
	})
}

// serve is httptest.NewServer on a host of the network.
func serve(t *testing.T, h *thinnet.Host) *httptest.Server {
	l, err := h.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: hello}}
	s.Start()
	return s
}

// browser is an HTTP client on a host of the network.
func browser(h *thinnet.Host) *http.Client {
	return &http.Client{
		Transport: &http.Transport{DialContext: h.DialContext, DisableKeepAlives: true},
		Timeout:   5 * time.Second,
	}
}

func TestFetchWithLoss(t *testing.T) {
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		client, server, link := thinnettest.Pair(t, n)
		s := serve(t, server)
		defer s.Close()
		link.SetDelay(20 * time.Millisecond)
		link.SetLoss(0.3)
		for range 20 {
			if body, err := fetch(browser(client), "http://server/"); body != "hello" || err != nil {
				t.Errorf("%q, %v", body, err)
			}
		}
	})
}

func TestFetchAcrossAPartition(t *testing.T) {
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		client, server, _ := thinnettest.Pair(t, n)
		s := serve(t, server)
		defer s.Close()
		one := []*thinnet.Host{client}
		other := []*thinnet.Host{server}
		thinnettest.Schedule(t, n, thinnettest.Fault{
			At: time.Hour, For: 30 * time.Second, What: thinnettest.Partition(n, one, other),
		})
		time.Sleep(time.Hour + time.Second)
		start := time.Now()
		body, err := fetch(browser(client), "http://server/")
		if body != "hello" || err != nil {
			t.Errorf("%q, %v", body, err)
		}
		if took := time.Since(start); took < 29*time.Second || took > 40*time.Second {
			t.Errorf("it took %v to notice that the partition has healed", took)
		}
	})
}

func TestFetchFromALab(t *testing.T) {
	thinnettest.RunLab(t, "../examples/handshake.yaml", func(t *testing.T, l *lab.Lab) {
		body, err := fetch(browser(l.Network().Host("client")), "http://server/")
		if !strings.Contains(body, "Three segments") || err != nil {
			t.Errorf("%q, %v", body, err)
		}
		thinnettest.Golden(t, l.Network(), "fetch.pcapng")
	})
}

// TestGuide makes sure that the page shows the code that is tested here.
func TestGuide(t *testing.T) {
	code, err := os.ReadFile("guide_test.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(guide), "```go\n")[1:]
	if len(blocks) < 5 {
		t.Errorf("%d pieces of code in the guide", len(blocks))
	}
	for _, b := range blocks {
		b, _, _ = strings.Cut(b, "```")
		if !strings.Contains(string(code), b) {
			t.Errorf("the guide shows code that is not here:\n%s", b)
		}
	}
}
