package thinnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"

	"thinnet/annotate"
	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/monitor"
	"thinnet/packet"
	"thinnet/socket"
	"thinnet/stack"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// HostOptions say what a host is like. The zero HostOptions are a host with
// Linux's defaults.
type HostOptions struct {
	// TCP is what Linux has under net.ipv4.tcp_*.
	TCP tcp.Settings
	// Forwarding makes the host a router: Linux's net.ipv4.ip_forward.
	Forwarding bool
}

// Host is a computer in the network: interfaces, a TCP/IP stack, and sockets on
// it. It has a loopback interface from the start.
type Host struct {
	name    string
	net     *Network
	options HostOptions
	source  clock.Source
	sock    atomic.Pointer[socket.Net] // with the stack that the host has now

	// Guarded by the network's lock.
	interfaces []*Interface // in the order of their indexes in the stack
	boots      int          // after the first
}

// AddHost adds a host.
func (n *Network) AddHost(name string, o HostOptions) (*Host, error) {
	if err := o.TCP.Check(); err != nil {
		return nil, annotate.Error(name+": TCP", err)
	}
	n.mu.Lock()
	if err := n.claim(name); err != nil {
		n.mu.Unlock()
		return nil, err
	}
	h := &Host{name: name, net: n, options: o, source: n.source()}
	h.boot()
	n.hosts = append(n.hosts, h)
	n.mu.Unlock()

	lo := &Interface{name: "lo", host: h, monitor: monitor.New(stack.Loopback(), n.clk)}
	return h, h.add(lo, stack.InterfaceConfig{
		Name: "lo", Loopback: true, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")},
	})
}

// boot gives the host a new stack, which has chances of its own. Called with the
// network's lock held.
func (h *Host) boot() *stack.Stack {
	seed := h.net.seedFor(h.name)
	if h.boots > 0 {
		seed = h.net.seedFor(h.name + "\x00" + strconv.Itoa(h.boots))
	}
	s := stack.New(stack.Config{
		Clock: h.net.clk, Source: h.source, Seed: seed, TCP: h.options.TCP, Forwarding: h.options.Forwarding,
	})
	h.sock.Store(&socket.Net{Stack: s, Resolver: h})
	return s
}

// Name returns the host's name.
func (h *Host) Name() string { return h.name }

// Network returns the network that the host is in.
func (h *Host) Network() *Network { return h.net }

// Stack returns the host's TCP/IP stack: interfaces, routes, neighbours, counters. Its
// AddRoute gives the host a gateway: a [route.Entry] whose Prefix is 0.0.0.0/0 and whose
// Gateway is the router's address.
// A host that restarts after a crash has another.
func (h *Host) Stack() *stack.Stack { return h.sock.Load().Stack }

// Interface is a network interface of a host.
type Interface struct {
	name    string
	host    *Host
	plug    *plug // nil: loopback
	monitor *monitor.Monitor
}

// InterfaceOptions say what an interface is like.
type InterfaceOptions struct {
	MAC       wire.MAC // zero: one is chosen
	MTU       int      // bytes; 0: 1500
	Addresses []netip.Prefix
}

// AddInterface adds an Ethernet interface with addresses, which may be none.
func (h *Host) AddInterface(name string, addrs ...netip.Prefix) (*Interface, error) {
	return h.AddInterfaceOptions(name, InterfaceOptions{Addresses: addrs})
}

// AddInterfaceOptions is AddInterface with all there is to choose.
func (h *Host) AddInterfaceOptions(name string, o InterfaceOptions) (*Interface, error) {
	if name == "" || len(name) > 15 {
		return nil, errors.New(h.name + ": interface name " + strconv.Quote(name) + ": want 1 to 15 bytes")
	}
	if o.MTU == 0 {
		o.MTU = link.DefaultMTU
	}
	h.net.mu.Lock()
	h.net.macs++
	if o.MAC.IsZero() {
		o.MAC = link.LocalMAC(h.net.macs)
	}
	h.net.mu.Unlock()
	p := &plug{mtu: o.MTU}
	i := &Interface{name: name, host: h, plug: p, monitor: monitor.New(p, h.net.clk)}
	if err := h.add(i, stack.InterfaceConfig{Name: name, MAC: o.MAC, Addresses: o.Addresses}); err != nil {
		return nil, annotate.Error(h.name, err)
	}
	return i, nil
}

func (h *Host) add(i *Interface, c stack.InterfaceConfig) error {
	c.Dropped = i.dropped
	if err := h.Stack().AddInterface(c, i.monitor); err != nil {
		return err
	}
	h.net.mu.Lock()
	h.interfaces = append(h.interfaces, i)
	h.net.mu.Unlock()
	return nil
}

// Interface returns the interface of a name, or nil.
func (h *Host) Interface(name string) *Interface {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	for _, i := range h.interfaces {
		if i.name == name {
			return i
		}
	}
	return nil
}

// Name returns the interface's name.
func (i *Interface) Name() string { return i.name }

// Host returns the host that the interface belongs to.
func (i *Interface) Host() *Host { return i.host }

// String returns host:interface.
func (i *Interface) String() string { return i.host.name + ":" + i.name }

// dropped shows what the host drops of what came in by the interface.
func (i *Interface) dropped(p *packet.Packet, why string) { i.monitor.Dropped(monitor.In, p, why) }

// lost implements Port.
func (i *Interface) lost(p *packet.Packet, why string) { i.monitor.Dropped(monitor.Out, p, why) }

// Monitor returns the interface's capture point, where tcpdump listens.
func (i *Interface) Monitor() *monitor.Monitor { return i.monitor }

// Connected reports whether something is plugged in.
func (i *Interface) Connected() bool { return i.plug == nil || i.plugged() != nil }

// plugged returns what is plugged in, nil for nothing.
func (i *Interface) plugged() link.Device {
	if i.plug == nil {
		return nil
	}
	if dev := i.plug.dev.Load(); dev != nil {
		return *dev
	}
	return nil
}

func (i *Interface) network() *Network { return i.host.net }

func (i *Interface) ready() error {
	switch {
	case i == nil:
		return errNoPort
	case i.plug == nil:
		return errors.New(i.String() + ": a loopback interface takes no link")
	case i.plugged() != nil:
		return annotate.Error(i.String(), errPlugged)
	}
	return nil
}

func (i *Interface) plugIn(dev link.Device) error {
	if err := i.plug.attach(dev); err != nil {
		return annotate.Error(i.String(), err)
	}
	return nil
}

// Sockets returns the host's sockets, for a [socket.Dialer] or a [socket.ListenConfig]:
// all there is to choose about a connection. After a Restart the host has others.
func (h *Host) Sockets() *socket.Net { return h.sock.Load() }

// Dial connects to an address on a network, "tcp" or "udp". Names are those of
// the network's hosts.
func (h *Host) Dial(network, address string) (net.Conn, error) {
	return h.sock.Load().Dial(network, address)
}

// DialContext is Dial with a context that ends the attempt.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return h.sock.Load().DialContext(ctx, network, address)
}

// Listen listens on a TCP address.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	return h.sock.Load().Listen(network, address)
}

// ListenPacket opens a UDP socket.
func (h *Host) ListenPacket(network, address string) (net.PacketConn, error) {
	return h.sock.Load().ListenPacket(network, address)
}

// ListenICMP opens a raw ICMP socket.
func (h *Host) ListenICMP() (*socket.ICMPConn, error) { return h.sock.Load().ListenICMP() }

// LookupHost returns the addresses of a host of the network, those on a link of
// this host first. It implements socket.Resolver.
func (h *Host) LookupHost(_ context.Context, name string) ([]netip.Addr, error) {
	if name == "localhost" {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	other := h.net.Host(name)
	if other == nil {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	var near, far []netip.Addr
	for _, p := range other.Stack().Addresses() {
		if h.onLink(p.Addr()) {
			near = append(near, p.Addr())
		} else {
			far = append(far, p.Addr())
		}
	}
	if len(near)+len(far) == 0 {
		return nil, &net.DNSError{Err: "host has no address", Name: name, IsNotFound: true}
	}
	return append(near, far...), nil
}

// onLink reports whether an address lies in the prefix of an interface.
func (h *Host) onLink(a netip.Addr) bool {
	return slices.ContainsFunc(h.Stack().Addresses(), func(p netip.Prefix) bool { return p.Contains(a) })
}
