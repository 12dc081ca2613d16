package main

import (
	"fmt"
	"net"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/link/pipe"
	"gvisor.dev/gvisor/pkg/tcpip/link/qdisc/fifo"
	"gvisor.dev/gvisor/pkg/tcpip/link/veth"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

const (
	gvisorBuffers = 4 << 20
	gvisorTuning  = "CUBIC, SACK, 4 MiB buffers"
	// largeMTU is the longest IPv4 packet.
	largeMTU = 65535
	// gsoMTU is the MTU of a link that claims segmentation offload.
	gsoMTU = 1500
)

// gVisor's own links, as they are: the best of them is its stock best.
var (
	gvisorPipe = Contestant{
		Name: "gvisor/pipe", Settings: gvisorTuning + ", two stacks, its pipe link with MTU 65535, checksums on",
		Open: func() (Pair, error) { return openGvisorPipe(largeMTU, nil, gvisorRACK(true)) },
	}
	gvisorVeth = Contestant{
		Name: "gvisor/veth", Settings: gvisorTuning + ", two stacks, its veth link with MTU 65535, segmentation in software, receive checksums off",
		Open: openGvisorVeth,
	}
	gvisorLoopback = Contestant{
		Name: "gvisor/loopback", Settings: gvisorTuning + ", one stack, its loopback link (MTU 65536, checksums off)",
		Program: "thinnet/bench/internal/size/gvisor", Open: openGvisorLoopback,
	}
	gvisor1500 = Contestant{
		Name: "gvisor/1500", Settings: gvisorTuning + ", two stacks, its pipe link with MTU 1500, checksums on",
		Open: func() (Pair, error) { return openGvisorPipe(gsoMTU, nil, gvisorRACK(true)) },
	}
)

// Its pipe link, wrapped to claim what a network card would do.
var (
	gvisorGSO = Contestant{
		Name: "gvisor/gso", Settings: gvisorTuning + ", two stacks, pipe wrapped to claim 64 KiB GSO on MTU 1500 and checksums, fifo queue, RACK off",
		Open: func() (Pair, error) { return openGvisorPipe(gsoMTU, claimGSO, gvisorRACK(false)) },
	}
	gvisor1500NoSums = Contestant{
		Name: "gvisor/1500-nosums", Settings: gvisorTuning + ", two stacks, pipe with MTU 1500 wrapped to claim checksums, fifo queue, RACK off",
		Open: func() (Pair, error) { return openGvisorPipe(gsoMTU, claimChecksums, gvisorRACK(false)) },
	}
)

const gvisorNIC = 1

// gvisorPair is two stacks of gVisor, or one twice.
type gvisorPair struct {
	client, server *stack.Stack
	addr           tcpip.Address // the server's
}

// gvisorRACK says whether TCP detects losses by RACK.
type gvisorRACK bool

// newGvisor returns a tuned stack.
func newGvisor(rack gvisorRACK) (*stack.Stack, error) {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})
	sack, cubic := tcpip.TCPSACKEnabled(true), tcpip.CongestionControlOption("cubic")
	options := []tcpip.SettableTransportProtocolOption{
		&sack, &cubic,
		&tcpip.TCPSendBufferSizeRangeOption{Min: 4096, Default: gvisorBuffers, Max: gvisorBuffers},
		&tcpip.TCPReceiveBufferSizeRangeOption{Min: 4096, Default: gvisorBuffers, Max: gvisorBuffers},
	}
	if !rack {
		none := tcpip.TCPRecovery(0)
		options = append(options, &none)
	}
	for _, o := range options {
		if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return nil, fmt.Errorf("gvisor: option %T: %v", o, err)
		}
	}
	for _, o := range []any{
		tcpip.ReceiveBufferSizeOption{Min: 4096, Default: gvisorBuffers, Max: gvisorBuffers},
		tcpip.SendBufferSizeOption{Min: 4096, Default: gvisorBuffers, Max: gvisorBuffers},
	} {
		if err := s.SetOption(o); err != nil {
			return nil, fmt.Errorf("gvisor: option %T: %v", o, err)
		}
	}
	return s, nil
}

// addGvisorNIC gives a stack its interface, with an address and a route to all.
func addGvisorNIC(s *stack.Stack, ep stack.LinkEndpoint, addr tcpip.Address, o stack.NICOptions) error {
	if err := s.CreateNICWithOptions(gvisorNIC, ep, o); err != nil {
		return fmt.Errorf("gvisor: interface: %v", err)
	}
	a := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: addr, PrefixLen: 24}}
	if err := s.AddProtocolAddress(gvisorNIC, a, stack.AddressProperties{}); err != nil {
		return fmt.Errorf("gvisor: address: %v", err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: gvisorNIC}})
	return nil
}

// joinGvisor makes a pair of two stacks, one at each end of a link. wrap, if not
// nil, gives an end more than it claims, behind a queue.
func joinGvisor(ends [2]stack.LinkEndpoint, wrap func(stack.LinkEndpoint) stack.LinkEndpoint, rack gvisorRACK) (Pair, error) {
	p := &gvisorPair{}
	for i, ep := range ends {
		s, err := newGvisor(rack)
		if err != nil {
			return nil, err
		}
		var o stack.NICOptions
		if wrap != nil {
			ep = wrap(ep)
			o.QDisc = fifo.New(ep, 1, 1000)
		}
		p.addr = tcpip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		if err := addGvisorNIC(s, ep, p.addr, o); err != nil {
			return nil, err
		}
		p.client, p.server = p.server, s
	}
	return p, nil
}

func openGvisorPipe(mtu uint32, wrap func(stack.LinkEndpoint) stack.LinkEndpoint, rack gvisorRACK) (Pair, error) {
	a, b := pipe.New("\x02\x00\x00\x00\x00\x01", "\x02\x00\x00\x00\x00\x02", mtu)
	return joinGvisor([2]stack.LinkEndpoint{a, b}, wrap, rack)
}

func openGvisorVeth() (Pair, error) {
	a, b := veth.NewPair(largeMTU, veth.DefaultBacklogSize)
	return joinGvisor([2]stack.LinkEndpoint{a, b}, nil, gvisorRACK(true))
}

func openGvisorLoopback() (Pair, error) {
	s, err := newGvisor(gvisorRACK(true))
	if err != nil {
		return nil, err
	}
	p := &gvisorPair{client: s, server: s, addr: tcpip.AddrFrom4([4]byte{127, 0, 0, 1})}
	return p, addGvisorNIC(s, loopback.New(), p.addr, stack.NICOptions{})
}

// checksumLink claims that the link sums and verifies.
type checksumLink struct{ stack.LinkEndpoint }

func claimChecksums(ep stack.LinkEndpoint) stack.LinkEndpoint { return checksumLink{ep} }

func (checksumLink) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityTXChecksumOffload | stack.CapabilityRXChecksumOffload
}

// gsoLink claims that the link also takes segments of 64 KiB.
type gsoLink struct{ checksumLink }

func claimGSO(ep stack.LinkEndpoint) stack.LinkEndpoint { return gsoLink{checksumLink{ep}} }

func (gsoLink) GSOMaxSize() uint32 {
	return 65535 - header.IPv4MinimumSize - header.TCPMinimumSize - header.TCPOptionsMaximumSize
}

func (gsoLink) SupportedGSO() stack.SupportedGSO { return stack.HostGSOSupported }

func (p *gvisorPair) to(port uint16) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: gvisorNIC, Addr: p.addr, Port: port}
}

func (p *gvisorPair) Listen(port uint16) (net.Listener, error) {
	return gonet.ListenTCP(p.server, p.to(port), ipv4.ProtocolNumber)
}

func (p *gvisorPair) Dialer(port uint16) func() (net.Conn, error) {
	to := p.to(port)
	return func() (net.Conn, error) { return gonet.DialTCP(p.client, to, ipv4.ProtocolNumber) }
}

func (p *gvisorPair) ListenUDP(port uint16) (Reader, error) {
	a := p.to(port)
	return gonet.DialUDP(p.server, &a, nil, ipv4.ProtocolNumber)
}

func (p *gvisorPair) DialUDP(port uint16) (net.Conn, error) {
	a := p.to(port)
	return gonet.DialUDP(p.client, nil, &a, ipv4.ProtocolNumber)
}

// Close ends the stacks. It does not wait for their goroutines, which end with
// the process.
func (p *gvisorPair) Close() error {
	p.client.Close()
	p.server.Close()
	return nil
}
