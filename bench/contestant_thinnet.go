package main

import (
	"context"
	"net"
	"net/netip"

	"thinnet"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/socket"
)

// Ours, on three kinds of cable. The settings are the defaults, but for the room for
// datagrams that all have.
var (
	thinnetCable = Contestant{
		Name:     "thinnet",
		Settings: "two hosts, perfect cable of MTU 1500: super-segments and pending checksums cross it as they are",
		Program:  "thinnet/internal/archtest/testdata/dial", // the one whose symbols archtest looks at
		Open:     func() (Pair, error) { return openThinnet(plugCable(thinnet.LinkOptions{})) },
	}
	thinnetByReference = Contestant{
		Name:     "thinnet/1460",
		Settings: "two hosts, a cable that takes 1460-byte segments, which refer to the writer's slabs; checksums stay pending",
		Open:     func() (Pair, error) { return openThinnet(plugNarrow) },
	}
	thinnetFrames = Contestant{
		Name:     "thinnet/frames",
		Settings: "two hosts, strict cable: 1514-byte frames, checksums computed and verified",
		Open:     func() (Pair, error) { return openThinnet(plugCable(thinnet.LinkOptions{Strict: true})) },
	}
	thinnetNames = Contestant{
		Name:     "thinnet/names",
		Settings: `it dials and listens as with package net, Dial("tcp", "host:port"), and not by addresses only`,
		Program:  "thinnet/bench/internal/size/names",
	}
	thinnetStack = Contestant{
		Name:     "thinnet/stack",
		Settings: "one host's stack and sockets alone, without package thinnet around them, on its loopback interface",
		Program:  "thinnet/bench/internal/size/stack",
	}
)

// thinnetPair is two hosts of ours.
type thinnetPair struct {
	net            *thinnet.Network
	client, server *thinnet.Host
}

const thinnetServer = "10.0.0.2"

// openThinnet makes two hosts, whose interfaces plug then joins.
func openThinnet(plug func(n *thinnet.Network, a, b *thinnet.Interface) error) (Pair, error) {
	p := &thinnetPair{net: thinnet.New(thinnet.Options{Seed: 1})}
	var hosts [2]*thinnet.Host
	var ifaces [2]*thinnet.Interface
	for i, name := range []string{"client", "server"} {
		var err error
		if hosts[i], err = p.net.AddHost(name, thinnet.HostOptions{}); err != nil {
			return nil, err
		}
		addr := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)
		if ifaces[i], err = hosts[i].AddInterface("eth0", addr); err != nil {
			return nil, err
		}
	}
	p.client, p.server = hosts[0], hosts[1]
	return p, plug(p.net, ifaces[0], ifaces[1])
}

func plugCable(o thinnet.LinkOptions) func(n *thinnet.Network, a, b *thinnet.Interface) error {
	return func(n *thinnet.Network, a, b *thinnet.Interface) error {
		_, err := n.Connect(a, b, o)
		return err
	}
}

// plugNarrow joins two interfaces by a cable that takes no super-segments.
func plugNarrow(n *thinnet.Network, a, b *thinnet.Interface) error {
	c, err := cable.New(n.Clock(), cable.Config{})
	if err != nil {
		return err
	}
	if err := n.ConnectDevice(a, narrow{c.A()}); err != nil {
		return err
	}
	return n.ConnectDevice(b, narrow{c.B()})
}

// narrow is a device that takes no super-segments: the network splits them first.
type narrow struct{ link.Device }

func (n narrow) Capabilities() link.Capabilities {
	c := n.Device.Capabilities()
	c.MaxSegmented = 0
	return c
}

func (p *thinnetPair) Listen(port uint16) (net.Listener, error) {
	return p.server.Listen("tcp", at("", port))
}

func (p *thinnetPair) Dialer(port uint16) func() (net.Conn, error) {
	sockets, to := p.client.Sockets(), netip.AddrPortFrom(netip.MustParseAddr(thinnetServer), port)
	return func() (net.Conn, error) {
		c, err := sockets.DialTCP(context.Background(), netip.AddrPort{}, to)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

func (p *thinnetPair) ListenUDP(port uint16) (Reader, error) {
	c, err := p.server.ListenPacket("udp", at("", port))
	if err != nil {
		return nil, err
	}
	r := c.(*socket.UDPConn)
	return r, r.SetReadBuffer(datagramBuffers)
}

func (p *thinnetPair) DialUDP(port uint16) (net.Conn, error) {
	return p.client.Dial("udp", at(thinnetServer, port))
}

func (p *thinnetPair) Close() error { return p.net.Close() }
