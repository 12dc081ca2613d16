// Gvisor is a program that dials and listens with gVisor's netstack, for its size.
package main

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

func main() {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	if err := s.CreateNIC(1, loopback.New()); err != nil {
		panic(err)
	}
	addr := tcpip.AddrFrom4([4]byte{10, 0, 0, 1})
	a := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: addr, PrefixLen: 24}}
	if err := s.AddProtocolAddress(1, a, stack.AddressProperties{}); err != nil {
		panic(err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	to := tcpip.FullAddress{NIC: 1, Addr: addr, Port: 7}
	l, err := gonet.ListenTCP(s, to, ipv4.ProtocolNumber)
	if err != nil {
		panic(err)
	}
	c, err := gonet.DialTCP(s, to, ipv4.ProtocolNumber)
	if err != nil {
		panic(err)
	}
	c.Close()
	l.Close()
}
