package network

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// minMTU is the longest packet that every link takes whole (RFC 791, section 3.2).
const minMTU = 68

// InterfaceConfig says what an interface is like.
type InterfaceConfig struct {
	Name string
	MAC  wire.MAC // with Ethernet headers: a unicast address, not zero
	MTU  int      // longest IP packet, 68 to 65535 bytes
	// MaxSegmented is the longest IP packet that goes out with Segmentation
	// set, in bytes; a longer one goes out as its segments.
	MaxSegmented int
	Headers      link.HeaderType
	// Loopback: what goes out comes back in. It has no neighbours, and every
	// address in the prefixes of its addresses is this host's.
	Loopback bool
	// Dropped, if not nil, is shown each packet that came in by the interface and
	// is dropped, from whatever header on it was looked at last. It neither keeps
	// nor changes p, and must not call the layer.
	Dropped func(p *packet.Packet, why string)
}

// Interface is where a host meets a link. Its fields are read-only but for Out.
type Interface struct {
	Index int // from 1
	InterfaceConfig
	Up bool
	// Out is the frames to be sent. The host empties it.
	Out      packet.Batch
	Counters InterfaceCounters

	addresses []address
	parked    []route.Entry // routes that wait for the interface to come up
}

// address is an address of an interface.
type address struct {
	netip.Prefix
	defended clock.Time // when a conflict was last answered
}

// Addresses returns the addresses of the interface with their prefixes, in the
// order in which they were added.
func (i *Interface) Addresses() []netip.Prefix {
	s := make([]netip.Prefix, len(i.addresses))
	for k, a := range i.addresses {
		s[k] = a.Prefix
	}
	return s
}

// resolves reports whether the interface has neighbours to ask for.
func (i *Interface) resolves() bool { return !i.Loopback && i.Headers == link.HeaderEthernet }

// AddInterface adds an interface, which is up and has no address. The first one
// that is a loopback carries what this host sends to itself.
func (l *Layer) AddInterface(c InterfaceConfig) (*Interface, error) {
	what := ""
	switch {
	case c.Name == "":
		what = "want a name"
	case l.InterfaceByName(c.Name) != nil:
		what = "there is one of that name"
	case c.MTU < minMTU || c.MTU > 65535:
		what = "MTU " + strconv.Itoa(c.MTU) + ": want " + strconv.Itoa(minMTU) + " to 65535"
	case c.Headers == link.HeaderEthernet && !c.Loopback && (c.MAC.IsZero() || c.MAC.IsGroup()):
		what = "MAC address " + c.MAC.String() + ": want a unicast address"
	}
	if what != "" {
		return nil, errors.New("interface " + c.Name + ": " + what)
	}
	i := &Interface{Index: len(l.interfaces) + 1, InterfaceConfig: c, Up: true}
	l.interfaces = append(l.interfaces, i)
	if c.Loopback && l.loopback == nil {
		l.loopback = i
	}
	l.routes.Invalidate()
	return i, nil
}

// Interfaces returns the interfaces in the order of their indexes. The slice is
// the layer's own.
func (l *Layer) Interfaces() []*Interface { return l.interfaces }

// Interface returns the interface with an index, or nil.
func (l *Layer) Interface(index int) *Interface {
	if index < 1 || index > len(l.interfaces) {
		return nil
	}
	return l.interfaces[index-1]
}

// InterfaceByName returns the interface of a name, or nil.
func (l *Layer) InterfaceByName(name string) *Interface {
	i := slices.IndexFunc(l.interfaces, func(i *Interface) bool { return i.Name == name })
	if i < 0 {
		return nil
	}
	return l.interfaces[i]
}

// SetMTU sets the longest IP packet that an interface sends whole, in bytes: 68 to 65535.
func (l *Layer) SetMTU(i *Interface, mtu int) {
	i.MTU = mtu
	l.routes.Invalidate() // they go by it
}

// SetUp takes an interface up or down. While it is down its routes are out of
// the table, its neighbours are forgotten, and it neither sends nor receives;
// its addresses remain this host's. Coming up it announces them.
func (l *Layer) SetUp(now clock.Time, i *Interface, up bool) {
	if i.Up == up {
		return
	}
	i.Up = up
	l.routes.Invalidate()
	if !up {
		l.park(i)
		l.arp.forget(i)
		l.neighbors.RemoveInterface(i.Index, &l.failed)
		l.reportFailed(now, DropLinkUnreachable)
		return
	}
	parked := i.parked
	i.parked = nil
	for _, e := range parked {
		_ = l.routes.Add(e) // it was there before
	}
	for k := range i.addresses {
		l.announce(now, i, i.addresses[k].Addr())
	}
}

// park takes the routes through i out of the table, but for its own addresses.
func (l *Layer) park(i *Interface) {
	l.routes.All(func(e *route.Entry) bool {
		if e.Interface == i.Index && e.Kind != route.Local {
			i.parked = append(i.parked, *e)
		}
		return true
	})
	for k := range i.parked {
		parked := &i.parked[k]
		_, _ = l.routes.Remove(parked.Prefix, func(e *route.Entry) bool { return *e == *parked })
	}
}
