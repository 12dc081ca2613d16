package thinnettest_test

import (
	"io"
	"net"
	"testing"
	"time"

	"thinnet"
	"thinnet/thinnettest"
)

// day is 24 hours of keepalives every 15 s on some connections, with 1 % loss.
func day(t *testing.T, connections int) {
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		client, server, link := thinnettest.Pair(t, n)
		l, err := server.Listen("tcp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var conns []net.Conn
		for range connections {
			c, err := client.Dial("tcp", "server:7")
			if err != nil {
				t.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			defer c.Close()
			conns = append(conns, c)
			time.Sleep(7 * time.Millisecond)
		}
		if err := link.SetLoss(0.01); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		if err := link.SetLoss(0); err != nil {
			t.Fatal(err)
		}
		for _, c := range conns {
			if _, err := io.WriteString(c, "still here"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestDay(t *testing.T) { day(t, 2) }

// 200 connections for a day, 4.6 million packets: the goal is 5 s.
// RunTests lives the day once for each number that -cpu lists: give one.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		if !testing.RunTests(func(string, string) (bool, error) { return true, nil },
			[]testing.InternalTest{{Name: "day", F: func(t *testing.T) { day(t, 200) }}}) {
			b.Fatal("the day failed")
		}
	}
}
