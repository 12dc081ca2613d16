// Stack is a program that dials and listens with a host's stack and sockets alone, on
// its loopback interface, for its size: as program gvisor does.
package main

import (
	"context"
	"net"
	"net/netip"

	"thinnet/clock"
	"thinnet/socket"
	"thinnet/stack"
)

// They are used by package net's interfaces, as a program does that was written for it.
var (
	listener net.Listener
	conn     net.Conn
)

func main() {
	s := stack.New(stack.Config{Clock: clock.NewReal()})
	defer s.Close()
	c := stack.InterfaceConfig{Name: "lo", Loopback: true, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}}
	err := s.AddInterface(c, stack.Loopback())
	if err != nil {
		panic(err)
	}
	h := &socket.Net{Stack: s}
	to := netip.MustParseAddrPort("10.0.0.1:7")
	if listener, err = h.ListenTCP(to); err != nil {
		panic(err)
	}
	if conn, err = h.DialTCP(context.Background(), netip.AddrPort{}, to); err != nil {
		panic(err)
	}
	conn.Close()
	listener.Close()
}
