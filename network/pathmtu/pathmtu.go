// Package pathmtu remembers the paths on which less fits than on the link they
// begin with, as far as routers have told (RFC 1191): by destination, for a time,
// and only so many.
package pathmtu

import (
	"net/netip"
	"slices"
	"time"

	"thinnet/clock"
)

const (
	// Lifetime is how long a path's MTU is believed after it was last told: then
	// the path is tried anew, for it may have changed. RFC 1191, section 6.3,
	// recommends 10 minutes; Linux's mtu_expires.
	Lifetime = 10 * time.Minute
	// Minimum is the least path MTU in bytes that is believed, Linux's min_pmtu: 512
	// bytes with IP's and TCP's headers. Who tells of less makes us send many small
	// packets (RFC 5927, section 7).
	Minimum = 552
	// MaxPaths is how many paths are remembered.
	MaxPaths = 1024
	// minLink is the least MTU of any link in bytes (RFC 791, section 3.2): less than
	// that is nonsense.
	minLink = 68
)

// Path is what is known of a path.
type Path struct {
	MTU int // the longest packet that arrives whole, in bytes
	// Locked: the path takes even less, or its MTU is not to be found out. Packets go
	// without Don't Fragment, so that routers may split them.
	Locked bool
}

type entry struct {
	Path
	expires clock.Time
}

// Table is what is known of all paths. The zero Table is empty.
type Table struct {
	paths      map[netip.Addr]entry
	order      []netip.Addr // by expiry
	generation uint64
}

// Generation returns a number that every change of the table raises, the passing of
// time included. Whoever keeps what Lookup returned asks again when it has changed.
func (t *Table) Generation(now clock.Time) uint64 {
	if len(t.order) > 0 {
		t.expire(now)
	}
	return t.generation
}

// expire drops the paths that have expired.
//
//go:noinline // there are hardly ever any
func (t *Table) expire(now clock.Time) {
	for len(t.order) > 0 && t.paths[t.order[0]].expires <= now {
		t.forget()
	}
}

// forget drops the path that expires first.
func (t *Table) forget() {
	delete(t.paths, t.order[0])
	t.order = slices.Delete(t.order, 0, 1)
	t.generation++
}

// Lookup returns what is known of the path to dst; ok is false if nothing is.
func (t *Table) Lookup(now clock.Time, dst netip.Addr) (p Path, ok bool) {
	t.Generation(now)
	e, ok := t.paths[dst]
	return e.Path, ok
}

// Expires returns when what is known of the path to dst is forgotten, clock.Never if
// nothing is known.
func (t *Table) Expires(dst netip.Addr) clock.Time {
	if e, ok := t.paths[dst]; ok {
		return e.expires
	}
	return clock.Never
}

// Reduce takes word that packets to dst may have mtu bytes at most, where they may
// have had current. It reports false for what is no news: more than before, or less
// than any link takes.
func (t *Table) Reduce(now clock.Time, dst netip.Addr, mtu, current int) bool {
	if mtu < minLink || mtu > current {
		return false
	}
	p := Path{MTU: mtu}
	if mtu < Minimum {
		p = Path{MTU: min(Minimum, current), Locked: true}
	}
	t.Generation(now)
	old, known := t.paths[dst]
	if !known && mtu == current {
		return false
	}
	if known {
		t.order = slices.Delete(t.order, slices.Index(t.order, dst), slices.Index(t.order, dst)+1)
	} else if len(t.order) >= MaxPaths {
		t.forget()
	}
	if t.paths == nil {
		t.paths = make(map[netip.Addr]entry)
	}
	t.paths[dst] = entry{p, now.Add(Lifetime)}
	t.order = append(t.order, dst)
	if old.Path != p {
		t.generation++
	}
	return true
}

// plateaus are the MTUs that links have, in bytes (RFC 1191, table 7-1).
var plateaus = []int{68, 296, 508, 1006, 1492, 2002, 4352, 8166, 17914, 32000, 65535}

// Plateau returns what to try when a packet of n bytes was too long and a router did
// not say how much is not (RFC 1191, section 5): the next MTU below n that links have,
// 68 at least.
func Plateau(n int) int {
	i, _ := slices.BinarySearch(plateaus, n)
	return plateaus[max(i-1, 0)]
}
