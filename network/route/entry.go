// Package route is a routing table: the longest prefix that covers an address,
// and among those of one prefix the lowest metric.
package route

import (
	"cmp"
	"errors"
	"net/netip"
	"strconv"
)

// Kind says what becomes of a packet that a route applies to.
type Kind uint8

// Kinds of route.
const (
	Unicast     Kind = iota // sent on, to the gateway or to the destination itself
	Local                   // an address of this host
	Broadcast               // sent to every station of the link
	Blackhole               // dropped
	Unreachable             // dropped, with an ICMP host unreachable
	numKinds
)

var kindNames = [numKinds]string{"unicast", "local", "broadcast", "blackhole", "unreachable"}

// String returns Linux's name of the kind.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Entry is one route.
type Entry struct {
	Prefix    netip.Prefix // masked
	Kind      Kind
	Gateway   netip.Addr // the next hop; the zero Addr: the destination is on the link
	Interface int        // index of the interface, from 1; 0 for Blackhole and Unreachable
	Src       netip.Addr // preferred source address; the zero Addr: none
	Metric    uint32     // the lowest wins
	// MTU is the longest packet that is sent whole on this route, in bytes, if it is
	// less than what the interface takes; 0: that. LockMTU: it is not to be found out
	// whether the path takes less, and packets may be split on their way.
	MTU     int
	LockMTU bool
	// InitCwnd is the initial congestion window of connections on this route, in
	// segments; 0: the host's.
	InitCwnd int
	// Connected: made by the layer for an address, not by the user.
	Connected bool
}

// compare orders the routes of one prefix: what is the host's own comes first,
// whatever routes there are besides.
func (e *Entry) compare(o *Entry) int {
	own := func(k Kind) int {
		if k == Local || k == Broadcast {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(own(e.Kind), own(o.Kind)),
		cmp.Compare(e.Metric, o.Metric),
		cmp.Compare(e.Interface, o.Interface),
		cmp.Compare(e.Kind, o.Kind),
	)
}

// Errors of a table. They are compared with errors.Is.
var (
	ErrExists   = errors.New("route exists")
	ErrNotFound = errors.New("no such route")
	ErrPrefix   = errors.New("prefix has bits set behind its length")
	ErrFull     = errors.New("routing table is full")
)
