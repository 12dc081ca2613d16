package socket

import (
	"context"
	"net"
	"net/netip"
	"time"

	"thinnet/stack"
	"thinnet/transport/tcp"
)

// ListenConfig listens on a host, as net.ListenConfig does on this computer: its
// fields of the same name mean the same. All but Net may be zero.
type ListenConfig struct {
	// Net is the host that it listens on.
	Net *Net

	// Control, unless it is nil, is called before a TCP port is listened on. set is
	// a copy of the host's settings, what Control makes of it is what connections
	// begin with. network is tcp4, and address the one to listen on. An error is
	// Listen's.
	Control func(network, address string, set *tcp.Settings) error

	// KeepAlive and KeepAliveConfig say when an idle connection that was accepted is
	// probed, as those of net.ListenConfig do: by default after 15 seconds.
	KeepAlive       time.Duration
	KeepAliveConfig net.KeepAliveConfig

	// Backlog is how many connections wait for Accept at most; 0 means
	// stack.DefaultBacklog, 4096.
	Backlog int

	// ReusePort lets others that say so listen on the same address and port, of TCP
	// or of UDP: each is given its part of the connections, or datagrams, by a hash
	// of their two ends. SO_REUSEPORT.
	ReusePort bool

	// Exclusive refuses an address that connections still have, in TIME-WAIT or not:
	// without, package net sets SO_REUSEADDR, and so does this.
	Exclusive bool

	// FastOpen is how many connections may be accepted with data in their SYN before
	// the handshake is complete: TCP_FASTOPEN (RFC 7413). It turns the settings'
	// tcp.FastOpenServer on.
	FastOpen int
}

// Listen listens on an address: "tcp", host:port, both of which may be empty. ctx ends
// the search for the host's address.
func (lc *ListenConfig) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	s := lc.Net.Stack
	at, err := lc.at(ctx, "tcp", network, address)
	if err != nil {
		return nil, err
	}
	set, err := control(s, lc.Control, at)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: tcpAddr(at), Err: err}
	}
	if lc.FastOpen > 0 {
		if set == nil {
			host := s.TCPSettings()
			set = &host
		}
		set.FastOpen = set.FastOpen&^tcp.FastOpenOff | tcp.FastOpenServer
	}
	l, err := s.ListenTCPOptions(at, stack.ListenOptions{
		Backlog: lc.Backlog, Settings: set, FastOpen: lc.FastOpen,
		Reuse:     stack.Reuse{Addr: !lc.Exclusive, Port: lc.ReusePort},
		KeepAlive: keepAliveFor(lc.KeepAlive, lc.KeepAliveConfig),
	})
	if err != nil {
		return nil, opError("listen", "bind", network, nil, tcpAddr(at), err)
	}
	return &TCPListener{s, l}, nil
}

// ListenPacket opens a UDP socket on an address: "udp", host:port, both of which may be
// empty. ctx ends the search for the host's address.
func (lc *ListenConfig) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	s := lc.Net.Stack
	at, err := lc.at(ctx, "udp", network, address)
	if err != nil {
		return nil, err
	}
	u, err := s.OpenUDPOptions(at, anybody, stack.UDPOptions{ReusePort: lc.ReusePort})
	if err != nil {
		return nil, opError("listen", "bind", network, nil, udpAddr(at), err)
	}
	return &UDPConn{s, u}, nil
}

// at returns where to listen for an address of a network, which must be of a kind: "tcp" or
// "udp".
func (lc *ListenConfig) at(ctx context.Context, kind, network, address string) (netip.AddrPort, error) {
	is, err := checkNetwork(network)
	if err == nil && is != kind {
		err = net.UnknownNetworkError(network)
	}
	if err == nil {
		var addrs []netip.AddrPort
		if addrs, err = lc.Net.lookup(ctx, nil, nil, address); err == nil {
			return addrs[0], nil
		}
	}
	return netip.AddrPort{}, &net.OpError{Op: "listen", Net: network, Err: err}
}
