package http

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// hidden is a request that one of two servers in a row might not see.
const hidden = "GET /gone HTTP/1.1\r\nHost: a\r\n\r\n"

// Requests whose end is not clear are refused, and what follows them is not read as a
// request: nothing can be hidden in their bodies (RFC 9112, section 11.2).
func TestSmuggling(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: a\r\n"
	tests := []struct{ name, request string }{
		{"two lengths", head + "Content-Length: 0\r\nContent-Length: 30\r\n\r\n"},
		{"two lengths in one", head + "Content-Length: 0, 30\r\n\r\n"},
		{"signed length", head + "Content-Length: +0\r\n\r\n"},
		{"negative length", head + "Content-Length: -1\r\n\r\n"},
		{"hexadecimal length", head + "Content-Length: 0x0\r\n\r\n"},
		{"huge length", head + "Content-Length: 99999999999999999999\r\n\r\n"},
		{"empty length", head + "Content-Length:\r\n\r\n"},
		{"unknown coding", head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
		{"two codings", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
		{"chunked twice", head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"coding behind a tab", head + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n"},
		{"space before the colon", head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
		{"folded line", head + "X: y\r\n Transfer-Encoding : chunked\x00\r\n\r\n"},
		{"carriage return in a value", head + "X: y\rContent-Length: 30\r\n\r\n"},
		{"two hosts", head + "Host: b\r\n\r\n"},
		{"no host", "POST / HTTP/1.1\r\n\r\n"},
		{"chunk of a bad size", head + "Transfer-Encoding: chunked\r\n\r\n0x\r\n\r\n"},
		{"chunk of a huge size", head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"},
		{"chunk without its end", head + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"},
		{"endless chunk extension", head + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 100_000)},
		{"no version", "POST /\r\nHost: a\r\n\r\n"},
		{"space in the target", "POST / / HTTP/1.1\r\nHost: a\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			withServer(t, site, func(t *testing.T, l *pipeListener) {
				c := l.dial()
				defer c.Close()
				go io.WriteString(c, tt.request+hidden)
				answers, err := io.ReadAll(c) // to its end: the server closes
				if err != nil {
					t.Fatal(err)
				}
				if got := string(answers); !strings.HasPrefix(got, "HTTP/1.1 4") && !strings.HasPrefix(got, "HTTP/1.1 501 ") ||
					strings.Contains(got, "410 Gone") || strings.Count(got, "HTTP/1.1 ") != 1 {
					t.Errorf("answered %q", got)
				}
			})
		})
	}
}

// A request with both a length and chunks ends where the chunks do (RFC 9112, section
// 6.3): the length cannot hide one.
func TestLengthAndChunks(t *testing.T) {
	withServer(t, site, func(t *testing.T, l *pipeListener) {
		c := l.dial()
		defer c.Close()
		go io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+hidden)
		r := bufio.NewReader(c)
		for _, want := range []int{200, 410} {
			answer, err := http.ReadResponse(r, nil)
			if err != nil || answer.StatusCode != want {
				t.Fatalf("%v, %v; want %d", answer, err, want)
			}
			io.Copy(io.Discard, answer.Body)
		}
	})
}

// Clients that are slow on purpose are cut off, and hold nobody else up.
func TestSlowClients(t *testing.T) {
	const clients = 200
	tests := []struct {
		name, begin, drip string
		within            time.Duration
	}{
		{"nothing", "", "", headerTimeout + time.Second},
		{"half a head", "GET / HTTP/1.1\r\nHost: a\r\nX: ", "", headerTimeout + time.Second},
		{"dripping head", "GET / HTTP/1.1\r\nHost: a\r\nX: ", "y", headerTimeout + time.Second},
		{"half a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc", "", bodyTimeout + time.Second},
		{"dripping body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc", "d", bodyTimeout + time.Second},
		{"dripping chunks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nd\r\n", bodyTimeout + time.Second},
		{"idle", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", idleTimeout + time.Second},
		{"half a preface", "PRI * HTTP/2.0\r\n\r\nSM", "", headerTimeout + time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			withServer(t, site, func(t *testing.T, l *pipeListener) {
				start := time.Now()
				cut := make(chan time.Duration, clients)
				var drips sync.WaitGroup
				defer drips.Wait()
				for range clients {
					c := l.dial()
					defer c.Close()
					drips.Go(func() { drip(c, tt.begin, tt.drip) })
					go func() {
						io.Copy(io.Discard, c)
						cut <- time.Since(start)
					}()
				}
				if got := get(t, l); got != "<p>hello</p>\n" {
					t.Errorf("beside them: %q", got)
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("beside them: after %v", took)
				}
				for range clients {
					if d := <-cut; d > tt.within {
						t.Fatalf("cut off after %v, want %v", d, tt.within)
					}
				}
			})
		})
	}
}

// A server serves as many as it may, hangs up on one more, and gives the place of one
// that left to the next.
func TestManyClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		s := newServer(site)
		s.max = 3
		s.done.Go(func() { _ = s.server.Serve(l) })
		defer s.Close()
		for range s.max - 1 {
			defer l.dial().Close()
		}
		last := l.dial()
		one := l.dial()
		if b, err := io.ReadAll(one); len(b) != 0 || err != nil {
			t.Errorf("one too many: %q, %v; want the end", b, err)
		}
		if n := s.TurnedAway(); n != 1 {
			t.Errorf("%d were turned away, want 1", n)
		}
		last.Close()
		synctest.Wait()
		if got := get(t, l); got != "<p>hello</p>\n" {
			t.Errorf("in its place: %q", got)
		}
	})
}

// drip writes slowly until the connection ends.
func drip(c net.Conn, begin, text string) {
	_, err := io.WriteString(c, begin)
	for err == nil && text != "" {
		time.Sleep(3 * time.Second)
		_, err = io.WriteString(c, text)
	}
}

// get asks for the first page on a connection of its own.
func get(t *testing.T, l *pipeListener) string {
	t.Helper()
	c := l.dial()
	defer c.Close()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// A client that does not read its answer is given up.
func TestClientDoesNotRead(t *testing.T) {
	withServer(t, Site{Pages: map[string]Page{"/": {Size: 1 << 20}}}, func(t *testing.T, l *pipeListener) {
		c := l.dial()
		defer c.Close()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		time.Sleep(stallTimeout + time.Second)
		if _, err := c.Write([]byte(hidden)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the connection is still open: %v", err)
		}
	})
}

// A head that is too long is refused before all of it was read.
func TestLongHead(t *testing.T) {
	withServer(t, site, func(t *testing.T, l *pipeListener) {
		c := l.dial()
		defer c.Close()
		go io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("y", 10<<20))
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%v, %v", r, err)
		}
	})
}
