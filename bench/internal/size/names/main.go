// Names is a program that dials and listens with thinnet as with package net, by names,
// for its size.
package main

import (
	"net/netip"

	"thinnet"
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
	l, err := h.Listen("tcp", ":7")
	if err != nil {
		panic(err)
	}
	c, err := h.Dial("tcp", "10.0.0.1:7")
	if err != nil {
		panic(err)
	}
	c.Close()
	l.Close()
}
