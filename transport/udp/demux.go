package udp

import (
	"errors"
	"net/netip"
	"slices"
)

// ErrInUse says that another socket has the address and port.
var ErrInUse = errors.New("address already in use")

// Binding is the two ends of a socket. An unspecified Local address stands for
// all of the host's; the zero Remote takes datagrams from anybody.
type Binding struct {
	Local, Remote netip.AddrPort
	// Shared lets other sockets that say so have the same binding; each is given
	// its part of the datagrams. SO_REUSEPORT.
	Shared bool
}

// matches returns how well a datagram from remote to local fits: 0 not at all,
// otherwise the more the closer (Linux's compute_score).
func (b *Binding) matches(local, remote netip.AddrPort) int {
	score := 1
	if a := b.Local.Addr(); !a.IsUnspecified() {
		if a != local.Addr() {
			return 0
		}
		score += 2
	}
	if b.Remote.IsValid() {
		if b.Remote != remote {
			return 0
		}
		score += 4
	}
	return score
}

// conflicts reports whether two sockets of one port would compete.
func (b *Binding) conflicts(c *Binding) bool {
	if b.Remote != c.Remote || b.Shared && c.Shared {
		return false
	}
	l, m := b.Local.Addr(), c.Local.Addr()
	return l == m || l.IsUnspecified() || m.IsUnspecified()
}

// Demux finds the socket for a datagram. S is the owner's socket.
type Demux[S comparable] struct {
	// Hash of the two ends of a datagram chooses among sockets that share a
	// binding. Without, all goes to the first.
	Hash  func(local, remote netip.AddrPort) uint64
	ports map[uint16][]bound[S]
	last  lookup[S]
}

// lookup is what Lookup found last: datagrams come in trains.
type lookup[S comparable] struct {
	local, remote netip.AddrPort
	socket        S
	found         bool // there was a lookup since the bindings have changed
}

type bound[S comparable] struct {
	Binding
	socket S
}

// Bind gives s the binding, whose port is not 0. The error is ErrInUse.
func (d *Demux[S]) Bind(b Binding, s S) error {
	port := b.Local.Port()
	for i := range d.ports[port] {
		if d.ports[port][i].conflicts(&b) {
			return ErrInUse
		}
	}
	if d.ports == nil {
		d.ports = make(map[uint16][]bound[S])
	}
	d.ports[port] = append(d.ports[port], bound[S]{b, s})
	d.last = lookup[S]{}
	return nil
}

// InUse reports whether Bind would fail.
func (d *Demux[S]) InUse(b Binding) bool {
	for i := range d.ports[b.Local.Port()] {
		if d.ports[b.Local.Port()][i].conflicts(&b) {
			return true
		}
	}
	return false
}

// Unbind takes the binding of s away.
func (d *Demux[S]) Unbind(port uint16, s S) {
	d.last = lookup[S]{}
	list := d.ports[port]
	i := slices.IndexFunc(list, func(b bound[S]) bool { return b.socket == s })
	switch {
	case i < 0:
	case len(list) == 1:
		delete(d.ports, port)
	default:
		d.ports[port] = slices.Delete(list, i, i+1)
	}
}

// Lookup returns the socket that a datagram from remote to local is for.
func (d *Demux[S]) Lookup(local, remote netip.AddrPort) (s S, ok bool) {
	if d.last.found && d.last.remote == remote && d.last.local == local {
		return d.last.socket, true
	}
	s, ok = d.find(local, remote)
	if ok {
		d.last = lookup[S]{local, remote, s, true}
	}
	return s, ok
}

// Last returns what Lookup has found last, and between which ends; zeroes if that is not known
// any more.
func (d *Demux[S]) Last() (local, remote netip.AddrPort, s S) {
	return d.last.local, d.last.remote, d.last.socket
}

// find is Lookup without a memory.
func (d *Demux[S]) find(local, remote netip.AddrPort) (s S, ok bool) {
	best, n := 0, 0
	list := d.ports[local.Port()]
	for i := range list {
		switch m := list[i].matches(local, remote); {
		case m > best:
			best, n, s = m, 1, list[i].socket
		case m == best:
			n++
		}
	}
	if best == 0 || n == 1 || d.Hash == nil {
		return s, best > 0
	}
	nth := int(d.Hash(local, remote) >> 32 * uint64(n) >> 32)
	for i := range list {
		if list[i].matches(local, remote) != best {
			continue
		}
		if nth == 0 {
			return list[i].socket, true
		}
		nth--
	}
	return s, true
}

// All returns every socket: those of one port in the order in which they were bound,
// but the ports in no order.
func (d *Demux[S]) All() []S {
	var all []S
	for _, list := range d.ports {
		for _, b := range list {
			all = append(all, b.socket)
		}
	}
	return all
}
