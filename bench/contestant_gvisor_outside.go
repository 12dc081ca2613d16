package main

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A stack of gVisor's, whose link leads to the kernel.
var (
	gvisorTUN = Contestant{
		Name: "gvisor/tun", Settings: gvisorTuning + ", its fdbased link on a TUN interface of MTU 1500 (it knows no offloads there)", Root: true,
		Open: openGvisorTUN,
	}
	gvisorPacket = Contestant{
		Name: "gvisor/packet", Settings: gvisorTuning + ", its fdbased link on a packet socket with virtio-net headers: 64 KiB GSO, received checksums trusted, recvmmsg, GRO, " +
			"RACK off; on one end of a veth pair of MTU 1500", Root: true,
		Open: openGvisorPacket,
	}
)

// gvisorClient is a stack of gVisor's.
type gvisorClient struct{ gvisorPair }

func openGvisorTUN() (Pair, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	req, err := unix.NewIfreq("peer0")
	if err != nil {
		return nil, err
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return nil, fmt.Errorf("TUNSETIFF: %w", err)
	}
	if err := run("ip addr add "+outsideServer+"/24 dev peer0", "ip link set peer0 up"); err != nil {
		return nil, err
	}
	c, err := openGvisorClient(&fdbased.Options{FDs: []int{fd}, MTU: gsoMTU, RXChecksumOffload: true}, gvisorRACK(true))
	return &outsidePair{kernelPair{server: outsideServer}, c}, err
}

func openGvisorPacket() (Pair, error) {
	far, err := openFar()
	if err != nil {
		return nil, err
	}
	near, err := net.InterfaceByName("near")
	if err != nil {
		return nil, err
	}
	protocol := int(uint16(unix.ETH_P_ALL)<<8 | uint16(unix.ETH_P_ALL)>>8) // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, err
	}
	for _, o := range [][3]int{
		{unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1},
		{unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1},
		{unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, gvisorBuffers},
		{unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, gvisorBuffers},
	} {
		if err := unix.SetsockoptInt(fd, o[0], o[1], o[2]); err != nil {
			return nil, fmt.Errorf("option %d of the packet socket: %w", o[1], err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(protocol), Ifindex: near.Index}); err != nil {
		return nil, err
	}
	c, err := openGvisorClient(&fdbased.Options{
		FDs: []int{fd}, MTU: gsoMTU, EthernetHeader: true, Address: tcpip.LinkAddress(near.HardwareAddr),
		GSOMaxSize: 65536, PacketDispatchMode: fdbased.RecvMMsg, GRO: true,
		RXChecksumOffload: true,
	}, gvisorRACK(false))
	return &outsidePair{*far, c}, err
}

func openGvisorClient(o *fdbased.Options, rack gvisorRACK) (client, error) {
	ep, err := fdbased.New(o)
	if err != nil {
		return nil, err
	}
	s, err := newGvisor(rack)
	if err != nil {
		return nil, err
	}
	own := tcpip.AddrFrom4([4]byte{10, 0, 0, 1})
	p := gvisorPair{client: s, server: s, addr: tcpip.AddrFrom4([4]byte{10, 0, 0, 2})}
	return &gvisorClient{p}, addGvisorNIC(s, ep, own, stack.NICOptions{})
}
