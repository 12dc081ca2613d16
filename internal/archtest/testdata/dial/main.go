// Dial is a program that dials and listens by addresses: what it links is all that such
// a program needs.
package main

import (
	"context"
	"net"
	"net/netip"

	"thinnet"
)

// They are used by package net's interfaces, as a program does that was written for it.
var (
	listener net.Listener
	conn     net.Conn
)

func main() {
	n := thinnet.New(thinnet.Options{})
	defer n.Close()
	h, err := n.AddHost("host", thinnet.HostOptions{})
	if err != nil {
		panic(err)
	}
	if _, err := h.AddInterface("eth0", netip.MustParsePrefix("10.0.0.1/24")); err != nil {
		panic(err)
	}
	to := netip.MustParseAddrPort("10.0.0.1:7")
	if listener, err = h.Sockets().ListenTCP(to); err != nil {
		panic(err)
	}
	if conn, err = h.Sockets().DialTCP(context.Background(), netip.AddrPort{}, to); err != nil {
		panic(err)
	}
	conn.Close()
	listener.Close()
}
