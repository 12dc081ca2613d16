//go:build !js

package websocket_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/coder/websocket"

	"thinnet"
	"thinnet/service/websocket"
	"thinnet/thinnettest"
)

// serve runs a server on port 80 and gives f the host of its clients.
func serve(t *testing.T, o websocket.Options, f func(t *testing.T, h *thinnet.Host)) {
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		h, server, link := thinnettest.Pair(t, n)
		if err := link.SetDelay(time.Millisecond); err != nil {
			t.Fatal(err)
		}
		l, err := server.Listen("tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		s, err := websocket.Serve(l, o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			s.Close()
			stacks := make([]byte, 1<<20)
			stacks = stacks[:runtime.Stack(stacks, true)]
			if bytes.Contains(stacks, []byte("websocket.(*Server).give")) {
				t.Errorf("Close has not waited for those who are being sent away:\n%s", stacks)
			}
		}()
		f(t, h)
	})
}

func dial(t *testing.T, h *thinnet.Host, o *client.DialOptions) *client.Conn {
	t.Helper()
	if o == nil {
		o = new(client.DialOptions)
	}
	o.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: h.DialContext}}
	c, _, err := client.Dial(t.Context(), "ws://server/", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	c.SetReadLimit(websocket.MaxMessage)
	return c
}

func write(t *testing.T, c *client.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), client.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, c *client.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, b, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEcho(t *testing.T) {
	serve(t, websocket.Options{}, func(t *testing.T, h *thinnet.Host) {
		a, b := dial(t, h, nil), dial(t, h, nil)
		large := strings.Repeat("x", 500_000)
		write(t, a, "one")
		write(t, a, large)
		write(t, b, "two")
		if got := read(t, a); got != "one" {
			t.Errorf("read %q", got)
		}
		if got := read(t, a); got != large {
			t.Errorf("read %d bytes", len(got))
		}
		if got := read(t, b); got != "two" {
			t.Errorf("read %q", got)
		}
		// The server answers the close.
		if err := a.Close(client.StatusNormalClosure, "bye"); err != nil {
			t.Error(err)
		}
	})
}

func TestBroadcast(t *testing.T) {
	serve(t, websocket.Options{Broadcast: true}, func(t *testing.T, h *thinnet.Host) {
		a, b := dial(t, h, nil), dial(t, h, nil)
		time.Sleep(time.Second) // both are known
		write(t, a, "to all")
		for _, c := range []*client.Conn{a, b} {
			if got := read(t, c); got != "to all" {
				t.Errorf("read %q", got)
			}
		}
		// Who reads nothing is sent away, and does not hold up the others.
		idle := dial(t, h, nil)
		time.Sleep(time.Second)
		large := strings.Repeat("x", 100_000)
		for range 3 * websocket.MaxQueue {
			write(t, a, large)
			read(t, a)
			read(t, b)
		}
		var err error
		for err == nil {
			_, _, err = idle.Read(t.Context())
		}
		if status := client.CloseStatus(err); status != client.StatusPolicyViolation && !errors.Is(err, io.EOF) {
			t.Errorf("the idle one: %v", err)
		}
	})
}

// Close waits for those who are being sent away at that moment.
func TestCloseWaits(t *testing.T) {
	serve(t, websocket.Options{Broadcast: true}, func(t *testing.T, h *thinnet.Host) {
		a := dial(t, h, nil)
		for range 4 {
			dial(t, h, nil) // which reads nothing
		}
		time.Sleep(time.Second)
		large := strings.Repeat("x", 100_000)
		for range 2 * websocket.MaxQueue {
			write(t, a, large)
			read(t, a)
		}
	})
}

// Pings go both ways.
func TestPing(t *testing.T) {
	serve(t, websocket.Options{Ping: time.Minute}, func(t *testing.T, h *thinnet.Host) {
		var pings atomic.Int64
		c := dial(t, h, &client.DialOptions{OnPingReceived: func(context.Context, []byte) bool { pings.Add(1); return true }})
		ctx := c.CloseRead(t.Context())
		if err := c.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(10*time.Minute + time.Second)
		if n := pings.Load(); ctx.Err() != nil || n != 10 {
			t.Errorf("%d pings in ten minutes, %v", n, ctx.Err())
		}
		// One that answers none is gone a minute later.
		deaf := dial(t, h, &client.DialOptions{OnPingReceived: func(context.Context, []byte) bool { return false }})
		gone := deaf.CloseRead(t.Context())
		time.Sleep(3 * time.Minute)
		if gone.Err() == nil {
			t.Error("a client that does not answer pings is kept")
		}
	})
}

func TestPath(t *testing.T) {
	serve(t, websocket.Options{Path: "/chat"}, func(t *testing.T, h *thinnet.Host) {
		c := &http.Client{Transport: &http.Transport{DialContext: h.DialContext}}
		defer c.CloseIdleConnections()
		for path, want := range map[string]int{"/": 404, "/chat": 426} {
			res, err := c.Get("http://server" + path)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("GET %s: %d, want %d", path, res.StatusCode, want)
			}
		}
	})
}

const handshake = "GET / HTTP/1.1\r\nHost: server\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// Frames that break the protocol end their connection with a reason, and no other.
func TestHostileFrames(t *testing.T) {
	mask := "\x00\x00\x00\x00" // does nothing
	frame := func(first byte, payload string) string {
		b := []byte{first, 0x80 | 127}
		b = binary.BigEndian.AppendUint64(b, uint64(len(payload)))
		return string(b) + mask + payload
	}
	piece := strings.Repeat("x", 60_000)
	forever := frame(0x01, piece) + strings.Repeat(frame(0x00, piece), 30)
	for _, test := range []struct {
		name, bytes string
		status      client.StatusCode
	}{
		{"not masked", "\x81\x02hi", client.StatusProtocolError},
		{"fragmented for ever", forever, client.StatusMessageTooBig},
		{"too long at once", frame(0x82, strings.Repeat("x", websocket.MaxMessage+1)), client.StatusMessageTooBig},
		{"a length of 2^63", "\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00" + mask, client.StatusProtocolError},
		{"reserved bits", "\xf1\x80" + mask, client.StatusProtocolError},
		{"an unknown opcode", "\x83\x80" + mask, client.StatusProtocolError},
		{"a long ping", frame(0x89, strings.Repeat("x", 126)), client.StatusProtocolError},
		{"a continuation of nothing", "\x80\x80" + mask, client.StatusProtocolError},
	} {
		t.Run(test.name, func(t *testing.T) {
			serve(t, websocket.Options{}, func(t *testing.T, h *thinnet.Host) {
				other := dial(t, h, nil)
				c, err := h.Dial("tcp", "server:80")
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(time.Minute))
				done := make(chan struct{})
				go func() {
					defer close(done)
					io.WriteString(c, handshake+test.bytes)
				}()
				r := bufio.NewReader(c)
				res, err := http.ReadResponse(r, nil)
				if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
					t.Fatalf("%v, %v", res, err)
				}
				// What is on its way when the server closes resets the connection
				// (RFC 2525, section 2.17), and the status may be lost.
				if got := closeStatus(r); got != test.status && (got != 0 || len(test.bytes) < 1000) {
					t.Errorf("status %d, want %d", got, test.status)
				}
				<-done
				write(t, other, "still here")
				if got := read(t, other); got != "still here" {
					t.Errorf("read %q", got)
				}
			})
		})
	}
}

// Whoever says half of something and then nothing is hung up on, with a reason where one
// can be told, and nobody else is held up. Between two messages there may be silence.
func TestSilence(t *testing.T) {
	const mask = "\x00\x00\x00\x00"
	for _, test := range []struct {
		name, bytes string
		drip        bool // and then a byte a second
		after       time.Duration
		status      client.StatusCode
	}{
		{"half a handshake", handshake[:40], false, 10 * time.Second, 0},
		{"half a payload", handshake + "\x81\x85" + mask + "he", false, websocket.MessageTimeout, client.StatusPolicyViolation},
		{"half a message", handshake + "\x01\x82" + mask + "he", false, websocket.MessageTimeout, client.StatusPolicyViolation},
		{"dripping", handshake + "\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00" + mask, true, websocket.MessageTimeout, client.StatusPolicyViolation},
		{"nothing", handshake, false, 0, 0},
		{"a message and nothing", handshake + "\x81\x82" + mask + "hi", false, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			serve(t, websocket.Options{}, func(t *testing.T, h *thinnet.Host) {
				c, err := h.Dial("tcp", "server:80")
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				start := time.Now()
				io.WriteString(c, test.bytes)
				done := make(chan struct{})
				go func() {
					defer close(done)
					for err := error(nil); test.drip && err == nil; {
						time.Sleep(time.Second)
						_, err = c.Write([]byte("x"))
					}
				}()
				other := dial(t, h, nil)
				write(t, other, "beside it")
				if got := read(t, other); got != "beside it" || time.Since(start) > time.Second {
					t.Errorf("read %q after %v", got, time.Since(start))
				}
				c.SetReadDeadline(start.Add(time.Hour))
				r := bufio.NewReader(c)
				if test.status != 0 || test.after == 0 {
					if res, err := http.ReadResponse(r, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
						t.Fatalf("%v, %v", res, err)
					}
				}
				if status := closeStatus(r); status != test.status {
					t.Errorf("status %d, want %d", status, test.status)
				}
				took := time.Since(start)
				if test.after == 0 {
					test.after = time.Hour // it is the test that has waited long enough
				}
				if took < test.after || took > test.after+time.Second {
					t.Errorf("hung up on after %v, want %v", took, test.after)
				}
				c.Close()
				<-done
			})
		})
	}
}

// closeStatus reads frames of the server up to a close, and returns its status; 0
// if there is none.
func closeStatus(r *bufio.Reader) client.StatusCode {
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(r, head); err != nil {
			return 0
		}
		body := make([]byte, head[1]&0x7f) // all of them are short here
		if _, err := io.ReadFull(r, body); err != nil {
			return 0
		}
		if head[0] == 0x88 && len(body) >= 2 {
			return client.StatusCode(binary.BigEndian.Uint16(body))
		}
	}
}
