package network

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"

	"thinnet/annotate"
	"thinnet/clock"
	"thinnet/network/neighbor"
	"thinnet/network/pathmtu"
	"thinnet/network/route"
)

// Errors of Route and Output. They are compared with errors.Is.
var (
	ErrNoRoute         = errors.New("no route to the network")         // ENETUNREACH
	ErrHostUnreachable = errors.New("no route to the host")            // EHOSTUNREACH
	ErrNoAddress       = errors.New("no address to send from")         // EADDRNOTAVAIL
	ErrTooLong         = errors.New("packet is longer than the MTU")   // EMSGSIZE
	ErrDown            = errors.New("interface is down")               // ENETDOWN
	ErrDropped         = errors.New("dropped by the host's own rules") // EPERM
	ErrGateway         = errors.New("gateway is not on a link of this host")
)

// maxInitCwnd is the largest initial congestion window of a route, in segments: what
// connections may have (tcp.Settings).
const maxInitCwnd = 100

// Route is how packets get to one destination. A connection keeps one and hands
// it to Output, which looks it up anew if routes or addresses have changed since.
type Route struct {
	Interface *Interface
	NextHop   netip.Addr
	Src, Dst  netip.Addr
	Local     bool // to this host itself
	Broadcast bool // to every station of the link

	generation uint64
	neighbor   *neighbor.Entry // nil: not looked up yet
	id         *uint16         // the next IP identifier
	usual      usualRoute

	mtu            int // the route's own, 0 for none
	lockMTU        bool
	initCwnd       int
	path           pathmtu.Path // what PathMTU said
	pathGeneration uint64       // when it did
}

// MTU returns the longest IP packet that leaves this host whole, in bytes: see also
// [Layer.PathMTU].
func (r *Route) MTU() int {
	if r.mtu != 0 {
		return min(r.mtu, r.Interface.MTU)
	}
	return r.Interface.MTU
}

// InitCwnd returns the initial congestion window of connections on this route, in
// segments; 0 if the route has none of its own.
func (r *Route) InitCwnd() int { return r.initCwnd }

// MaxSegmented returns the longest IP packet with Segmentation set that goes
// through whole, in bytes; 0 if none does.
func (r *Route) MaxSegmented() int { return r.Interface.MaxSegmented }

// Route returns the way to dst. src is the address to send from; with the zero
// Addr the layer chooses one. The error wraps ErrNoRoute, ErrHostUnreachable or
// ErrNoAddress.
func (l *Layer) Route(dst, src netip.Addr) (Route, error) {
	r := Route{Dst: dst.Unmap(), Src: src.Unmap()}
	if err := l.resolve(&r); err != nil {
		return Route{}, annotate.Error("to "+dst.String(), err)
	}
	return r, nil
}

// Generation counts the changes of routes and addresses.
func (l *Layer) Generation() uint64 { return l.routes.Generation() }

// IsCurrent reports whether r is what Route would return for its addresses now.
func (l *Layer) IsCurrent(r *Route) bool {
	return r.Interface != nil && r.generation == l.routes.Generation()
}

// Follows reports whether r is the same way as o, between the same addresses: it may have
// learnt more of it.
func (r *Route) Follows(o *Route) bool {
	return r.Interface == o.Interface && r.generation == o.generation
}

// resolve finds the way to r.Dst, and the source address if there is none yet.
func (l *Layer) resolve(r *Route) error {
	if !r.Dst.Is4() || r.Dst.IsUnspecified() {
		return ErrNoRoute
	}
	if r.Src.IsValid() && !r.Src.Is4() {
		return ErrNoAddress
	}
	e := l.routes.Lookup(r.Dst)
	many := r.Dst == limitedBroadcast || r.Dst.IsMulticast()
	var i *Interface
	switch {
	case many:
		i = l.linkOf(r.Src, e)
		e = &route.Entry{}
	case e == nil || e.Kind == route.Blackhole:
		return ErrNoRoute
	case e.Kind == route.Unreachable:
		return ErrHostUnreachable
	case e.Kind == route.Local:
		i = l.loopback
	default:
		i = l.Interface(e.Interface)
	}
	if i == nil || !i.Up {
		return ErrNoRoute
	}
	r.Interface, r.NextHop = i, r.Dst
	r.Local = e.Kind == route.Local
	r.Broadcast = e.Kind == route.Broadcast || r.Dst == limitedBroadcast
	if e.Gateway.IsValid() {
		r.NextHop = e.Gateway
	}
	if !r.Src.IsValid() {
		r.Src = e.Src
	}
	if !r.Src.IsValid() {
		r.Src = l.source(i, r.NextHop)
	}
	if !r.Src.IsValid() {
		if !many {
			return ErrNoAddress
		}
		r.Src = netip.IPv4Unspecified() // a host that asks for its address
	}
	r.mtu, r.lockMTU, r.initCwnd = e.MTU, e.LockMTU, e.InitCwnd
	r.generation = l.routes.Generation()
	r.neighbor, r.usual.known = nil, false
	r.id = l.ids.of(r.Src, r.Dst)
	return nil
}

// linkOf returns the interface for what is sent to a whole link: the one that has
// the source address, else that of the route, else the first that is up.
func (l *Layer) linkOf(src netip.Addr, e *route.Entry) *Interface {
	for _, i := range l.interfaces {
		if src.IsValid() && slices.ContainsFunc(i.addresses, func(a address) bool { return a.Addr() == src }) {
			return i
		}
	}
	if e != nil && e.Kind == route.Unicast {
		return l.Interface(e.Interface)
	}
	for _, i := range l.interfaces {
		if i.Up && !i.Loopback {
			return i
		}
	}
	return nil
}

// Routes returns the routes to others, in the order of their prefixes. What an
// interface that is down brought is not among them.
func (l *Layer) Routes() []route.Entry {
	var s []route.Entry
	l.routes.All(func(e *route.Entry) bool {
		if e.Kind != route.Local && e.Kind != route.Broadcast {
			s = append(s, *e)
		}
		return true
	})
	return s
}

// AddRoute adds a route of the kinds Unicast, Blackhole and Unreachable. A
// gateway must be on a link of this host; with Interface 0 the layer takes that
// link. The error wraps ErrGateway, ErrDown or an error of package route.
func (l *Layer) AddRoute(e route.Entry) error {
	e.Connected = false
	if err := l.checkRoute(&e); err != nil {
		return annotate.Error("route "+e.Prefix.String(), err)
	}
	if err := l.routes.Add(e); err != nil {
		return annotate.Error("route "+e.Prefix.String(), err)
	}
	return nil
}

func (l *Layer) checkRoute(e *route.Entry) error {
	switch {
	case !e.Prefix.IsValid() || !e.Prefix.Addr().Is4():
		return errors.New("want an IPv4 prefix, such as 10.0.0.0/8")
	case e.MTU != 0 && (e.MTU < minMTU || e.MTU > 65535):
		return errors.New("MTU " + strconv.Itoa(e.MTU) + ": want " + strconv.Itoa(minMTU) + " to 65535 bytes")
	case e.InitCwnd < 0 || e.InitCwnd > maxInitCwnd:
		return errors.New("initial congestion window " + strconv.Itoa(e.InitCwnd) + ": want 1 to " + strconv.Itoa(maxInitCwnd) + " segments")
	case e.Kind == route.Blackhole || e.Kind == route.Unreachable:
		e.Interface, e.Gateway = 0, netip.Addr{}
		return nil
	case e.Kind != route.Unicast:
		return errors.New("kind " + e.Kind.String() + " comes with an address")
	case e.Src.IsValid() && !l.LocalAddr(e.Src):
		return annotate.Error("source "+e.Src.String(), ErrNoAddress)
	}
	if e.Gateway.IsValid() {
		via := l.onLink(e.Gateway, e.Interface)
		if via == 0 {
			return annotate.Error("gateway "+e.Gateway.String(), ErrGateway)
		}
		e.Interface = via
	}
	i := l.Interface(e.Interface)
	switch {
	case i == nil:
		return errors.New("interface " + strconv.Itoa(e.Interface) + ": there is none; want a gateway or an interface")
	case !i.Up:
		return annotate.Error(i.Name, ErrDown)
	}
	return nil
}

// onLink returns the index of the interface on whose link a is; 0 if it is on
// none, or not on that of the interface asked for.
func (l *Layer) onLink(a netip.Addr, iface int) int {
	a = a.Unmap()
	if !a.Is4() {
		return 0
	}
	e := l.routes.Lookup(a)
	if e == nil || e.Kind != route.Unicast || e.Gateway.IsValid() || iface != 0 && iface != e.Interface {
		return 0
	}
	return e.Interface
}

// RemoveRoute removes the first route to e.Prefix of the kind, and, where they
// are not zero, with the gateway, interface and metric of e. It returns an error
// that wraps route.ErrNotFound if there is none.
func (l *Layer) RemoveRoute(e route.Entry) error {
	match := func(o *route.Entry) bool {
		return o.Prefix == e.Prefix && o.Kind == e.Kind &&
			(!e.Gateway.IsValid() || o.Gateway == e.Gateway) &&
			(e.Interface == 0 || o.Interface == e.Interface) &&
			(e.Metric == 0 || o.Metric == e.Metric)
	}
	if e.Kind != route.Local && e.Kind != route.Broadcast {
		if _, err := l.routes.Remove(e.Prefix, match); err == nil {
			return nil
		}
	}
	return annotate.Error("route "+e.Prefix.String(), route.ErrNotFound)
}

// Confirm says that a transport's packets get through: its next hop need not be
// asked whether it is there.
func (l *Layer) Confirm(r *Route, now clock.Time) {
	if r.neighbor != nil {
		l.neighbors.Confirm(now, r.neighbor)
	}
}
