package stack_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"

	"thinnet/stack"
	"thinnet/transport/tcp"
)

// Who keeps a connection that has ended, and that he has closed, finds it closed for ever,
// and disturbs nobody who has its machine by now.
func TestConnAfterItsEnd(t *testing.T) {
	inTime(t, func(t *testing.T, h [2]*stack.Stack) {
		at := netip.AddrPortFrom(addr(1), 80)
		l, err := h[1].ListenTCP(at, 0)
		if err != nil {
			t.Fatal(err)
		}
		pair := func() (c, s *stack.TCPConn) {
			if c, err = h[0].DialTCP(t.Context(), anyPort, at); err != nil {
				t.Fatal(err)
			}
			if s, err = l.Accept(); err != nil {
				t.Fatal(err)
			}
			return c, s
		}
		old, s := pair()
		local := old.Local()
		b := make([]byte, 4)
		s.Close()
		if _, err := old.Read(b); err != io.EOF { // TIME-WAIT is the server's
			t.Fatal(err)
		}
		old.Close()

		c, s := pair()
		for name, err := range map[string]error{
			"Close": old.Close(), "CloseWrite": old.CloseWrite(), "SetNoDelay": old.SetNoDelay(false),
			"Read":  func() error { _, err := old.Read(b); return err }(),
			"Write": func() error { _, err := old.Write(b); return err }(),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s of a connection that has ended: %v", name, err)
			}
		}
		if old.Local() != local || old.Remote() != at || old.Info().State != tcp.Closed || old.Readiness().Readable != 0 || old.QuickAck() {
			t.Errorf("%v, %v, %+v, %+v", old.Local(), old.Remote(), old.Info(), old.Readiness())
		}
		if got, host := old.Settings(), h[0].TCPSettings(); got != host {
			t.Errorf("settings %+v, want the host's: %+v", got, host)
		}
		if _, err := c.Write([]byte("word")); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Read(b); err != nil || string(b[:n]) != "word" {
			t.Errorf("the next connection: %q, %v", b[:n], err)
		}
	})
}
