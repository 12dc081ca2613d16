package lab

import (
	"net/netip"

	"thinnet/wire"
)

// checkAddresses finds what each part of a topology allows and the whole does
// not. What is broken in itself is left out: one mistake is one problem.
func checkAddresses(t *Topology, r *report) {
	checkUnique(t, r)
	for _, n := range t.Nodes {
		if n.broken {
			continue
		}
		seen := make(map[netip.Prefix]int)
		for _, route := range n.Routes {
			checkRoute(n, route, r)
			if line, twice := seen[route.To]; twice {
				r.add(route.Pos, "duplicate route to %s (the first is in line %d)", route.To, line)
			}
			seen[route.To] = route.Line
		}
		for _, s := range n.Services {
			if e := s.endpoint(); e.Address.IsValid() && !hasAddress(n, e.Address) {
				r.add(e.Pos, "%s: %s has no address %s", s.kind(), n.Name, e.Address)
			}
		}
	}
	checkSegments(t, r)
}

func checkUnique(t *Topology, r *report) {
	type owner struct {
		node, iface string
		line        int
	}
	addresses := make(map[netip.Addr]owner)
	macs := make(map[wire.MAC]owner)
	for _, n := range t.Nodes {
		for _, i := range n.Interfaces {
			for _, a := range i.Addresses {
				me := owner{n.Name, i.Name, a.Line}
				if o, taken := addresses[a.Addr()]; taken {
					r.add(a.Pos, "duplicate address %s: %s:%s has it already (in line %d)", a.Addr(), o.node, o.iface, o.line)
					continue
				}
				addresses[a.Addr()] = me
			}
			if i.MAC.IsZero() {
				continue
			}
			if o, taken := macs[i.MAC]; taken {
				r.add(i.Pos, "duplicate mac %s: %s:%s has it already (in line %d)", i.MAC, o.node, o.iface, o.line)
				continue
			}
			macs[i.MAC] = owner{n.Name, i.Name, i.Line}
		}
	}
}

func hasAddress(n *Node, a netip.Addr) bool {
	for _, i := range n.Interfaces {
		for _, own := range i.Addresses {
			if own.Addr() == a {
				return true
			}
		}
	}
	return false
}

// checkRoute: a gateway must be a neighbour.
func checkRoute(n *Node, route Route, r *report) {
	if route.Interface != "" && n.Interface(route.Interface) == nil {
		var names []string
		for _, i := range n.Interfaces {
			names = append(names, i.Name)
		}
		r.unknown(route.Pos, "route: "+n.Name+" has no interface \""+route.Interface+"\"", route.Interface, names)
		return
	}
	if !route.Via.IsValid() {
		return
	}
	for _, i := range n.Interfaces {
		if route.Interface != "" && route.Interface != i.Name {
			continue
		}
		for _, a := range i.Addresses {
			if a.Addr() == route.Via {
				r.add(route.Pos, "route: gateway %s is %s itself", route.Via, n.Name)
				return
			}
			if a.Contains(route.Via) {
				return
			}
		}
	}
	r.add(route.Pos, "route: gateway %s is outside the prefix of every interface of %s", route.Via, n.Name)
}

// checkSegments finds interfaces whose address is outside the prefix of all
// that they are cabled to.
func checkSegments(t *Topology, r *report) {
	for _, l := range t.Links {
		if l.broken {
			return // it may be what is missing
		}
	}
	for _, segment := range segments(t) {
		if segment.open {
			continue // who knows what is behind a TAP interface
		}
		for _, e := range segment.ends {
			if i := e.iface(); len(i.Addresses) > 0 && !reachesAny(i, segment.ends) {
				r.add(i.Addresses[0].Pos, "address %s is outside the prefix of everything that %s is linked to", i.Addresses[0], e)
			}
		}
	}
}

// reachesAny reports whether i shares a network with another of the segment, or
// has no other there.
func reachesAny(i *Interface, segment []End) bool {
	alone := true
	for _, e := range segment {
		other := e.iface()
		if other == i || len(other.Addresses) == 0 {
			continue
		}
		alone = false
		for _, a := range i.Addresses {
			for _, b := range other.Addresses {
				if a.Overlaps(b.Prefix) {
					return true
				}
			}
		}
	}
	return alone
}

// segment is what one broadcast reaches.
type segment struct {
	ends []End // interfaces of hosts
	open bool  // it goes on outside of the lab, or of what is known of it
}

func (e End) iface() *Interface { return e.Node.Interface(e.Port) }

// segments joins what cables and switches join.
func segments(t *Topology) []*segment {
	// Union-find over the ends; all ports of a switch are one.
	parent := make(map[string]string)
	var find func(string) string
	find = func(k string) string {
		p, ok := parent[k]
		if !ok || p == k {
			return k
		}
		parent[k] = find(p)
		return parent[k]
	}
	key := func(e End) string {
		if e.Node != nil && e.Node.Switch != nil {
			return e.Node.Name
		}
		return e.String()
	}
	for _, l := range t.Links {
		if a, b := find(key(l.Ends[0])), find(key(l.Ends[1])); a != b {
			parent[a] = b
		}
	}
	var list []*segment
	byRoot := make(map[string]*segment)
	for _, l := range t.Links {
		for _, e := range l.Ends {
			root := find(key(e))
			s := byRoot[root]
			if s == nil {
				s = &segment{}
				byRoot[root] = s
				list = append(list, s)
			}
			switch {
			case e.Node == nil || e.Node.broken:
				s.open = true
			case e.Node.Switch == nil:
				s.ends = append(s.ends, e)
			}
		}
	}
	return list
}
