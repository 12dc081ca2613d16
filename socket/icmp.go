package socket

import (
	"net"
	"net/netip"
	"time"

	"thinnet/stack"
)

// ICMPInfo says where an ICMP message came from.
type ICMPInfo = stack.ICMPInfo

// ICMPConn is a raw ICMP socket: it is given every ICMP message that the host
// receives, as a raw socket is on Linux.
type ICMPConn struct {
	s *stack.Stack
	c *stack.ICMPConn
}

// ListenICMP opens a raw ICMP socket.
func (n *Net) ListenICMP() (*ICMPConn, error) {
	c, err := n.Stack.OpenICMP()
	if err != nil {
		return nil, opError("listen", "socket", "ip4:icmp", nil, nil, err)
	}
	return &ICMPConn{n.Stack, c}, nil
}

// Read reads one message, from its ICMP header on. What does not fit in b is lost.
func (c *ICMPConn) Read(b []byte) (int, ICMPInfo, error) {
	n, info, err := c.c.Read(b)
	return n, info, opError("read", "recvfrom", "ip4:icmp", nil, nil, err)
}

// WriteTo sends a message, whose checksum it fills in. ttl is in hops, 0 for the
// host's default.
func (c *ICMPConn) WriteTo(msg []byte, to netip.Addr, ttl int) error {
	err := c.c.WriteTo(msg, to, ttl)
	return opError("write", "sendto", "ip4:icmp", nil, &net.IPAddr{IP: to.AsSlice()}, err)
}

// SetReadDeadline sets when Read gives up; the zero time for never.
func (c *ICMPConn) SetReadDeadline(t time.Time) error {
	return opError("set", "setsockopt", "ip4:icmp", nil, nil, c.c.SetReadDeadline(instant(c.s, t)))
}

// Close closes the socket.
func (c *ICMPConn) Close() error {
	return opError("close", "close", "ip4:icmp", nil, nil, c.c.Close())
}
