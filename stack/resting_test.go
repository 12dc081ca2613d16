package stack_test

import (
	"io"
	"net/netip"
	"testing"
	"time"

	"thinnet/stack"
	"thinnet/transport/tcp"
)

// Connections in TIME-WAIT are seen until it ends, each at its time, whether their users hold
// them or not; and their places are taken by new ones, if those come later in time.
func TestResting(t *testing.T) {
	inTime(t, func(t *testing.T, h [2]*stack.Stack) {
		at := netip.AddrPortFrom(addr(1), 80)
		l, err := h[1].ListenTCP(at, 0)
		if err != nil {
			t.Fatal(err)
		}
		// closed opens a connection that the server closes first, and returns its port.
		closed := func(port uint16) uint16 {
			c, err := h[0].DialTCP(t.Context(), netip.AddrPortFrom(addr(0), port), at)
			if err != nil {
				t.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 1)
			if _, err := s.Read(b); err != nil {
				t.Fatal(err)
			}
			s.Close()
			if _, err := c.Read(b); err != io.EOF {
				t.Fatal(err)
			}
			c.Close()
			time.Sleep(time.Millisecond)
			return c.Local().Port()
		}
		// waiting returns how many there are, by ss and by sockstat, and when the first and
		// the last of them end.
		waiting := func() (n int, first, last time.Duration) {
			first = time.Hour
			for _, i := range h[1].Sockets() {
				if i.State != tcp.TimeWait {
					continue
				}
				if i.Local.Addr() != addr(1) || i.Remote.Addr() != addr(0) || i.Timer != "timewait" || i.SendQueue+i.RecvQueue != 0 || i.Info.State != tcp.TimeWait {
					t.Errorf("%+v", i)
				}
				n++
				first, last = min(first, i.Expires), max(last, i.Expires)
			}
			if m := h[1].TCPMemory(); m.TimeWait != n || m.Sockets != 0 {
				t.Errorf("%d wait, and %+v", n, m)
			}
			return n, first, last
		}
		check := func(want int, wantFirst, wantLast time.Duration) {
			t.Helper()
			if n, first, last := waiting(); n != want || first.Round(time.Second) != wantFirst || last.Round(time.Second) != wantLast {
				t.Errorf("%d wait, %v to %v, want %d, %v to %v", n, first, last, want, wantFirst, wantLast)
			}
		}
		var port uint16
		for range 6 {
			p := closed(0)
			if port == 0 {
				port = p
			}
			time.Sleep(5 * time.Second)
		}
		check(6, 30*time.Second, 55*time.Second)
		if closed(port) != port || counter(h[1], "TcpExtTCPTimeWaitRecycled") != 1 {
			t.Error("a later connection does not take the place of one in TIME-WAIT")
		}
		check(6, 35*time.Second, 60*time.Second)
		time.Sleep(36 * time.Second)
		check(5, 4*time.Second, 24*time.Second)
		// Others have another TIME-WAIT, and those that are there keep theirs.
		set := h[1].TCPSettings()
		set.TimeWait = 10 * time.Second
		if err := h[1].SetTCPSettings(set); err != nil {
			t.Fatal(err)
		}
		if l, err = h[1].ListenTCP(netip.AddrPortFrom(addr(1), 81), 0); err != nil {
			t.Fatal(err)
		}
		at = l.Local()
		closed(0)
		time.Sleep(8 * time.Second)
		check(5, time.Second, 16*time.Second)
		time.Sleep(3 * time.Second)
		check(3, 3*time.Second, 13*time.Second)
		time.Sleep(time.Minute)
		check(0, time.Hour, 0)
	})
}
