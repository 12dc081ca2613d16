package http

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
)

// pipeListener accepts the far ends of net.Pipe: a network without a network.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{make(chan net.Conn), make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (l *pipeListener) dial() net.Conn {
	a, b := net.Pipe()
	l.conns <- b
	return a
}

// withServer runs a test in virtual time beside a server of a site.
func withServer(t *testing.T, site Site, f func(t *testing.T, l *pipeListener)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		s := Serve(l, site)
		defer s.Close()
		f(t, l)
	})
}

var site = Site{
	Pages: map[string]Page{
		"/":     {Body: "<p>hello</p>\n"},
		"/gone": {Status: 410, Header: map[string]string{"content-type": "text/plain", "X-Why": "test"}, Body: "gone\n"},
		"/none": {Status: 204, Body: "not sent"},
		"/slow": {Body: "late\n", Delay: 3 * time.Second},
		"/hang": {Delay: time.Hour},
		"/big":  {Size: len("0000000001 the quick brown fox jumps over the lazy dog\n") + 5},
	},
	Files: fstest.MapFS{"a.txt": {Data: []byte("a file\n")}},
}

func TestServe(t *testing.T) {
	tests := []struct {
		request, status, header, body string
		after                         time.Duration
	}{
		{request: "GET /", status: "200 OK", header: "text/html", body: "<p>hello</p>\n"},
		{request: "HEAD /", status: "200 OK", header: "text/html"},
		{request: "POST /gone", status: "410 Gone", header: "text/plain", body: "gone\n"},
		{request: "GET /none", status: "204 No Content", header: "text/html"},
		{request: "GET /big", status: "200 OK", header: "text/html", body: fmt.Sprintf(fillerLine, 1) + "00000"},
		{request: "GET /a.txt", status: "200 OK", header: "text/plain; charset=utf-8", body: "a file\n"},
		{request: "GET /b.txt", status: "404 Not Found", header: "text/plain; charset=utf-8", body: "404 page not found\n"},
		{request: "GET /../http.go", status: "404 Not Found", header: "text/plain; charset=utf-8", body: "404 page not found\n"},
		{request: "GET /slow", status: "200 OK", header: "text/html", body: "late\n", after: 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(strings.ReplaceAll(tt.request, "/", "_"), func(t *testing.T) {
			withServer(t, site, func(t *testing.T, l *pipeListener) {
				c := l.dial()
				defer c.Close()
				start := time.Now()
				io.WriteString(c, tt.request+" HTTP/1.1\r\nHost: a\r\n\r\n")
				r, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: strings.Fields(tt.request)[0]})
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Fatal(err)
				}
				if r.Status != tt.status || string(body) != tt.body || r.Header.Get("Content-Type") != tt.header {
					t.Errorf("got %s, %q, %q", r.Status, r.Header.Get("Content-Type"), body)
				}
				if d := time.Since(start); d != tt.after {
					t.Errorf("took %v, want %v", d, tt.after)
				}
			})
		})
	}
}

// A bubble fails if a goroutine is left, so Close has joined all of them.
func TestCloseJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		s := Serve(l, site)
		idle, waiting, half := l.dial(), l.dial(), l.dial()
		defer idle.Close()
		defer half.Close()
		go io.WriteString(waiting, "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
		io.WriteString(half, "GET / HT")
		synctest.Wait()
		start := time.Now()
		s.Close()
		s.Close()
		if d := time.Since(start); d != 0 {
			t.Errorf("Close took %v", d)
		}
		if _, err := waiting.Read(make([]byte, 1)); err == nil {
			t.Error("the connection is still open")
		}
		waiting.Close()
	})
}
