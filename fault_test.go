package thinnet_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
)

// serve serves connections to port 7 of a host until its listener is closed.
func serve(t testing.TB, h *thinnet.Host, conn func(c net.Conn)) {
	t.Helper()
	l, err := h.Listen("tcp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				conn(c)
			}()
		}
	}()
}

// echo serves connections to port 7 of a host with what they say.
func echo(t *testing.T, h *thinnet.Host) {
	t.Helper()
	serve(t, h, func(c net.Conn) { io.Copy(c, c) })
}

// talk connects a host to the echo of another.
func talk(t *testing.T, client, server *thinnet.Host) net.Conn {
	t.Helper()
	echo(t, server)
	c, err := client.Dial("tcp", "server:7")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// say sends a byte and waits up to a second for its echo.
func say(c net.Conn) error {
	c.SetDeadline(time.Now().Add(time.Second))
	if _, err := c.Write([]byte{1}); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

func virtual(t *testing.T, f func(t *testing.T, n *thinnet.Network)) {
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Seed: 1, Settle: synctest.Wait})
		defer n.Close()
		f(t, n)
	})
}

func TestCrash(t *testing.T) {
	virtual(t, func(t *testing.T, n *thinnet.Network) {
		client, server, _ := pair(n, thinnet.LinkOptions{})
		c := talk(t, client, server)
		defer c.Close()
		if err := server.Restart(); err == nil {
			t.Error("a host restarts that runs")
		}
		if err := say(c); err != nil {
			t.Fatal(err)
		}
		server.Crash()
		if _, err := server.Listen("tcp", ":8"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("listening on a crashed host: %v, want net.ErrClosed", err)
		}
		// The power is off: nobody answers, not even with a reset.
		if err := say(c); !errors.Is(err, io.EOF) && !isTimeout(err) {
			t.Errorf("a crashed host: %v, want a timeout", err)
		}
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		// The new stack knows nothing of the connection, and says so.
		c.SetDeadline(time.Time{})
		if _, err := io.ReadFull(c, make([]byte, 2)); err == nil || isTimeout(err) {
			t.Errorf("after the restart: %v, want a reset", err)
		}
		if got := server.Stack().Sockets(); len(got) != 0 {
			t.Errorf("sockets outlived the crash: %v", got)
		}
		echo(t, server)
		again, err := client.Dial("tcp", "server:7")
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if err := say(again); err != nil {
			t.Error(err)
		}
	})
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func TestPartition(t *testing.T) {
	virtual(t, func(t *testing.T, n *thinnet.Network) {
		client, server, _ := pair(n, thinnet.LinkOptions{})
		c := talk(t, client, server)
		defer c.Close()
		side := func(h *thinnet.Host) []*thinnet.Host { return []*thinnet.Host{h} }
		heal := n.Partition(side(client), side(server))
		twice := n.Partition(side(server), side(client))
		if err := say(c); !isTimeout(err) {
			t.Errorf("across a partition: %v, want a timeout", err)
		}
		heal()
		heal()
		if err := say(c); !isTimeout(err) {
			t.Errorf("two partitions, one healed: %v, want a timeout", err)
		}
		twice()
		c.SetDeadline(time.Now().Add(time.Minute))
		if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
			t.Errorf("what was sent meanwhile, after healing: %v", err)
		}
		if d := client.Stack().Interfaces()[1].Device.Drops.Total() + server.Stack().Interfaces()[1].Device.Drops.Total(); d == 0 {
			t.Error("the partition has counted nothing")
		}
	})
}

// An event of the network's has its place among the packets.
func TestAfterFunc(t *testing.T) {
	virtual(t, func(t *testing.T, n *thinnet.Network) {
		client, server, link := pair(n, thinnet.LinkOptions{})
		c := talk(t, client, server)
		defer c.Close()
		n.AfterFunc(time.Second, link.Down)
		n.AfterFunc(3*time.Second, link.Up)
		never := n.AfterFunc(time.Second, func() { t.Error("it was called off") })
		never.Stop()
		if err := say(c); err != nil {
			t.Error(err)
		}
		time.Sleep(1500 * time.Millisecond)
		if err := say(c); !isTimeout(err) {
			t.Errorf("while the link is down: %v", err)
		}
		c.SetDeadline(time.Now().Add(time.Minute))
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Errorf("once it is up: %v", err)
		}
	})
}

func TestLinkFaults(t *testing.T) {
	virtual(t, func(t *testing.T, n *thinnet.Network) {
		client, server, link := pair(n, thinnet.LinkOptions{})
		c := talk(t, client, server)
		defer c.Close()
		if err := link.SetDelay(100 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := say(c); err != nil || time.Since(start) != 200*time.Millisecond {
			t.Errorf("a round trip took %v, %v; want 200 ms", time.Since(start), err)
		}
		if err := link.SetLoss(1); err != nil {
			t.Fatal(err)
		}
		if err := say(c); !isTimeout(err) {
			t.Errorf("everything is lost: %v", err)
		}
		if link.SetLoss(2) == nil || link.SetDelay(-1) == nil {
			t.Error("nonsense is taken")
		}
	})
}
