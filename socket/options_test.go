package socket_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"thinnet"
	"thinnet/socket"
	"thinnet/transport/tcp"
)

// Options that are settings: each can be set, is the connection's own, and has a range.
func TestOptions(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		c, s := connect(t, a, b)
		defer c.Close()
		defer s.Close()
		conn := c.(*socket.TCPConn)
		for _, tt := range []struct {
			name      string
			good, bad error
			check     func(set tcp.Settings) bool
		}{
			{"TCP_CONGESTION", conn.SetCongestionControl("reno"), conn.SetCongestionControl("x"),
				func(s tcp.Settings) bool { return s.CongestionControl == "reno" }},
			{"TCP_USER_TIMEOUT", conn.SetUserTimeout(time.Minute), conn.SetUserTimeout(-1),
				func(s tcp.Settings) bool { return s.UserTimeout == time.Minute }},
			{"TCP_NOTSENT_LOWAT", conn.SetNotSentLowat(5000), conn.SetNotSentLowat(-1),
				func(s tcp.Settings) bool { return s.NotSentLowat == 5000 }},
			{"TCP_WINDOW_CLAMP", conn.SetWindowClamp(5000), conn.SetWindowClamp(-1),
				func(s tcp.Settings) bool { return s.WindowClamp == 5000 }},
			{"TCP_RTO_MIN_US", conn.SetRTOBounds(time.Millisecond, time.Second), conn.SetRTOBounds(0, time.Millisecond),
				func(s tcp.Settings) bool { return s.MinRTO == time.Millisecond && s.MaxRTO == time.Second }},
			{"SetSettings", conn.SetSettings(conn.Settings()), conn.SetSettings(tcp.Settings{QuickAck: -2}),
				func(s tcp.Settings) bool { return s.QuickAck == 16 }},
		} {
			if tt.good != nil {
				t.Errorf("%s: %v", tt.name, tt.good)
			}
			var op *net.OpError
			if !errors.As(tt.bad, &op) {
				t.Errorf("%s out of range: %v, want an *net.OpError", tt.name, tt.bad)
			}
			if !tt.check(conn.Settings()) {
				t.Errorf("%s was not set", tt.name)
			}
			if tt.check(s.(*socket.TCPConn).Settings()) && tt.name != "SetSettings" {
				t.Errorf("%s was set at the other end as well", tt.name)
			}
		}
		conn.SetCork(true)
		conn.SetQuickAck(true)
		conn.SetTOS(0x10)
		conn.Close()
		for name, err := range map[string]error{
			"SetCongestionControl": conn.SetCongestionControl("reno"), "SetCork": conn.SetCork(true),
			"SetQuickAck": conn.SetQuickAck(true), "SetTOS": conn.SetTOS(0), "SetWriteBuffer": conn.SetWriteBuffer(5000),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s after Close: %v, want net.ErrClosed", name, err)
			}
		}
	})
}

// What a user sees of an option.
func TestOptionEffects(t *testing.T) {
	t.Run("user timeout", func(t *testing.T) {
		inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
			c, s := connect(t, a, b)
			defer c.Close()
			defer s.Close()
			c.(*socket.TCPConn).SetUserTimeout(10 * time.Second)
			n.Links()[0].Down()
			start := time.Now()
			c.Write([]byte("lost"))
			_, err := c.Read(make([]byte, 1))
			// From the first retransmission on, after 200 ms.
			if d := time.Since(start); !errors.Is(err, syscall.ETIMEDOUT) || d < 10*time.Second || d > 10500*time.Millisecond {
				t.Errorf("%v after %v, want ETIMEDOUT after 10.2 s", err, d)
			}
		})
	})
	t.Run("unsent low water", func(t *testing.T) {
		inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
			c, s := connect(t, a, b)
			defer c.Close()
			defer s.Close()
			conn := c.(*socket.TCPConn)
			conn.SetNotSentLowat(10_000)
			s.(*socket.TCPConn).SetReadBuffer(65536)
			conn.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := c.Write(make([]byte, 16<<20)); err == nil {
				t.Fatal("more was written than anybody reads")
			}
			if n := conn.Info().NotSent; n == 0 || n > 10_000 {
				t.Errorf("%d bytes wait to be sent, want up to 10000", n)
			}
			// When it is read, the writer goes on.
			conn.SetWriteDeadline(time.Time{})
			go io.Copy(io.Discard, s)
			if _, err := c.Write(make([]byte, 1<<20)); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("buffers of any size", func(t *testing.T) {
		inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
			c, s := connect(t, a, b)
			for _, size := range []int{-1, 0, 1, 1<<31 - 1} {
				c.(*socket.TCPConn).SetWriteBuffer(size)
				s.(*socket.TCPConn).SetReadBuffer(size)
				go c.Write(make([]byte, 100_000))
				if _, err := io.ReadFull(s, make([]byte, 100_000)); err != nil {
					t.Errorf("%d: %v", size, err)
				}
			}
			c.Close()
			s.Close()
		})
	})
	t.Run("window clamp", func(t *testing.T) {
		inBubble(t, func(t *testing.T, n *thinnet.Network, a, b *thinnet.Host) {
			lc := socket.ListenConfig{Net: b.Sockets(), Control: func(_, _ string, set *tcp.Settings) error {
				set.WindowClamp = 20_000
				return nil
			}}
			conns := accept(listen(t, &lc, ":80"))
			c, err := a.Dial("tcp", "b:80")
			if err != nil {
				t.Fatal(err)
			}
			s := <-conns
			go func() { c.Write(make([]byte, 1<<20)); c.Close() }()
			if n, err := io.Copy(io.Discard, s); n != 1<<20 || err != nil {
				t.Errorf("%d bytes, %v", n, err)
			}
			if w := c.(*socket.TCPConn).Info().SndWnd; w == 0 || w > 20_000 {
				t.Errorf("the window is %d, want up to 20000", w)
			}
			s.Close()
		})
	})
}

// A host cannot have settings that are out of their range.
func TestHostSettings(t *testing.T) {
	n := thinnet.New(thinnet.Options{})
	defer n.Close()
	_, err := n.AddHost("a", thinnet.HostOptions{TCP: tcp.Settings{CongestionControl: "vegas"}})
	if err == nil || !strings.Contains(err.Error(), `a: TCP: no congestion control "vegas"`) {
		t.Errorf("%v, want an error that names host and algorithm", err)
	}
	if _, err := n.AddHost("a", thinnet.HostOptions{TCP: tcp.Settings{CongestionControl: "reno"}}); err != nil {
		t.Error(err)
	}
}
