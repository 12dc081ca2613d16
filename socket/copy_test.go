package socket_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"testing/iotest"
	"time"

	"thinnet"
	"thinnet/socket"
)

// The optional interfaces that package net's connections have as well.
var (
	_ io.ReaderFrom  = (*socket.TCPConn)(nil)
	_ io.WriterTo    = (*socket.TCPConn)(nil)
	_ net.PacketConn = (*socket.UDPConn)(nil)
	_ net.Conn       = (*socket.UDPConn)(nil)
)

// onlyReader and onlyWriter hide what else a connection can do.
type onlyReader struct{ io.Reader }
type onlyWriter struct{ io.Writer }

// What io.Copy moves arrives whole, with the methods of either end, in pieces of any
// size.
func TestCopy(t *testing.T) {
	const size = 3<<20 + 17
	all := make([]byte, size)
	rand.NewChaCha8([32]byte{3}).Read(all)
	want := sha256.Sum256(all)
	for _, tt := range []struct {
		name string
		send func(c *socket.TCPConn) (int64, error)
		recv func(h io.Writer, c *socket.TCPConn) (int64, error)
	}{
		{"ReadFrom and WriteTo",
			func(c *socket.TCPConn) (int64, error) { return c.ReadFrom(onlyReader{bytes.NewReader(all)}) },
			func(h io.Writer, c *socket.TCPConn) (int64, error) { return c.WriteTo(h) }},
		{"small pieces",
			func(c *socket.TCPConn) (int64, error) {
				return c.ReadFrom(iotest.DataErrReader(pieces{bytes.NewReader(all), 1500}))
			},
			func(h io.Writer, c *socket.TCPConn) (int64, error) { return io.Copy(h, c) }},
		{"halves",
			func(c *socket.TCPConn) (int64, error) { return c.ReadFrom(iotest.HalfReader(bytes.NewReader(all))) },
			func(h io.Writer, c *socket.TCPConn) (int64, error) { return io.Copy(onlyWriter{h}, onlyReader{c}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
				c, s := connect(t, a, b)
				go func() {
					if n, err := tt.send(c.(*socket.TCPConn)); n != size || err != nil {
						t.Errorf("sent %d bytes, %v", n, err)
					}
					c.Close()
				}()
				h := sha256.New()
				n, err := tt.recv(h, s.(*socket.TCPConn))
				s.Close()
				if n != size || err != nil || [32]byte(h.Sum(nil)) != want {
					t.Errorf("received %d bytes, %v, or others", n, err)
				}
			})
		})
	}
}

// pieces gives n bytes at a time.
type pieces struct {
	r io.Reader
	n int
}

func (p pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.n)]) }

// The error of the other end is handed on, with what was copied before.
func TestCopyErrors(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		c, s := connect(t, a, b)
		broken := errors.New("broken")
		r := io.MultiReader(bytes.NewReader(make([]byte, 5000)), iotest.ErrReader(broken))
		if n, err := c.(*socket.TCPConn).ReadFrom(r); n != 5000 || !errors.Is(err, broken) {
			t.Errorf("ReadFrom: %d, %v; want 5000 and the reader's error", n, err)
		}
		time.Sleep(time.Second)
		if n, err := s.(*socket.TCPConn).WriteTo(&limited{max: 100, err: broken}); n != 100 || !errors.Is(err, broken) {
			t.Errorf("WriteTo: %d, %v; want 100 and the writer's error", n, err)
		}
		c.Write([]byte("more"))
		time.Sleep(time.Second)
		if _, err := s.(*socket.TCPConn).WriteTo(&limited{max: 1}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("WriteTo of a short writer: %v, want io.ErrShortWrite", err)
		}
		s.(*socket.TCPConn).SetReadDeadline(time.Now().Add(time.Second))
		var ne net.Error
		if _, err := s.(*socket.TCPConn).WriteTo(io.Discard); !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("WriteTo beyond the deadline: %v, want a timeout", err)
		}
		c.Close()
		s.Close()
	})
}

// limited is a writer that takes max bytes.
type limited struct {
	max int
	err error
}

func (l *limited) Write(b []byte) (int, error) { return min(len(b), l.max), l.err }

// Several buffers go as one write does: in full segments, and not mixed with others'.
func TestWriteBuffers(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *thinnet.Network, a, b *thinnet.Host) {
		c, s := connect(t, a, b)
		defer c.Close()
		defer s.Close()
		conn := c.(*socket.TCPConn)
		before := conn.Info().DataSegsOut
		v := net.Buffers{}
		for range 100 {
			v = append(v, bytes.Repeat([]byte("x"), 100))
		}
		v = append(v, nil)
		if n, err := conn.WriteBuffers(&v); n != 10000 || err != nil || len(v) != 0 {
			t.Errorf("wrote %d bytes, %v, and %d buffers are left; want 10000 and none", n, err, len(v))
		}
		time.Sleep(time.Second)
		// 10000 bytes are seven segments of 1448.
		if n := conn.Info().DataSegsOut - before; n != 7 {
			t.Errorf("%d segments, want 7", n)
		}
		if _, err := io.ReadFull(s, make([]byte, 10000)); err != nil {
			t.Error(err)
		}
		// net.Buffers itself works as well, a segment for each buffer.
		v = net.Buffers{[]byte("one"), []byte("two")}
		if n, err := v.WriteTo(conn); n != 6 || err != nil {
			t.Errorf("WriteTo: %d, %v", n, err)
		}
		if b := make([]byte, 6); true {
			if _, err := io.ReadFull(s, b); err != nil || string(b) != "onetwo" {
				t.Errorf("read %q, %v", b, err)
			}
		}
		// What was not written stays.
		conn.SetWriteDeadline(time.Now().Add(time.Second))
		v = net.Buffers{make([]byte, 100), make([]byte, 64<<20), make([]byte, 100)}
		n, err := conn.WriteBuffers(&v)
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() || n <= 100 || len(v) != 2 || int64(len(v[0])) != 64<<20+100-n {
			t.Errorf("wrote %d bytes, %v, %d buffers are left", n, err, len(v))
		}
	})
}

// A reader fills the memory that is sent, and a writer is given that which arrived.
func BenchmarkCopy(b *testing.B) {
	for _, tt := range []struct {
		name string
		copy func(dst io.Writer, src io.Reader) (int64, error)
	}{
		{"ReadFrom", io.Copy},
		{"Write", func(dst io.Writer, src io.Reader) (int64, error) { return io.Copy(onlyWriter{dst}, onlyReader{src}) }},
	} {
		b.Run(tt.name, func(b *testing.B) {
			_, one, two := pair(b, thinnet.Options{}, thinnet.LinkOptions{})
			c, s := connect(b, one, two)
			done := make(chan bool)
			go func() {
				io.Copy(io.Discard, s)
				close(done)
			}()
			b.SetBytes(1 << 20)
			b.ReportAllocs()
			if _, err := tt.copy(c, io.LimitReader(zero{}, int64(b.N)<<20)); err != nil {
				b.Fatal(err)
			}
			c.Close()
			<-done
			s.Close()
		})
	}
}
