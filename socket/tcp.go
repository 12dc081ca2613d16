package socket

import (
	"io"
	"net"
	"time"

	"thinnet/stack"
	"thinnet/transport/tcp"
)

// TCPListener is a listening socket.
type TCPListener struct {
	s *stack.Stack
	l *stack.TCPListener
}

// Accept implements [net.Listener].
func (l *TCPListener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptTCP waits for a connection.
func (l *TCPListener) AcceptTCP() (*TCPConn, error) {
	c, err := l.l.Accept()
	if err != nil {
		return nil, opError("accept", "accept", "tcp", nil, l.Addr(), err)
	}
	return (*TCPConn)(c), nil
}

// Addr implements [net.Listener].
func (l *TCPListener) Addr() net.Addr { return tcpAddr(l.l.Local()) }

// SetDeadline sets when Accept gives up; the zero time for never.
func (l *TCPListener) SetDeadline(t time.Time) error {
	return opError("set", "setsockopt", "tcp", nil, l.Addr(), l.l.SetDeadline(instant(l.s, t)))
}

// Close implements [net.Listener].
func (l *TCPListener) Close() error {
	return opError("close", "close", "tcp", nil, l.Addr(), l.l.Close())
}

// TCPConn is a TCP connection: the host's own, with the methods and errors of package
// net. As it is the same object, it takes no memory of its own.
type TCPConn stack.TCPConn

// conn returns the connection as the host has it.
func (c *TCPConn) conn() *stack.TCPConn { return (*stack.TCPConn)(c) }

// wrap wraps an error of an operation on the connection.
func (c *TCPConn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return opError(op, op, "tcp", c.LocalAddr(), c.RemoteAddr(), err)
}

// Read implements [net.Conn].
func (c *TCPConn) Read(b []byte) (int, error) {
	growStack(false)
	n, err := c.conn().Read(b)
	if err != nil {
		err = c.wrap("read", err)
	}
	return n, err
}

// Write implements [net.Conn].
func (c *TCPConn) Write(b []byte) (int, error) {
	growStack(false)
	n, err := c.conn().Write(b)
	if err != nil {
		err = c.wrap("write", err)
	}
	return n, err
}

// Close implements [net.Conn].
func (c *TCPConn) Close() error { return c.wrap("close", c.conn().Close()) }

// CloseRead shuts down the reading side: reads return io.EOF, and what arrives is
// thrown away.
func (c *TCPConn) CloseRead() error { return c.wrap("close", c.conn().CloseRead()) }

// CloseWrite shuts down the writing side: the peer reads io.EOF behind what was
// written.
func (c *TCPConn) CloseWrite() error { return c.wrap("close", c.conn().CloseWrite()) }

// LocalAddr implements [net.Conn]. It is a *net.TCPAddr.
func (c *TCPConn) LocalAddr() net.Addr { return tcpAddr(c.conn().Local()) }

// RemoteAddr implements [net.Conn]. It is a *net.TCPAddr.
func (c *TCPConn) RemoteAddr() net.Addr { return tcpAddr(c.conn().Remote()) }

// SetDeadline implements [net.Conn].
func (c *TCPConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements [net.Conn].
func (c *TCPConn) SetReadDeadline(t time.Time) error {
	return c.wrap("set", c.conn().SetReadDeadline(instant(c.conn().Stack(), t)))
}

// SetWriteDeadline implements [net.Conn].
func (c *TCPConn) SetWriteDeadline(t time.Time) error {
	return c.wrap("set", c.conn().SetWriteDeadline(instant(c.conn().Stack(), t)))
}

// SetLinger says what Close does with bytes that are not acknowledged yet: with
// sec < 0, the default, they are sent in the background; with 0 they are thrown
// away and the peer is reset; otherwise Close waits for sec seconds at the most
// and then throws away what is left.
func (c *TCPConn) SetLinger(sec int) error { return c.wrap("set", c.conn().SetLinger(sec)) }

// SetNoDelay turns Nagle's algorithm off (true, the default) or on.
func (c *TCPConn) SetNoDelay(off bool) error { return c.wrap("set", c.conn().SetNoDelay(off)) }

// ReadFrom implements [io.ReaderFrom]: r reads into the memory that is sent, and nothing
// is copied but what comes in pieces below 2 KiB.
func (c *TCPConn) ReadFrom(r io.Reader) (int64, error) {
	n, err := c.conn().ReadFrom(r)
	return n, c.wrap("readfrom", err)
}

// WriteTo implements [io.WriterTo]: w is given the memory that arrived.
func (c *TCPConn) WriteTo(w io.Writer) (int64, error) {
	n, err := c.conn().WriteTo(w)
	return n, c.wrap("writeto", err)
}

// WriteBuffers writes all of v as one Write would write it joined: writev. As
// [net.Buffers.WriteTo] does it takes from v what was written. That method itself
// writes one buffer after the other on anything but package net's own connections,
// each in a segment of its own.
func (c *TCPConn) WriteBuffers(v *net.Buffers) (int64, error) {
	n, err := c.conn().WriteBuffers(*v)
	left := n
	for len(*v) > 0 && left >= int64(len((*v)[0])) {
		left -= int64(len((*v)[0]))
		(*v)[0] = nil
		*v = (*v)[1:]
	}
	if len(*v) > 0 {
		(*v)[0] = (*v)[0][left:]
	}
	return n, c.wrap("write", err)
}

// SetReadBuffer sets the size of the receive buffer in bytes, 4 KiB at least and 64 MiB
// at most. Without it the buffer
// grows by itself where the path asks for it.
func (c *TCPConn) SetReadBuffer(n int) error { return c.wrap("set", c.conn().SetReadBuffer(n)) }

// SetWriteBuffer sets the size of the send buffer in bytes, 4 KiB at least and 64 MiB at
// most. Without it the buffer
// grows by itself where the path asks for it.
func (c *TCPConn) SetWriteBuffer(n int) error { return c.wrap("set", c.conn().SetWriteBuffer(n)) }

// Info returns a look at the connection, as Linux's TCP_INFO does.
func (c *TCPConn) Info() tcp.Info { return c.conn().Info() }
