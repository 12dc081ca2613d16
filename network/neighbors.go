package network

import (
	"errors"
	"net/netip"

	"thinnet/annotate"
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
	var err error
	switch {
	case !i.resolves():
		err = errors.New("the interface has no link addresses")
	case !i.Up:
		err = ErrDown
	case !a.Is4() || reserved(a) || a.IsMulticast() || a.IsLoopback():
		err = errors.New("want the IPv4 address of a station")
	case mac.IsZero() || mac.IsGroup():
		err = errors.New("MAC address " + mac.String() + ": want a unicast address")
	default:
		err = l.neighbors.Set(now, i.Index, a, mac)
	}
	if err != nil {
		return annotate.Error(neighborOn(a, i), err)
	}
	return nil
}

func neighborOn(a netip.Addr, i *Interface) string {
	return "neighbour " + a.String() + " on " + i.Name
}

// RemoveNeighbor forgets a neighbour. What waits for it is dropped, and its
// senders are told that the host is unreachable.
func (l *Layer) RemoveNeighbor(now clock.Time, i *Interface, a netip.Addr) error {
	if !l.neighbors.Remove(i.Index, a.Unmap(), &l.failed) {
		return errors.New(neighborOn(a, i) + ": there is none")
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
