package stack

import (
	"errors"
	"net/netip"
	"strconv"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/network"
	"thinnet/network/neighbor"
	"thinnet/network/pathmtu"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// InterfaceConfig says what an interface is like besides its device.
type InterfaceConfig struct {
	Name      string
	MAC       wire.MAC
	Loopback  bool
	Addresses []netip.Prefix
	// Dropped, if not nil, is shown each packet that came in by the interface and
	// is dropped, from whatever header on it was looked at last, and why. It is
	// called with the host's lock held, and neither keeps nor changes p.
	Dropped func(p *packet.Packet, why string)
}

// AddInterface gives the host a device: the host becomes its receiver. The frames are
// Ethernet, for which c needs a MAC address, or, as the device's Capabilities say, the
// IP packets themselves, as a tunnel's are. The device must take pending checksums and
// segments: offload.New is a device around one that does not. If there is an error, such as
// an address that no host can have, nothing was added.
func (s *Stack) AddInterface(c InterfaceConfig, dev link.Device) error {
	if err := network.CheckAddresses(c.Name, c.Loopback, c.Addresses); err != nil {
		return err
	}
	caps := dev.Capabilities()
	if !caps.Checksum || caps.MaxSegmented == 0 {
		return errors.New("interface " + c.Name + ": wrap its device with offload.New")
	}
	s.mu.Lock()
	s.readClock()
	i, err := s.net.AddInterface(network.InterfaceConfig{
		Name: c.Name, MAC: c.MAC, MTU: caps.MTU, MaxSegmented: caps.MaxSegmented,
		Headers: caps.Headers, Loopback: c.Loopback, Dropped: c.Dropped,
	})
	if err != nil {
		s.mu.Unlock()
		return err
	}
	n := &nic{s: s, iface: i, dev: dev}
	n.out.SetDoorbell(packet.NewDoorbell(s.flushOut))
	s.nics = append(s.nics[:len(s.nics):len(s.nics)], n)
	for _, a := range c.Addresses {
		if err := s.net.AddAddress(s.now, i, a); err != nil {
			s.pump()
			s.mu.Unlock()
			return err
		}
	}
	s.mu.Unlock()
	dev.SetReceiver(n)
	s.mu.Lock()
	s.pump()
	s.mu.Unlock()
	return nil
}

// Interfaces returns a look at the interfaces, in the order of their indexes.
func (s *Stack) Interfaces() []InterfaceInfo {
	s.mu.Lock()
	s.catchUp()
	nics := s.nics
	list := make([]InterfaceInfo, 0, len(nics))
	for _, n := range nics {
		i := n.iface
		list = append(list, InterfaceInfo{
			Index: i.Index, Name: i.Name, MAC: i.MAC, MTU: i.MTU, Up: i.Up, Loopback: i.Loopback,
			Addresses: i.Addresses(), Network: i.Counters,
		})
	}
	s.mu.Unlock()
	for i, n := range nics {
		list[i].Device = n.dev.Stats()
	}
	return list
}

// Addresses returns the addresses that the host has on links, with their prefixes: those
// of loopback interfaces are not among them.
func (s *Stack) Addresses() []netip.Prefix {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []netip.Prefix
	for _, n := range s.nics {
		if !n.iface.Loopback {
			list = append(list, n.iface.Addresses()...)
		}
	}
	return list
}

// AddAddress gives an interface an address and the route to its prefix.
func (s *Stack) AddAddress(iface string, p netip.Prefix) error {
	return s.withNIC(iface, func(n *nic) error { return s.net.AddAddress(s.now, n.iface, p) })
}

// RemoveAddress takes an address away again.
func (s *Stack) RemoveAddress(iface string, p netip.Prefix) error {
	return s.withNIC(iface, func(n *nic) error { return s.net.RemoveAddress(s.now, n.iface, p) })
}

// SetUp takes an interface up or down.
func (s *Stack) SetUp(iface string, up bool) error {
	return s.withNIC(iface, func(n *nic) error { s.net.SetUp(s.now, n.iface, up); return nil })
}

// SetMTU sets the longest IP packet that an interface sends whole, in bytes: 68
// up to what its device takes.
func (s *Stack) SetMTU(iface string, mtu int) error {
	return s.withNIC(iface, func(n *nic) error {
		if most := n.dev.Capabilities().MTU; mtu < 68 || mtu > most {
			return errors.New("MTU " + strconv.Itoa(mtu) + " is out of range: want 68 to " + strconv.Itoa(most))
		}
		s.net.SetMTU(n.iface, mtu)
		return nil
	})
}

// Routes returns the routes to others, in the order of their prefixes.
func (s *Stack) Routes() []route.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.net.Routes()
}

// AddRoute adds a route: see network.Layer.AddRoute.
func (s *Stack) AddRoute(e route.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.net.AddRoute(e)
}

// RemoveRoute removes a route: see network.Layer.RemoveRoute.
func (s *Stack) RemoveRoute(e route.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.net.RemoveRoute(e)
}

// LookupRoute returns the way to dst, as ip route get does.
func (s *Stack) LookupRoute(dst netip.Addr) (network.Route, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.net.Route(dst, netip.Addr{})
}

// LearntPathMTU returns what routers have told of the path to dst, and how long that
// is believed; ok is false if they have told nothing.
func (s *Stack) LearntPathMTU(dst netip.Addr) (path pathmtu.Path, expires time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clk.Now()
	r, err := s.net.Route(dst, netip.Addr{})
	if err != nil {
		return path, 0, false
	}
	path = s.net.PathMTU(now, &r)
	at := s.net.PathExpires(&r)
	return path, at.Sub(now), at != clock.Never
}

// Neighbors returns what is known of the stations on the links.
func (s *Stack) Neighbors() []neighbor.Neighbor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.net.Neighbors(s.clk.Now())
}

// AddNeighbor sets the link address of a station for good.
func (s *Stack) AddNeighbor(iface string, a netip.Addr, mac wire.MAC) error {
	return s.withNIC(iface, func(n *nic) error { return s.net.AddNeighbor(s.now, n.iface, a, mac) })
}

// RemoveNeighbor forgets a station.
func (s *Stack) RemoveNeighbor(iface string, a netip.Addr) error {
	return s.withNIC(iface, func(n *nic) error { return s.net.RemoveNeighbor(s.now, n.iface, a) })
}

// SetForwarding turns ip_forward on or off.
func (s *Stack) SetForwarding(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.net.SetForwarding(on)
}

// Forwarding reports whether packets for others are sent on.
func (s *Stack) Forwarding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.net.Forwarding()
}

// LocalAddr reports whether a is an address of this host.
func (s *Stack) LocalAddr(a netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.net.LocalAddr(a)
}
