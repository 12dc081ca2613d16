// Stack is a program that dials and listens with a host's stack and sockets alone, on
// its loopback interface, for its size: as program gvisor does.
package main

import (
	"net/netip"

	"thinnet/clock"
	"thinnet/socket"
	"thinnet/stack"
)

func main() {
	s := stack.New(stack.Config{Clock: clock.NewReal()})
	defer s.Close()
	c := stack.InterfaceConfig{Name: "lo", Loopback: true, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}}
	if err := s.AddInterface(c, stack.Loopback()); err != nil {
		panic(err)
	}
	h := &socket.Net{Stack: s}
	l, err := h.Listen("tcp", ":7")
	if err != nil {
		panic(err)
	}
	conn, err := h.Dial("tcp", "10.0.0.1:7")
	if err != nil {
		panic(err)
	}
	conn.Close()
	l.Close()
}
