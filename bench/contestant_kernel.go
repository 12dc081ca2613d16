package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// The Linux kernel, from Go's package net. It tunes itself.
var (
	kernelLoopback = Contestant{
		Name: "kernel/loopback", Settings: "its defaults, 127.0.0.1 (MTU 65536)",
		Open: func() (Pair, error) { return &kernelPair{server: "127.0.0.1"}, nil },
	}
	kernelVeth = Contestant{
		Name: "kernel/veth", Settings: "its defaults, a veth pair of MTU 1500 between two namespaces, with its offloads", Root: true,
		Open: openKernelVeth,
	}
)

// kernelPair is the kernel at both ends.
type kernelPair struct {
	server string
	far    *namespace // the server's; nil if it is the client's
}

func openKernelVeth() (Pair, error) {
	far, err := newNamespace()
	if err != nil {
		return nil, err
	}
	p := &kernelPair{server: "10.0.0.2", far: far}
	return p, far.joinVeth("10.0.0.1/24", "10.0.0.2/24")
}

// joinVeth joins the process's namespace with this one by a veth pair: near is
// here and far is there. An interface without an address is only set up.
func (n *namespace) joinVeth(nearAddr, farAddr string) error {
	if err := n.run(fmt.Sprintf("ip link add far type veth peer name near netns %d", os.Getpid())); err != nil {
		return err
	}
	if nearAddr != "" {
		if err := run("ip addr add " + nearAddr + " dev near"); err != nil {
			return err
		}
	}
	return errors.Join(
		run("ip link set near up"),
		n.run("ip addr add "+farAddr+" dev far", "ip link set far up"),
	)
}

// listen runs f where the server is.
func (p *kernelPair) listen(f func() error) error {
	if p.far == nil {
		return f()
	}
	return p.far.do(f)
}

func (p *kernelPair) at(port uint16) string { return at(p.server, port) }

// at returns a socket's address as package net has it.
func at(host string, port uint16) string { return fmt.Sprintf("%s:%d", host, port) }

func (p *kernelPair) Listen(port uint16) (l net.Listener, err error) {
	err = p.listen(func() (err error) { l, err = net.Listen("tcp4", p.at(port)); return err })
	return l, err
}

func (p *kernelPair) Dialer(port uint16) func() (net.Conn, error) {
	to := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(p.at(port)))
	return func() (net.Conn, error) {
		c, err := net.DialTCP("tcp4", nil, to)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

func (p *kernelPair) ListenUDP(port uint16) (r Reader, err error) {
	err = p.listen(func() error {
		c, err := net.ListenPacket("udp4", p.at(port))
		if err != nil {
			return err
		}
		r = c.(*net.UDPConn)
		return widen(c.(*net.UDPConn))
	})
	return r, err
}

// widen gives a socket room for as many datagrams as the others have. That is more than who
// is not root may ask for: he has what there is.
func widen(c *net.UDPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return errors.Join(c.SetReadBuffer(datagramBuffers), raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, datagramBuffers)
	}))
}

func (p *kernelPair) DialUDP(port uint16) (net.Conn, error) { return net.Dial("udp4", p.at(port)) }

func (p *kernelPair) Close() error {
	if p.far == nil {
		return nil
	}
	return p.far.Close()
}
