package socket

import (
	"context"
	"net"
	"net/netip"

	"thinnet/stack"
)

// DialTCP connects to an address and waits until that is done, or ctx is. What of local is
// zero is chosen. The connection is what a Dialer with no choices makes; but a program that
// dials and listens by addresses only links no names, no UDP sockets and no dialling of
// several addresses beside each other, and is 60 KB smaller.
func (n *Net) DialTCP(ctx context.Context, local, remote netip.AddrPort) (*TCPConn, error) {
	c, err := n.Stack.DialTCPOptions(ctx, local, orThisHost(remote), stack.DialOptions{KeepAlive: &defaultKeepAlive})
	if err != nil {
		var source net.Addr
		if local.IsValid() {
			source = tcpAddr(local)
		}
		return nil, opError("dial", "connect", "tcp", source, tcpAddr(remote), err)
	}
	return (*TCPConn)(c), nil
}

// ListenTCP listens on an address, as a ListenConfig with no choices does. The zero Addr is
// all of the host's, and port 0 a free one.
func (n *Net) ListenTCP(local netip.AddrPort) (*TCPListener, error) {
	if !local.Addr().IsValid() {
		local = netip.AddrPortFrom(unspecified, local.Port())
	}
	l, err := n.Stack.ListenTCPOptions(local, stack.ListenOptions{
		Reuse: stack.Reuse{Addr: true}, KeepAlive: &defaultKeepAlive,
	})
	if err != nil {
		return nil, opError("listen", "bind", "tcp", nil, tcpAddr(local), err)
	}
	return &TCPListener{n.Stack, l}, nil
}
