package stack

import (
	"net/netip"

	"thinnet/transport/tcp"
)

// Reuse says with whom a socket shares its local address and port. What is shared
// must be shared by both: by the socket that has it and by the one that wants it.
type Reuse struct {
	// Addr shares them with connections, in TIME-WAIT or not, but never with a
	// listener: SO_REUSEADDR. A server that is started again needs it.
	Addr bool
	// Port shares them with listeners, or UDP sockets, as well: SO_REUSEPORT. Each
	// is given its part of the connections, or datagrams, by a hash of their two
	// ends.
	Port bool
}

// inUse reports whether a TCP socket that wants local would compete with one that has
// it, as Linux's bind decides it.
func (s *Stack) inUse(local netip.AddrPort, r Reuse) bool {
	for _, l := range s.listen[local.Port()] {
		if overlap(l.local.Addr(), local.Addr()) && !(r.Port && l.reuse.Port) {
			return true
		}
	}
	return s.conns.any(func(c *TCPConn) bool {
		at := c.Local()
		return at.Port() == local.Port() && overlap(at.Addr(), local.Addr()) &&
			!(r.Addr && c.reuse.Addr) && !(r.Port && c.reuse.Port)
	})
}

// overlap reports whether two sockets' addresses are the same, or one is any.
func overlap(a, b netip.Addr) bool { return a == b || a.IsUnspecified() || b.IsUnspecified() }

// listenerFor returns the listener that a segment from remote to local is for: one on
// that address before one on all. Of several that share it, a hash chooses, so that
// all segments of a connection find the same one.
func (s *Stack) listenerFor(local, remote netip.AddrPort) *TCPListener {
	var found *TCPListener
	n := 0
	list := s.listen[local.Port()]
	for _, l := range list {
		switch a := l.local.Addr(); {
		case found != nil && a == found.local.Addr():
			n++
		case a == local.Addr(), found == nil && a.IsUnspecified():
			found, n = l, 1
		}
	}
	if n <= 1 {
		return found
	}
	nth := share(tcp.TupleHash(s.key, local, remote), n)
	for _, l := range list {
		if l.local == found.local {
			if nth == 0 {
				return l
			}
			nth--
		}
	}
	return found
}

// share maps a hash to one of n, evenly.
func share(hash uint64, n int) int { return int(hash >> 32 * uint64(n) >> 32) }
