package main

import (
	"errors"
	"net"
	"net/netip"

	"thinnet"
	"thinnet/link"
	"thinnet/link/tap"
	"thinnet/stack"
	"thinnet/transport/tcp"
)

// A host of ours, whose link leads to the kernel. The host is the client.
var (
	thinnetTAP = Contestant{
		Name: "thinnet/tap", Settings: "a host on a TAP interface of MTU 1500 with virtio-net headers (TSO, USO, checksums), one queue; 1 MiB buffers", Root: true,
		Open: func() (Pair, error) { return openTAP(tap.Config{}) },
	}
	thinnetTUN = Contestant{
		Name: "thinnet/tun", Settings: "the same on a TUN interface", Root: true,
		Open: func() (Pair, error) { return openTAP(tap.Config{TUN: true}) },
	}
	thinnetPacket = Contestant{
		Name: "thinnet/packet", Settings: "a host on a packet socket with virtio-net headers, on one end of a veth pair of MTU 1500; 1 MiB buffers", Root: true,
		Open: openPacket,
	}
)

// outsidePair is a stack in this process and the kernel's.
type outsidePair struct {
	kernelPair
	client
}

// client is the stack's half of a pair.
type client interface {
	Dialer(port uint16) func() (net.Conn, error)
	DialUDP(port uint16) (net.Conn, error)
	Close() error
}

func (p *outsidePair) Dialer(port uint16) func() (net.Conn, error) { return p.client.Dialer(port) }
func (p *outsidePair) DialUDP(port uint16) (net.Conn, error)       { return p.client.DialUDP(port) }
func (p *outsidePair) Close() error                                { return errors.Join(p.client.Close(), p.kernelPair.Close()) }

// Addresses of such a pair.
const (
	outsideClient = "10.0.0.1"
	outsideServer = "10.0.0.2"
)

// outsideBuffers are what a host of ours needs on the way to the kernel, in bytes:
// between two of ours the default is faster.
const outsideBuffers = 1 << 20

// hostWith is a host of ours that has a device of the kernel's.
type hostWith struct {
	net  *thinnet.Network
	host *thinnet.Host
}

func openHostWith(dev *tap.Device) (client, error) {
	n := thinnet.New(thinnet.Options{Seed: 1})
	h, err := n.AddHost("client", thinnet.HostOptions{TCP: tcp.Settings{RcvBuf: outsideBuffers, SndBuf: outsideBuffers}})
	if err != nil {
		return nil, err
	}
	c := stack.InterfaceConfig{
		Name: "eth0", MAC: link.LocalMAC(1), Addresses: []netip.Prefix{netip.MustParsePrefix(outsideClient + "/24")},
	}
	return &hostWith{n, h}, h.Stack().AddInterface(c, dev)
}

func (h *hostWith) Dialer(port uint16) func() (net.Conn, error) {
	to := at(outsideServer, port)
	return func() (net.Conn, error) { return h.host.Dial("tcp", to) }
}

func (h *hostWith) DialUDP(port uint16) (net.Conn, error) {
	return h.host.Dial("udp", at(outsideServer, port))
}

func (h *hostWith) Close() error { return h.net.Close() }

func openTAP(cfg tap.Config) (Pair, error) {
	dev, err := tap.Open(cfg)
	if err != nil {
		return nil, err
	}
	if err := run("ip addr add "+outsideServer+"/24 dev "+dev.Name(), "ip link set "+dev.Name()+" up"); err != nil {
		return nil, err
	}
	c, err := openHostWith(dev)
	return &outsidePair{kernelPair{server: outsideServer}, c}, err
}

func openPacket() (Pair, error) {
	far, err := openFar()
	if err != nil {
		return nil, err
	}
	dev, err := tap.OpenPacket("near")
	if err != nil {
		return nil, err
	}
	c, err := openHostWith(dev)
	return &outsidePair{*far, c}, err
}

// openFar makes a namespace at the far end of a veth pair, whose near end has no
// address: it is for a packet socket.
func openFar() (*kernelPair, error) {
	far, err := newNamespace()
	if err != nil {
		return nil, err
	}
	return &kernelPair{server: outsideServer, far: far}, far.joinVeth("", outsideServer+"/24")
}
