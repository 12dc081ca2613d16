package network

import (
	"fmt"
	"net/netip"

	"thinnet/clock"
	"thinnet/network/neighbor"
	"thinnet/packet"
	"thinnet/wire"
)

// Neighbors returns the neighbours, sorted by interface and address.
func (l *Layer) Neighbors(now clock.Time) []neighbor.Neighbor { return l.neighbors.Snapshot(now) }

// AddNeighbor sets the link address of a neighbour for good.
func (l *Layer) AddNeighbor(now clock.Time, i *Interface, a netip.Addr, mac wire.MAC) error {
	a = a.Unmap()
	switch {
	case !i.resolves():
		return fmt.Errorf("neighbour %v on %s: the interface has no link addresses", a, i.Name)
	case !i.Up:
		return fmt.Errorf("neighbour %v on %s: %w", a, i.Name, ErrDown)
	case !a.Is4() || reserved(a) || a.IsMulticast() || a.IsLoopback():
		return fmt.Errorf("neighbour %v on %s: want the IPv4 address of a station", a, i.Name)
	case mac.IsZero() || mac.IsGroup():
		return fmt.Errorf("neighbour %v on %s: MAC address %v: want a unicast address", a, i.Name, mac)
	}
	if err := l.neighbors.Set(now, i.Index, a, mac); err != nil {
		return fmt.Errorf("neighbour %v on %s: %w", a, i.Name, err)
	}
	return nil
}

// RemoveNeighbor forgets a neighbour. What waits for it is dropped, and its
// senders are told that the host is unreachable.
func (l *Layer) RemoveNeighbor(now clock.Time, i *Interface, a netip.Addr) error {
	if !l.neighbors.Remove(i.Index, a.Unmap(), &l.failed) {
		return fmt.Errorf("neighbour %v on %s: there is none", a, i.Name)
	}
	l.reportFailed(now, DropLinkUnreachable)
	return nil
}

// reportFailed tells the senders of the packets in l.failed, whose neighbour did
// not answer, and drops them.
func (l *Layer) reportFailed(now clock.Time, r DropReason) {
	if l.failed.Len() == 0 {
		return
	}
	// A sender that is told may send again, and that may fail at once.
	var failed packet.Batch
	failed.MoveAll(&l.failed)
	for k := range failed.Len() {
		p := failed.At(k)
		l.sendError(now, p, wire.ICMPv4Unreachable, wire.ICMPv4HostUnreachable, 0, false)
		l.drop(l.Interface(int(p.Interface)), p, r)
	}
	failed.Clear()
}
