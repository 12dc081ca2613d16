package compat

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"thinnet"
)

// TestSmuggling holds that what reads as one request to some and as two to others
// is refused, that what is behind it is not served, and that the next client is.
func TestSmuggling(t *testing.T) {
	const behind = "GET /smuggled HTTP/1.1\r\nHost: server\r\n\r\n"
	for name, headers := range map[string]string{
		"two lengths":              "Content-Length: 0\r\nContent-Length: 40\r\n",
		"a list of lengths":        "Content-Length: 0, 40\r\n",
		"a length with a sign":     "Content-Length: +0\r\n",
		"a negative length":        "Content-Length: -1\r\n",
		"a length of 2^64":         "Content-Length: 18446744073709551616\r\n",
		"a hexadecimal length":     "Content-Length: 0x0\r\n",
		"space before the colon":   "Transfer-Encoding : chunked\r\n",
		"a second coding":          "Transfer-Encoding: chunked, identity\r\n",
		"chunked twice":            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"an unknown coding":        "Transfer-Encoding: xchunked\r\n",
		"a coding with a tab":      "Transfer-Encoding: \x0bchunked\r\n",
		"a line without a colon":   "Transfer-Encoding\r\n",
		"NUL in a value":           "X: a\x00b\r\n",
		"two hosts":                "Host: other\r\n",
		"a folded line in front":   " Transfer-Encoding: chunked\r\n",
		"a carriage return within": "X: a\rContent-Length: 40\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			lossy(t, func(t *testing.T, client, server *thinnet.Host) {
				var smuggled atomic.Bool
				handler := func(w http.ResponseWriter, r *http.Request) {
					smuggled.CompareAndSwap(false, r.URL.Path == "/smuggled")
					io.WriteString(w, "hello")
				}
				defer serveHTTP(t, &http.Server{Handler: http.HandlerFunc(handler)}, listen(t, server, ":80"))()
				host := "Host: server\r\n"
				if strings.HasPrefix(headers, " ") {
					host, headers = "", headers+host
				}
				c := dial(t, client, "server:80")
				io.WriteString(c, "POST / HTTP/1.1\r\n"+host+headers+"\r\n"+behind)
				answer, err := io.ReadAll(c)
				if len(answer) == 0 {
					t.Fatal("no answer: ", err)
				}
				res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
				if err != nil {
					t.Fatal(err)
				}
				if res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusNotImplemented {
					t.Errorf("%s, want 400 or 501", res.Status)
				}
				c.Close()
				if smuggled.Load() {
					t.Error("what is behind the request was served")
				}
				rt := &http.Transport{DialContext: client.DialContext, DisableKeepAlives: true}
				served(t, rt, time.Minute)
			})
		})
	}
}

// TestSlowLoris holds 10,000 connections that never finish their request against a
// server: others are served meanwhile, and all are closed when their time is over.
func TestSlowLoris(t *testing.T) {
	const (
		connections = 10_000
		patience    = time.Minute
	)
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		var open atomic.Int64
		s := &http.Server{
			Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }),
			ReadHeaderTimeout: patience,
			ConnState: func(_ net.Conn, state http.ConnState) {
				switch state {
				case http.StateNew:
					open.Add(1)
				case http.StateClosed:
					open.Add(-1)
				}
			},
		}
		defer serveHTTP(t, s, listen(t, server, ":80"))()
		rt := &http.Transport{DialContext: client.DialContext, DisableKeepAlives: true}

		slow := make([]net.Conn, connections)
		var dialling sync.WaitGroup
		for i := range slow {
			dialling.Go(func() {
				c, err := client.Dial("tcp", "server:80")
				if err != nil {
					t.Error(err)
					return
				}
				slow[i] = c
			})
			pace(i)
		}
		dialling.Wait()
		if t.Failed() {
			return
		}
		defer func() {
			for _, c := range slow {
				c.Close()
			}
		}()
		for round := range 5 {
			for i, c := range slow {
				io.WriteString(c, "GET /"[round:round+1])
				pace(i)
			}
			served(t, rt, 5*time.Second)
			time.Sleep(6 * time.Second)
			if n := open.Load(); n < connections {
				t.Errorf("%d connections are open, want %d", n, connections)
			}
		}
		time.Sleep(patience)
		if n := open.Load(); n != 0 {
			t.Errorf("%d connections are open after their time", n)
		}
		served(t, rt, 5*time.Second)
	})
}

// pace waits after each hundredth, so that a cable's queue, which is 1000 frames
// long, takes them all.
func pace(i int) {
	if i%100 == 99 {
		time.Sleep(20 * time.Millisecond)
	}
}

// served fails the test unless the server says hello within some time.
func served(t *testing.T, rt http.RoundTripper, within time.Duration) {
	t.Helper()
	c := &http.Client{Transport: rt, Timeout: within}
	res, err := c.Get("http://server/")
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	same(t, "hello", readAll(t, res.Body), []byte("hello"))
}
