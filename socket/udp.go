package socket

import (
	"net"
	"net/netip"
	"time"

	"thinnet/stack"
)

// UDPConn is a UDP socket: a [net.PacketConn], and a [net.Conn] if it was dialled.
type UDPConn struct {
	s *stack.Stack
	u *stack.UDPConn
}

// wrap wraps an error of an operation with the peer at addr, which may be zero.
func (c *UDPConn) wrap(op, call string, addr netip.AddrPort, err error) error {
	if err == nil {
		return nil
	}
	var to net.Addr
	if addr.IsValid() {
		to = udpAddr(addr)
	}
	return opError(op, call, "udp", c.LocalAddr(), to, err)
}

// ReadFromUDPAddrPort reads one datagram. What does not fit in b is lost.
func (c *UDPConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.u.ReadFrom(b)
	return n, from, c.wrap("read", "recvfrom", c.u.Remote(), err)
}

// ReadFrom implements [net.PacketConn].
func (c *UDPConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, udpAddr(from), nil
}

// Read implements [net.Conn].
func (c *UDPConn) Read(b []byte) (int, error) {
	n, _, err := c.ReadFromUDPAddrPort(b)
	return n, err
}

// WriteToUDPAddrPort sends b as one datagram, of at most 65507 bytes.
func (c *UDPConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if c.u.Remote().IsValid() {
		return 0, c.wrap("write", "sendto", to, net.ErrWriteToConnected)
	}
	if !to.Addr().Unmap().Is4() {
		return 0, c.wrap("write", "sendto", to, &net.AddrError{Err: "non-IPv4 address", Addr: to.Addr().String()})
	}
	n, err := c.u.WriteTo(b, to)
	return n, c.wrap("write", "sendto", to, err)
}

// WriteTo implements [net.PacketConn]. The address is a *net.UDPAddr.
func (c *UDPConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	a, ok := addr.(*net.UDPAddr)
	if !ok || a == nil {
		return 0, opError("write", "sendto", "udp", c.LocalAddr(), addr, &net.AddrError{Err: "not a UDP address", Addr: "missing or of another network"})
	}
	ap := a.AddrPort()
	return c.WriteToUDPAddrPort(b, netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()))
}

// Write implements [net.Conn].
func (c *UDPConn) Write(b []byte) (int, error) {
	if !c.u.Remote().IsValid() {
		return 0, c.wrap("write", "write", netip.AddrPort{}, &net.AddrError{Err: "missing address: the socket is not connected", Addr: c.LocalAddr().String()})
	}
	n, err := c.u.WriteTo(b, c.u.Remote())
	return n, c.wrap("write", "write", c.u.Remote(), err)
}

// Close implements [net.PacketConn].
func (c *UDPConn) Close() error { return c.wrap("close", "close", c.u.Remote(), c.u.Close()) }

// LocalAddr implements [net.PacketConn]. It is a *net.UDPAddr.
func (c *UDPConn) LocalAddr() net.Addr { return udpAddr(c.u.Local()) }

// RemoteAddr implements [net.Conn]; it is nil for a socket that is not connected.
func (c *UDPConn) RemoteAddr() net.Addr {
	if r := c.u.Remote(); r.IsValid() {
		return udpAddr(r)
	}
	return nil
}

// SetDeadline implements [net.PacketConn].
func (c *UDPConn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline implements [net.PacketConn].
func (c *UDPConn) SetReadDeadline(t time.Time) error {
	return c.wrap("set", "setsockopt", c.u.Remote(), c.u.SetReadDeadline(instant(c.s, t)))
}

// SetWriteDeadline implements [net.PacketConn]. Writing never waits.
func (c *UDPConn) SetWriteDeadline(time.Time) error { return nil }

// SetReadBuffer sets how many bytes of datagrams wait to be read, an overhead for
// each included.
func (c *UDPConn) SetReadBuffer(n int) error {
	return c.wrap("set", "setsockopt", c.u.Remote(), c.u.SetReadBuffer(n))
}

// SetWriteBuffer does nothing: a datagram is on its way when Write returns, and none
// waits to be sent.
func (c *UDPConn) SetWriteBuffer(int) error { return nil }

// Drops returns how many datagrams were lost because they were not read in time.
func (c *UDPConn) Drops() uint64 { return c.u.Drops() }
