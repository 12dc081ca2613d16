package socket

import (
	"context"
	"fmt"
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

// unspecified is the address of a listener on all of a host's.
var unspecified = netip.IPv4Unspecified()

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

// lookup turns host:port into addresses, which it appends to list. An empty host is
// unspecified.
func (n *Net) lookup(ctx context.Context, list []netip.AddrPort, network, address string) ([]netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := parsePort(network, service, address)
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
	if n.Resolver == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	addrs, err := n.Resolver.LookupHost(ctx, host)
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

// parsePort reads a port number, or a service's name as package net knows it.
func parsePort(network, service, address string) (uint16, error) {
	if p, err := strconv.ParseUint(service, 10, 16); err == nil {
		return uint16(p), nil
	}
	if _, err := strconv.Atoi(service); err == nil {
		return 0, &net.AddrError{Err: "invalid port", Addr: address}
	}
	if service == "" {
		return 0, nil
	}
	p, err := net.LookupPort(network, service)
	if err != nil {
		return 0, fmt.Errorf("%s: unknown port %q", address, service)
	}
	return uint16(p), nil
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
