package lab

import (
	"fmt"
	"io"
	"math"
	"net/netip"

	"thinnet"
	"thinnet/service/accept"
	"thinnet/service/inetd"
)

// Service is something that a host serves.
type Service interface {
	// endpoint is where.
	endpoint() *Endpoint
	// kind is its key in the topology file.
	kind() string
	// start starts it on its host.
	start(l *Lab, h *thinnet.Host) (server, error)
}

// server is a service that runs.
type server interface {
	io.Closer
	// TurnedAway returns how many connections were closed because there were too many.
	TurnedAway() uint64
}

// running is a server, and what it serves.
type running struct {
	server
	host    string
	service Service
}

// turnedAway says which services have closed connections because there were too many, a
// line each.
func (l *Lab) turnedAway() (said []string) {
	for _, r := range l.services {
		if n := r.TurnedAway(); n > 0 {
			said = append(said, fmt.Sprintf("%s: %s: %d connections were turned away: there were %d already",
				r.host, describeService(r.service), n, accept.MaxConnections))
		}
	}
	return said
}

// Endpoint is where a service listens.
type Endpoint struct {
	Pos
	Address netip.Addr // zero: any
	Port    uint16
}

func (e *Endpoint) endpoint() *Endpoint { return e }

// String returns the endpoint as Listen takes it.
func (e *Endpoint) String() string {
	a := e.Address
	if !a.IsValid() {
		a = netip.IPv4Unspecified()
	}
	return netip.AddrPortFrom(a, e.Port).String()
}

// overlaps reports whether both cannot listen at a time.
func (e *Endpoint) overlaps(o *Endpoint) bool {
	return e.Port == o.Port && (e.Address == o.Address || !e.Address.IsValid() || !o.Address.IsValid())
}

// endpoint returns the setters of what every service has.
func (d decoder) endpoint(e *Endpoint) []setter {
	return []setter{
		{"port", func(v value) {
			port := int(e.Port)
			d.integer("port", &port, 1, math.MaxUint16).set(v)
			e.Port = uint16(port)
		}},
		{"address", func(v value) { e.Address, _ = d.addr(v, "address") }},
	}
}

func (d decoder) services(n *Node, v value) {
	if !d.isKind(v, "services", list) {
		return
	}
	add := func(decode func(v value) Service) func(v value) {
		return func(v value) {
			if v.kind == null {
				v.kind = mapping // a service with nothing but the defaults
			}
			d.addService(n, decode(v))
		}
	}
	setters := []setter{
		{"http", add(d.http)},
		{"mqtt", add(d.mqtt)},
		{"websocket", add(d.websocket)},
		{"tcp-proxy", add(d.proxy)},
	}
	for _, s := range inetd.Services {
		setters = append(setters, setter{s.Name, add(func(v value) Service { return d.inetd(s, v) })})
	}
	for _, item := range v.items {
		if item.kind == scalar { // - echo
			item = value{pos: item.pos, kind: mapping, fields: []field{{pos: item.pos, key: item.text, value: value{pos: item.pos, kind: null}}}}
		}
		d.object(item, "a service", setters...)
	}
}

func (d decoder) addService(n *Node, s Service) {
	e := s.endpoint()
	for _, other := range n.Services {
		if o := other.endpoint(); e.overlaps(o) {
			d.add(e.Pos, "port %d of %s has a service already (in line %d)", e.Port, n.Name, o.Line)
		}
	}
	n.Services = append(n.Services, s)
}

// describeService is what a lab says of a service that it is made of.
func describeService(s Service) string {
	return fmt.Sprintf("%s on port %d", s.kind(), s.endpoint().Port)
}
