package stack_test

import (
	"bytes"
	"io"
	"net/netip"
	"testing"
	"time"

	"thinnet/stack"
	"thinnet/transport/tcp"
)

// Who has not read everything yet when his connection, in TIME-WAIT, makes room for another
// one between the same ends, can still do so: whether the peer opens that or his own host.
func TestReplacedUnread(t *testing.T) {
	for name, again := range map[string]func(h [2]*stack.Stack, old *stack.TCPConn) error{
		"by the peer": func(h [2]*stack.Stack, old *stack.TCPConn) error {
			_, err := h[0].StartTCP(old.Remote(), old.Local(), stack.DialOptions{})
			return err
		},
		"by the host": func(h [2]*stack.Stack, old *stack.TCPConn) error {
			reuse := stack.Reuse{Addr: true, Port: true}
			_, err := h[1].StartTCP(old.Local(), old.Remote(), stack.DialOptions{Reuse: reuse})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, h [2]*stack.Stack) {
				l, err := h[1].ListenTCPOptions(netip.AddrPortFrom(addr(1), 80), stack.ListenOptions{Reuse: stack.Reuse{Addr: true, Port: true}})
				if err != nil {
					t.Fatal(err)
				}
				c, err := h[0].DialTCP(t.Context(), anyPort, l.Local())
				if err != nil {
					t.Fatal(err)
				}
				s, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				s.CloseWrite()
				time.Sleep(time.Second)
				data := bytes.Repeat([]byte("the end"), 1000)
				c.Write(data)
				c.Close()
				time.Sleep(time.Second)
				if state := s.Readiness().State; state != tcp.TimeWait {
					t.Fatalf("the connection is %v", state)
				}
				if err := again(h, s); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				if state := s.Readiness().State; state != tcp.Closed {
					t.Fatalf("the connection is %v", state)
				}
				b := make([]byte, len(data)/2)
				if n, err := io.ReadFull(rw{s}, b); !bytes.Equal(b, data[:len(b)]) || err != nil {
					t.Errorf("read %d bytes, %v", n, err)
				}
				s.Close()
				if m := h[1].TCPMemory(); m.Held != 0 {
					t.Errorf("%d bytes are held of what nobody will read", m.Held)
				}
			})
		})
	}
}
