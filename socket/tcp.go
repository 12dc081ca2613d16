package socket

import (
	"context"
	"io"
	"net"
	"net/netip"
	"time"

	"thinnet/stack"
	"thinnet/transport/tcp"
)

// defaultKeepAlive is what package net gives a connection that it dials or
// accepts.
var defaultKeepAlive = tcp.KeepAlive{Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 9}

// Dial connects to an address on a network: "tcp" or "udp", with or without a 4.
func (n *Net) Dial(network, address string) (net.Conn, error) {
	return n.DialContext(context.Background(), network, address)
}

// DialContext is Dial with a context that ends the attempt. Of a name's addresses
// it tries one after the other.
func (n *Net) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	kind, err := checkNetwork(network)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	var space [4]netip.AddrPort
	addrs, err := n.lookup(ctx, space[:0], network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	for i, a := range addrs {
		if a.Addr().IsUnspecified() {
			// "the local system is assumed", says package net.
			a = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port())
		}
		var c net.Conn
		if kind == "tcp" {
			c, err = n.dialTCP(ctx, network, a)
		} else {
			c, err = n.dialUDP(network, a)
		}
		if err == nil || i == len(addrs)-1 || ctx.Err() != nil {
			return c, err
		}
	}
	panic("socket: lookup returned no address")
}

func (n *Net) dialTCP(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	c, err := n.Stack.DialTCPOptions(ctx, netip.AddrPort{}, to, stack.DialOptions{KeepAlive: &defaultKeepAlive})
	if err != nil {
		return nil, opError("dial", "connect", network, nil, tcpAddr(to), err)
	}
	return (*TCPConn)(c), nil
}

// Listen listens on an address: "tcp", host:port, both of which may be empty.
func (n *Net) Listen(network, address string) (net.Listener, error) {
	kind, err := checkNetwork(network)
	if err == nil && kind != "tcp" {
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	addrs, err := n.lookup(context.Background(), nil, network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	l, err := n.Stack.ListenTCPOptions(addrs[0], stack.ListenOptions{Reuse: stack.Reuse{Addr: true}, KeepAlive: &defaultKeepAlive})
	if err != nil {
		return nil, opError("listen", "bind", network, nil, tcpAddr(addrs[0]), err)
	}
	return &TCPListener{n.Stack, l}, nil
}

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
	n, err := c.conn().Read(b)
	return n, c.wrap("read", err)
}

// Write implements [net.Conn].
func (c *TCPConn) Write(b []byte) (int, error) {
	n, err := c.conn().Write(b)
	return n, c.wrap("write", err)
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

// SetKeepAlive turns probing of an idle connection on, every 15 seconds and nine
// times without an answer, or off.
func (c *TCPConn) SetKeepAlive(on bool) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: on})
}

// SetKeepAlivePeriod sets the time before the first probe and between two.
func (c *TCPConn) SetKeepAlivePeriod(d time.Duration) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: d, Interval: d})
}

// SetKeepAliveConfig says when an idle connection is probed. Zero fields mean 15
// seconds, 15 seconds and 9 probes; negative ones, too, since there is nothing
// here that they could leave unchanged.
func (c *TCPConn) SetKeepAliveConfig(k net.KeepAliveConfig) error {
	if !k.Enable {
		return c.wrap("set", c.conn().SetKeepAlive(nil))
	}
	v := defaultKeepAlive
	if k.Idle > 0 {
		v.Idle = k.Idle
	}
	if k.Interval > 0 {
		v.Interval = k.Interval
	}
	if k.Count > 0 {
		v.Count = k.Count
	}
	return c.wrap("set", c.conn().SetKeepAlive(&v))
}

// SetReadBuffer sets the size of the receive buffer in bytes. Without it the buffer
// grows by itself where the path asks for it.
func (c *TCPConn) SetReadBuffer(n int) error { return c.wrap("set", c.conn().SetReadBuffer(n)) }

// SetWriteBuffer sets the size of the send buffer in bytes. Without it the buffer
// grows by itself where the path asks for it.
func (c *TCPConn) SetWriteBuffer(n int) error { return c.wrap("set", c.conn().SetWriteBuffer(n)) }

// Info returns a look at the connection, as Linux's TCP_INFO does.
func (c *TCPConn) Info() tcp.Info { return c.conn().Info() }
