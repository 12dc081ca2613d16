package bridge

import (
	"bytes"
	"slices"
	"time"

	"thinnet/clock"
	"thinnet/wire"
)

// table knows behind which port an address lies.
type table struct {
	size    int
	aging   time.Duration
	entries map[wire.MAC]*entry
	// expiry is a time before which no entry of a full table expires: until
	// then a flood of new addresses does not make it look again.
	expiry clock.Time
}

type entry struct {
	port int32
	seen clock.Time
}

func newTable(size int, aging time.Duration) table {
	return table{size: size, aging: aging, entries: make(map[wire.MAC]*entry)}
}

// learn notes that m sent a frame by port. A new address finds no place in a
// table that is full of addresses not yet aged: those that are in use stay.
func (t *table) learn(m wire.MAC, port int32, now clock.Time) {
	if e := t.entries[m]; e != nil {
		e.port, e.seen = port, now
		return
	}
	if len(t.entries) >= t.size && !t.sweep(now) {
		return
	}
	t.entries[m] = &entry{port, now}
}

// sweep forgets what has aged and reports whether there is a place now.
func (t *table) sweep(now clock.Time) bool {
	if now < t.expiry {
		return false
	}
	t.expiry = clock.Never
	for m, e := range t.entries {
		if t.aged(e, now) {
			delete(t.entries, m)
		} else {
			t.expiry = min(t.expiry, e.seen.Add(t.aging))
		}
	}
	return len(t.entries) < t.size
}

func (t *table) aged(e *entry, now clock.Time) bool { return now.Sub(e.seen) >= t.aging }

// lookup returns the port of m, if it is known.
func (t *table) lookup(m wire.MAC, now clock.Time) (port int32, ok bool) {
	e := t.entries[m]
	if e == nil || t.aged(e, now) {
		return 0, false
	}
	return e.port, true
}

// Entry is one address that a bridge knows.
type Entry struct {
	MAC  wire.MAC
	Port int
	// Age is how long ago the address sent its last frame.
	Age time.Duration
}

// list returns what is known, sorted by address.
func (t *table) list(now clock.Time) []Entry {
	var l []Entry
	for m, e := range t.entries {
		if !t.aged(e, now) {
			l = append(l, Entry{m, int(e.port), now.Sub(e.seen)})
		}
	}
	slices.SortFunc(l, func(a, b Entry) int { return bytes.Compare(a.MAC[:], b.MAC[:]) })
	return l
}
