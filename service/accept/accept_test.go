package accept_test

import (
	"io"
	"net"
	"testing"
	"time"

	"thinnet"
	"thinnet/service/accept"
	"thinnet/thinnettest"
)

// A server serves as many as it may, turns others away, and ends with Close.
func TestServe(t *testing.T) {
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		client, server, _ := thinnettest.Pair(t, n)
		l, err := server.Listen("tcp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		const max = 3
		s := accept.Serve(l, max, func(c net.Conn) { io.Copy(c, c) })
		dial := func() net.Conn {
			t.Helper()
			c, err := client.Dial("tcp", "server:7")
			if err != nil {
				t.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(time.Minute))
			return c
		}
		served := func(c net.Conn) bool {
			_, writeErr := c.Write([]byte{1})
			_, err := io.ReadFull(c, make([]byte, 1))
			return writeErr == nil && err == nil
		}
		var conns []net.Conn
		for range max {
			c := dial()
			defer c.Close()
			conns = append(conns, c)
			if !served(c) {
				t.Error("a connection is not served")
			}
		}
		beyond := dial()
		defer beyond.Close()
		if served(beyond) {
			t.Error("one connection too many is served")
		}
		if n := s.TurnedAway(); n != 1 {
			t.Errorf("%d were turned away, want 1", n)
		}
		conns[0].Close()
		time.Sleep(time.Second)
		again := dial()
		defer again.Close()
		if !served(again) {
			t.Error("the place of one that left is not given away")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if served(conns[1]) {
			t.Error("a connection outlives the server")
		}
		if _, err := client.Dial("tcp", "server:7"); err == nil {
			t.Error("the listener outlives the server")
		}
	})
}
