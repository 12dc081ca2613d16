package pcapfilter

import (
	"net/netip"

	"thinnet/wire"
)

// Names looks up the names in expressions. A method says nothing but "no" if it
// does not know a name; it may be called several times for one name.
type Names interface {
	// Host returns a host's addresses; none if it is not known.
	Host(name string) []netip.Addr
	// Ether returns a host's Ethernet address, as /etc/ethers has it.
	Ether(name string) (mac wire.MAC, ok bool)
	// Network returns an IPv4 network's number without its trailing zero bytes,
	// as /etc/networks has it, such as 127 for loopback; 0 if it is not known.
	Network(name string) uint32
	// Service returns a service's port; transport is "tcp" or "udp".
	Service(name, transport string) (port uint16, ok bool)
	// Protocol returns an IP protocol's number.
	Protocol(name string) (number uint8, ok bool)
}

// BuiltinNames knows the well-known services and protocols, and no hosts.
// Embedded in another type, it does the rest of what that one does.
type BuiltinNames struct{}

// Host returns nothing.
func (BuiltinNames) Host(string) []netip.Addr { return nil }

// Ether returns nothing.
func (BuiltinNames) Ether(string) (wire.MAC, bool) { return wire.MAC{}, false }

// Network returns the number of the network called loopback.
func (BuiltinNames) Network(name string) uint32 {
	if name == "loopback" {
		return 127
	}
	return 0
}

// Service returns the port of a well-known service.
func (BuiltinNames) Service(name, transport string) (port uint16, ok bool) {
	s, ok := services[name]
	if !ok || transport == "tcp" && !s.tcp || transport == "udp" && !s.udp {
		return 0, false
	}
	return s.port, true
}

// Protocol returns the number of an IP protocol.
func (BuiltinNames) Protocol(name string) (number uint8, ok bool) {
	number, ok = protocolNumbers[name]
	return number, ok
}

type service struct {
	port     uint16
	tcp, udp bool
}

func tcp(port uint16) service  { return service{port: port, tcp: true} }
func udp(port uint16) service  { return service{port: port, udp: true} }
func both(port uint16) service { return service{port: port, tcp: true, udp: true} }
