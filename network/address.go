package network

import (
	"errors"
	"net/netip"
	"slices"

	"thinnet/annotate"
	"thinnet/clock"
	"thinnet/network/route"
)

// limitedBroadcast is every station of a link (RFC 919, section 7).
var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// allHosts is the group that every host is in (RFC 1112, section 4).
var allHosts = netip.AddrFrom4([4]byte{224, 0, 0, 1})

// AddAddress gives an interface the address p.Addr() and the route to the
// stations of p, which are on its link. The address is announced (RFC 5227,
// section 2.3).
func (l *Layer) AddAddress(now clock.Time, i *Interface, p netip.Prefix) error {
	if err := checkAddress(i.Name, i.Loopback, p, i.Addresses()); err != nil {
		return err
	}
	if err := l.addConnected(i, p); err != nil {
		l.removeConnected(i, p)
		return annotate.Error(i.Name+": address "+p.String(), err)
	}
	i.addresses = append(i.addresses, address{p, clock.Time(-defendInterval)})
	l.announce(now, i, p.Addr())
	return nil
}

// CheckAddresses reports why one of the addresses cannot be an interface's beside those
// before it.
func CheckAddresses(iface string, loopback bool, addresses []netip.Prefix) error {
	for k, p := range addresses {
		if err := checkAddress(iface, loopback, p, addresses[:k]); err != nil {
			return err
		}
	}
	return nil
}

// checkAddress reports why p cannot be an interface's beside others.
func checkAddress(iface string, loopback bool, p netip.Prefix, others []netip.Prefix) error {
	what := ""
	if !p.IsValid() || !p.Addr().Is4() {
		what = "want IPv4 with a prefix length, such as 192.168.1.1/24"
	} else if first := p.Addr().As4()[0]; first == 0 || first >= 224 { // a group's, or reserved
		what = "no host can have it"
	} else if first == 127 && !loopback {
		what = "only a loopback interface can have it"
	}
	for _, q := range others {
		if q.Addr() == p.Addr() {
			what = "it is there already"
		}
	}
	if what == "" {
		return nil
	}
	return errors.New(iface + ": address " + p.String() + ": " + what)
}

// RemoveAddress takes the address p.Addr() from an interface, and the routes that
// came with it.
func (l *Layer) RemoveAddress(_ clock.Time, i *Interface, p netip.Prefix) error {
	k := slices.IndexFunc(i.addresses, func(b address) bool { return b.Prefix == p })
	if k < 0 {
		return errors.New(i.Name + ": address " + p.String() + ": it is not there")
	}
	i.addresses = slices.Delete(i.addresses, k, k+1)
	l.arp.forgetAddress(i, p.Addr())
	l.removeConnected(i, p)
	for _, a := range i.addresses {
		_ = l.addConnected(i, a.Prefix) // what it shared with the one that has gone
	}
	return nil
}

// connected returns the routes that come with an address.
func connected(i *Interface, p netip.Prefix) []route.Entry {
	host := netip.PrefixFrom(p.Addr(), 32)
	e := route.Entry{Prefix: host, Kind: route.Local, Interface: i.Index, Src: p.Addr(), Connected: true}
	if i.Loopback {
		e.Prefix = p.Masked()
		return []route.Entry{e}
	}
	s := []route.Entry{e}
	if p.Bits() < 32 {
		e.Prefix, e.Kind = p.Masked(), route.Unicast
		s = append(s, e)
	}
	if p.Bits() < 31 { // RFC 3021: a point-to-point link has no broadcast address
		e.Prefix, e.Kind = netip.PrefixFrom(lastOf(p), 32), route.Broadcast
		s = append(s, e)
	}
	return s
}

// lastOf returns the highest address of an IPv4 prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(b)
}

// addConnected adds those routes of an address that another one has not brought
// already.
func (l *Layer) addConnected(i *Interface, p netip.Prefix) error {
	for _, e := range connected(i, p) {
		if !i.Up && e.Kind != route.Local {
			same := func(o route.Entry) bool { return o.Prefix == e.Prefix && o.Kind == e.Kind && o.Connected }
			if !slices.ContainsFunc(i.parked, same) {
				i.parked = append(i.parked, e)
			}
			continue
		}
		if err := l.routes.Add(e); err != nil && !errors.Is(err, route.ErrExists) {
			return err
		}
	}
	return nil
}

func (l *Layer) removeConnected(i *Interface, p netip.Prefix) {
	for _, e := range connected(i, p) {
		_, _ = l.routes.Remove(e.Prefix, func(o *route.Entry) bool { return *o == e })
		if k := slices.Index(i.parked, e); k >= 0 {
			i.parked = slices.Delete(i.parked, k, k+1)
		}
	}
}

// LocalAddr reports whether a is an address of this host.
func (l *Layer) LocalAddr(a netip.Addr) bool { return l.kind(a.Unmap()) == route.Local }

// kind returns the kind of the route for a: Unicast also if there is none.
func (l *Layer) kind(a netip.Addr) route.Kind {
	if e := l.routes.Lookup(a); e != nil {
		return e.Kind
	}
	return route.Unicast
}

// source returns the address to send from by i to a station that is reached
// through nextHop: one in the same prefix, else the interface's first, else the
// first of the host that others can answer to (RFC 1122, section 3.3.4.3).
func (l *Layer) source(i *Interface, nextHop netip.Addr) netip.Addr {
	for k := range i.addresses {
		if i.addresses[k].Contains(nextHop) {
			return i.addresses[k].Addr()
		}
	}
	if len(i.addresses) > 0 {
		return i.addresses[0].Addr()
	}
	for _, o := range l.interfaces {
		if !o.Loopback && len(o.addresses) > 0 {
			return o.addresses[0].Addr()
		}
	}
	return netip.Addr{}
}

// reserved reports whether no packet goes to or comes from a at all: RFC 1122,
// section 3.2.1.3, and class E.
func reserved(a netip.Addr) bool {
	first := a.As4()[0]
	return first == 0 || first >= 240
}
