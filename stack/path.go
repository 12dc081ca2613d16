package stack

import (
	"net/netip"

	"thinnet/network"
	"thinnet/transport/tcp"
)

// path is the way between two addresses, which all connections between them share.
type path struct {
	network.Route
	ends  ends  // as in Route, but never written again: users read them without the lock
	tuple tuple // without the ports
	conns int   // that use it

	tsOffset uint32 // where their timestamps begin
	// chosen is 1 more than the generation of the routes for which ends.local is what is
	// sent from if the user does not say; 0: none.
	chosen uint64
}

// route is the internet layer's Route, which need not be asked if the connection before went
// the same way. What it returns is valid until the next call.
func (s *Stack) route(dst, src netip.Addr) (*network.Route, error) {
	generation := s.net.Generation() + 1
	if p := s.lastPath; p != nil && p.ends.remote == dst && s.net.IsCurrent(&p.Route) &&
		(p.ends.local == src || p.chosen == generation && !src.IsValid()) {
		return &p.Route, nil
	}
	var err error
	s.way, err = s.net.Route(dst, src)
	return &s.way, err
}

// usePath returns the path of a route, for one more connection.
func (s *Stack) usePath(r *network.Route) *path {
	key := ends{r.Src, r.Dst}
	p := s.lastPath
	if p == nil || p.ends != key {
		p = s.paths[key]
	}
	if p == nil {
		p = &path{
			ends: key, tuple: tuple{local: r.Src.As16(), remote: r.Dst.As16()},
			tsOffset: tcp.TSOffset(s.key, r.Src, r.Dst),
		}
		s.paths[key] = p
	}
	if !p.Route.Follows(r) { // or it knows more by now
		p.Route = *r
	}
	p.conns++
	s.lastPath = p
	return p
}

// leavePath says that a connection does not need its path any more. One that nobody needs
// stays until the next is left so: who opens one connection after the other to the same
// host comes back to it.
func (s *Stack) leavePath(p *path) {
	p.conns--
	if p.conns > 0 || p == s.unused {
		return
	}
	if old := s.unused; old != nil && old.conns == 0 {
		delete(s.paths, old.ends)
		if s.lastPath == old {
			s.lastPath = nil
		}
	}
	s.unused = p
}
