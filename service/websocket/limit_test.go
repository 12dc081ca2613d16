//go:build !js

package websocket

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
)

// A server serves as many as it may, hangs up on one more, and gives the place of one
// that left to the next, whether it was a WebSocket already or not.
func TestManyClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Settle: synctest.Wait})
		defer n.Close()
		h, err := n.AddHost("server", thinnet.HostOptions{})
		if err != nil {
			t.Fatal(err)
		}
		l, err := h.Listen("tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		s := newServer(Options{})
		s.max = 2
		s.serve(l)
		defer s.Close()
		const handshake = "GET / HTTP/1.1\r\nHost: server\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
		open := func(says string) (c io.ReadCloser, ended bool) {
			conn, err := h.Dial("tcp", "127.0.0.1:80")
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, says)
			conn.SetReadDeadline(time.Now().Add(time.Second))
			_, err = io.Copy(io.Discard, conn)
			return conn, err == nil // and not the deadline
		}
		for i := range 3 {
			upgraded, ended := open(handshake)
			silent, other := open("GET")
			if ended || other {
				t.Error("a connection that may be is hung up on")
			}
			if beyond, ended := open(""); !ended {
				t.Error("one connection too many is served")
			} else {
				beyond.Close()
			}
			if n := s.TurnedAway(); n != uint64(i+1) {
				t.Errorf("%d were turned away, want %d", n, i+1)
			}
			upgraded.Close()
			silent.Close()
			time.Sleep(time.Second)
		}
	})
}
