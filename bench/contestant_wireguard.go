package main

import (
	"net"
	"net/netip"
	"sync"

	"golang.zx2c4.com/wireguard/tun"
	"golang.zx2c4.com/wireguard/tun/netstack"
)

// wireguard-go's way to use gVisor, without the encryption between its devices.
// It offers no settings but the MTU.
var (
	wireguardLarge = Contestant{
		Name: "wireguard-go", Settings: "two of its netstack devices with MTU 65535, what one reads is written to the other",
		Open: func() (Pair, error) { return openWireguard(largeMTU) },
	}
	wireguard1500 = Contestant{
		Name: "wireguard-go/1500", Settings: "the same with MTU 1500",
		Open: func() (Pair, error) { return openWireguard(1500) },
	}
)

// wireguardPair is two of its netstacks.
type wireguardPair struct {
	nets    [2]*netstack.Net // client, server
	devices [2]tun.Device
	pumps   sync.WaitGroup
}

func openWireguard(mtu int) (Pair, error) {
	p := &wireguardPair{}
	for i := range p.nets {
		var err error
		addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		if p.devices[i], p.nets[i], err = netstack.CreateNetTUN([]netip.Addr{addr}, nil, mtu); err != nil {
			return nil, err
		}
	}
	for i := range p.devices {
		p.pumps.Go(func() { pumpTUN(p.devices[1-i], p.devices[i], mtu) })
	}
	return p, nil
}

// pumpTUN writes to one device what it reads from the other, until that is
// closed.
func pumpTUN(to, from tun.Device, mtu int) {
	bufs, sizes := [][]byte{make([]byte, mtu)}, []int{0}
	for {
		n, err := from.Read(bufs, sizes, 0)
		if err != nil {
			return
		}
		for i := range n {
			if _, err := to.Write([][]byte{bufs[i][:sizes[i]]}, 0); err != nil {
				return
			}
		}
	}
}

func (p *wireguardPair) Listen(port uint16) (net.Listener, error) {
	return p.nets[1].ListenTCPAddrPort(wireguardServer(port))
}

func wireguardServer(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 2}), port)
}

func (p *wireguardPair) Dialer(port uint16) func() (net.Conn, error) {
	to := wireguardServer(port)
	return func() (net.Conn, error) { return p.nets[0].DialTCPAddrPort(to) }
}

func (p *wireguardPair) ListenUDP(port uint16) (Reader, error) {
	return p.nets[1].ListenUDPAddrPort(wireguardServer(port))
}

func (p *wireguardPair) DialUDP(port uint16) (net.Conn, error) {
	return p.nets[0].DialUDPAddrPort(netip.AddrPort{}, wireguardServer(port))
}

// Close does nothing: a device that is closed while its stack still writes
// panics, so it ends with the process.
func (p *wireguardPair) Close() error { return nil }
