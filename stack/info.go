package stack

import (
	"net/netip"
	"time"

	"thinnet/link"
	"thinnet/network"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// InterfaceInfo is a look at one interface, as ip link and ip addr show it.
type InterfaceInfo struct {
	Index     int
	Name      string
	MAC       wire.MAC
	MTU       int // bytes
	Up        bool
	Loopback  bool
	Addresses []netip.Prefix
	// Device counts the frames that went through the device, and Network what
	// the internet layer made of them.
	Device  link.Stats
	Network network.InterfaceCounters
}

// SocketInfo is a look at one socket, as ss shows it.
type SocketInfo struct {
	Protocol wire.Protocol // ProtocolTCP or ProtocolUDP
	State    tcp.State     // of TCP
	Local    netip.AddrPort
	Remote   netip.AddrPort // zero: not connected
	// RecvQueue and SendQueue are in bytes; of a listener, connections that
	// wait for Accept and the queue's bound.
	RecvQueue, SendQueue int
	// Drops counts datagrams that found the receive queue full.
	Drops uint64
	// Timer is the pending timer as ss -o names it: "on" (retransmission),
	// "keepalive", "timewait", "persist", or "" for none; Expires is when, from
	// now, and Retries how often it has fired in a row.
	Timer   string
	Expires time.Duration
	Retries int
	Info    *tcp.Info // of TCP connections
}

// Counter is one counter of a host, by the name that Linux's nstat gives it.
type Counter struct {
	Name  string // such as TcpRetransSegs
	Value uint64
}
