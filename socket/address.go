package socket

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"thinnet/clock"
	"thinnet/stack"
)

// Resolver finds the addresses of a name.
type Resolver interface {
	LookupHost(ctx context.Context, host string) ([]netip.Addr, error)
}

// Net is the network as the programs of one host see it.
type Net struct {
	Stack    *stack.Stack
	Resolver Resolver // nil: only addresses are understood
}

// Dial connects to an address on a network: "tcp" or "udp", with or without a 4. For
// all there is to choose see [Dialer].
func (n *Net) Dial(network, address string) (net.Conn, error) {
	return n.DialContext(context.Background(), network, address)
}

// DialContext is Dial with a context that ends the attempt.
func (n *Net) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return (&Dialer{Net: n}).DialContext(ctx, network, address)
}

// Listen listens on an address: "tcp", host:port, both of which may be empty. For all
// there is to choose see [ListenConfig].
func (n *Net) Listen(network, address string) (net.Listener, error) {
	return (&ListenConfig{Net: n}).Listen(context.Background(), network, address)
}

// ListenPacket opens a UDP socket on an address: "udp", host:port, both of which may
// be empty.
func (n *Net) ListenPacket(network, address string) (net.PacketConn, error) {
	return (&ListenConfig{Net: n}).ListenPacket(context.Background(), network, address)
}

// unspecified is the address of a listener on all of a host's.
var unspecified = netip.IPv4Unspecified()

// anybody is the remote address of a socket that is not connected.
var anybody netip.AddrPort

// checkNetwork returns "tcp" or "udp" for a network's name.
func checkNetwork(network string) (string, error) {
	switch network {
	case "tcp", "tcp4":
		return "tcp", nil
	case "udp", "udp4":
		return "udp", nil
	}
	return "", net.UnknownNetworkError(network)
}

// lookup turns host:port into addresses, which it appends to list, with a resolver of
// the caller's or, if it is nil, the host's. An empty host is unspecified.
func (n *Net) lookup(ctx context.Context, list []netip.AddrPort, resolver Resolver, address string) ([]netip.AddrPort, error) {
	if resolver == nil {
		resolver = n.Resolver
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := parsePort(service, address)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return append(list, netip.AddrPortFrom(unspecified, port)), nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if !a.Unmap().Is4() {
			return nil, &net.AddrError{Err: "no IPv6 on this host yet", Addr: host}
		}
		return append(list, netip.AddrPortFrom(a.Unmap(), port)), nil
	}
	if resolver == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	addrs, err := resolver.LookupHost(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		list = append(list, netip.AddrPortFrom(a.Unmap(), port))
	}
	if len(list) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return list, nil
}

// parsePort reads a port number or the name of a service.
func parsePort(service, address string) (uint16, error) {
	if service == "" {
		return 0, nil
	}
	if p, err := strconv.Atoi(service); err == nil {
		if p < 0 || p > 65535 {
			return 0, &net.AddrError{Err: "invalid port", Addr: address}
		}
		return uint16(p), nil
	}
	p, ok := servicePort(service)
	if !ok {
		return 0, errors.New(address + ": unknown port " + strconv.Quote(service))
	}
	return p, nil
}

func tcpAddr(a netip.AddrPort) *net.TCPAddr { return net.TCPAddrFromAddrPort(a) }

func udpAddr(a netip.AddrPort) *net.UDPAddr { return net.UDPAddrFromAddrPort(a) }

// instant turns a user's deadline into an instant of the host's clock.
func instant(s *stack.Stack, t time.Time) clock.Time {
	if t.IsZero() {
		return clock.Never
	}
	return max(s.Now().Add(time.Until(t)), 1)
}
