package inetd_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"thinnet"
	"thinnet/service/accept"
	"thinnet/service/inetd"
	"thinnet/thinnettest"
)

// start serves all the services on a host, over TCP and UDP, until stop.
func start(t *testing.T, h *thinnet.Host) (stop func()) {
	t.Helper()
	var done sync.WaitGroup
	var stops []func()
	for _, s := range inetd.Services {
		addr := fmt.Sprintf(":%d", s.Port)
		l, err := h.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		p, err := h.ListenPacket("udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		streams := accept.Serve(l, 10, func(c net.Conn) { s.Stream(c, time.Now) })
		done.Go(func() { s.ServeDatagrams(p, time.Now) })
		stops = append(stops, func() {
			streams.Close()
			p.Close()
		})
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
		done.Wait()
	}
}

func run(t *testing.T, f func(t *testing.T, dial func(network, service string) net.Conn, client *thinnet.Host)) {
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		client, server, link := thinnettest.Pair(t, n)
		if err := link.SetDelay(time.Millisecond); err != nil {
			t.Fatal(err)
		}
		defer start(t, server)()
		f(t, func(network, service string) net.Conn {
			t.Helper()
			c, err := client.Dial(network, "server:"+service)
			if err != nil {
				t.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(time.Second))
			t.Cleanup(func() { c.Close() })
			return c
		}, client)
	})
}

func TestStreams(t *testing.T) {
	run(t, func(t *testing.T, dial func(network, service string) net.Conn, _ *thinnet.Host) {
		echo := dial("tcp", "7")
		io.WriteString(echo, "hello")
		echo.(interface{ CloseWrite() error }).CloseWrite()
		if got, err := io.ReadAll(echo); string(got) != "hello" || err != nil {
			t.Errorf("echo: %q, %v", got, err)
		}

		discard := dial("tcp", "9")
		io.WriteString(discard, "hello")
		discard.(interface{ CloseWrite() error }).CloseWrite()
		if got, err := io.ReadAll(discard); len(got) != 0 || err != nil {
			t.Errorf("discard: %q, %v", got, err)
		}

		// A bubble's time begins with the year 2000.
		if got, err := io.ReadAll(dial("tcp", "13")); string(got) != "Saturday, January 1, 2000 00:00:00-UTC\r\n" || err != nil {
			t.Errorf("daytime: %q, %v", got, err)
		}

		lines := bufio.NewScanner(dial("tcp", "19"))
		for n := range 200 {
			if !lines.Scan() {
				t.Fatal(lines.Err())
			}
			line := lines.Text()
			if len(line) != 72 || line[0] != byte(' '+n%95) || line[71] != byte(' '+(n+71)%95) {
				t.Fatalf("chargen: line %d is %q", n, line)
			}
		}
	})
}

func TestDatagrams(t *testing.T) {
	run(t, func(t *testing.T, dial func(network, service string) net.Conn, client *thinnet.Host) {
		ask := func(c net.Conn, text string) string {
			t.Helper()
			if _, err := io.WriteString(c, text); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 2000)
			n, err := c.Read(b)
			if err != nil {
				return err.Error()
			}
			return string(b[:n])
		}
		if got := ask(dial("udp", "7"), "hello"); got != "hello" {
			t.Errorf("echo: %q", got)
		}
		if got := ask(dial("udp", "9"), "hello"); !strings.Contains(got, "timeout") {
			t.Errorf("discard: %q", got)
		}
		if got := ask(dial("udp", "13"), ""); !strings.HasSuffix(got, " 2000 00:00:01-UTC\r\n") {
			t.Errorf("daytime: %q", got)
		}
		if got := ask(dial("udp", "19"), "abc"); len(got) != 74 || got[0] != '#' {
			t.Errorf("chargen: %q", got)
		}
		// Two that answer everything would talk for ever.
		p, err := client.ListenPacket("udp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if _, err := p.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 7}); err != nil {
			t.Fatal(err)
		}
		p.SetReadDeadline(time.Now().Add(time.Second))
		if n, _, err := p.ReadFrom(make([]byte, 10)); err == nil {
			t.Errorf("port 7 is answered with %d bytes", n)
		}
	})
}

// Clients that are silent, or do not read what they are sent, hold up nobody else, nor
// the end of the services.
func TestSilence(t *testing.T) {
	run(t, func(t *testing.T, dial func(network, service string) net.Conn, _ *thinnet.Host) {
		for range 3 {
			dial("tcp", "7")
			dial("tcp", "9")
			dial("tcp", "19") // chargen goes on until the window is closed
			deaf := dial("tcp", "7")
			deaf.SetDeadline(time.Time{})
			go deaf.Write(make([]byte, 64<<20))
		}
		time.Sleep(time.Hour)
		start := time.Now()
		echo := dial("tcp", "7")
		echo.SetDeadline(start.Add(time.Minute))
		io.WriteString(echo, "still")
		b := make([]byte, 5)
		if _, err := io.ReadFull(echo, b); string(b) != "still" || err != nil || time.Since(start) > time.Second {
			t.Errorf("%q, %v after %v", b, err, time.Since(start))
		}
		// The tenth connection of a service is the last, and one more is hung up on.
		var all []net.Conn
		for range 10 {
			c := dial("tcp", "9")
			c.SetDeadline(time.Now().Add(time.Second))
			all = append(all, c)
		}
		ended := 0
		for _, c := range all {
			if _, err := c.Read(b); err == io.EOF {
				ended++
			}
		}
		if ended != 3 {
			t.Errorf("%d connections too many are hung up on, want 3", ended)
		}
	})
}
