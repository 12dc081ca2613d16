package stack

import "thinnet/network"

// path is the way between two addresses, which all connections between them share.
type path struct {
	network.Route
	ends  ends  // as in Route, but never written again: users read them without the lock
	tuple tuple // without the ports
	conns int   // that use it
}

// usePath returns the path of a route, for one more connection.
func (s *Stack) usePath(r *network.Route) *path {
	key := ends{r.Src, r.Dst}
	p := s.lastPath
	if p == nil || p.ends != key {
		p = s.paths[key]
	}
	if p == nil {
		p = &path{ends: key, tuple: tuple{local: r.Src.As16(), remote: r.Dst.As16()}}
		s.paths[key] = p
	}
	p.Route = *r
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
