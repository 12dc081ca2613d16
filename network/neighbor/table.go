package neighbor

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// Timers, as Linux sets them by default (RFC 4861, section 10).
const (
	probes        = 3                // questions before a neighbour has failed
	retransmit    = time.Second      // between two questions
	baseReachable = 30 * time.Second // mean time that a confirmation counts
	delayProbe    = 5 * time.Second  // in which a transport may confirm a stale entry
)

// ErrFull says that a table has no room for another permanent entry.
var ErrFull = errors.New("neighbour table is full")

// Link is what a table asks of the layer above.
type Link interface {
	// Solicit asks for the link address of target. mac is where to ask; the
	// zero MAC: everybody on the link.
	Solicit(now clock.Time, iface int, target netip.Addr, mac wire.MAC)
	// Transmit takes over a packet that has waited, and sends it to mac.
	Transmit(iface int, mac wire.MAC, p *packet.Packet)
}

// Config is how large a table may grow. Zero fields take the default.
type Config struct {
	Random     *rand.Rand // required; picks how long a confirmation counts
	MaxEntries int        // entries; 1024, Linux's gc_thresh3
	MaxQueue   int        // packets that wait for one neighbour; 101, as with Linux
	MaxWaiting int        // packets that wait in all; 4096
}

// Stats counts what happened to a table.
type Stats struct {
	Created, Removed uint64
	Failures         uint64 // neighbours that did not answer
	TableFull        uint64 // entries that were not made because no old one could go
}

// Table is the neighbours of one host.
type Table struct {
	config   Config
	link     Link
	index    map[key]*Entry
	entries  []*Entry // the same, in an order that does not depend on the map
	unknown  int      // entries without a link address
	waiting  int      // packets that wait in all
	deadline clock.Time
	stats    Stats
}

type key struct {
	iface int
	addr  netip.Addr
}

// New returns an empty table.
func New(c Config, l Link) *Table {
	c.MaxEntries = cmp.Or(c.MaxEntries, 1024)
	c.MaxQueue = cmp.Or(c.MaxQueue, 101)
	c.MaxWaiting = cmp.Or(c.MaxWaiting, 4096)
	return &Table{config: c, link: l, index: map[key]*Entry{}, deadline: clock.Never}
}

// Stats returns the counters so far.
func (t *Table) Stats() Stats { return t.stats }

// Deadline returns when Tick has something to do.
func (t *Table) Deadline() clock.Time { return t.deadline }

// Entry returns the entry of a neighbour, and makes one in state None if there
// is none. It returns nil if the table is full of entries that cannot go. No more than
// half of the table is for neighbours that nothing is known of: whoever makes the host
// look for many that are not there does not make it forget those that are (RFC 6583,
// section 6.2).
func (t *Table) Entry(now clock.Time, iface int, addr netip.Addr) *Entry {
	if e := t.index[key{iface, addr}]; e != nil {
		return e
	}
	if t.unknown >= (t.config.MaxEntries+1)/2 && !t.evict(State.unknown) {
		t.stats.TableFull++
		return nil
	}
	return t.create(now, iface, addr)
}

// create makes an entry, or returns nil if there is no room.
func (t *Table) create(now clock.Time, iface int, addr netip.Addr) *Entry {
	k := key{iface, addr}
	if len(t.entries) >= t.config.MaxEntries && !t.evict(State.unknown) && !t.evict(State.usable) {
		t.stats.TableFull++
		return nil
	}
	e := &Entry{
		key: k, used: now, timer: clock.Never, index: len(t.entries),
		reachable: baseReachable/2 + time.Duration(t.config.Random.Int64N(int64(baseReachable))),
	}
	t.index[k] = e
	t.entries = append(t.entries, e)
	t.unknown++
	t.stats.Created++
	return e
}

// enter changes the state of an entry; its timer is for the caller to set.
func (t *Table) enter(e *Entry, s State) {
	if e.state.unknown() {
		t.unknown--
	}
	if s.unknown() {
		t.unknown++
	}
	e.enter(s)
}

// evict removes the entry that was not in use for the longest time, of those in
// such states that nothing is under way for.
func (t *Table) evict(which func(State) bool) bool {
	var victim *Entry
	for _, e := range t.entries {
		if e.state != Permanent && which(e.state) && len(e.queue.packets) == 0 && e.timer == clock.Never &&
			(victim == nil || e.used < victim.used) {
			victim = e
		}
	}
	if victim == nil {
		return false
	}
	t.remove(victim)
	return true
}

func (t *Table) remove(e *Entry) {
	last := t.entries[len(t.entries)-1]
	t.entries[e.index], last.index = last, e.index
	t.entries[len(t.entries)-1] = nil
	t.entries = t.entries[:len(t.entries)-1]
	delete(t.index, e.key)
	t.enter(e, gone)
	t.stats.Removed++
}

// fail hands what waits for e to failed.
func (t *Table) fail(e *Entry, failed *packet.Batch) {
	for p := range e.queue.all {
		p.Interface = int32(e.key.iface)
		failed.Move(p)
		t.waiting--
	}
	e.queue.clear()
}

// Set makes a permanent entry. What waits for it is sent.
func (t *Table) Set(now clock.Time, iface int, addr netip.Addr, mac wire.MAC) error {
	e := t.index[key{iface, addr}]
	if e == nil {
		e = t.create(now, iface, addr)
	}
	if e == nil {
		return ErrFull
	}
	e.mac = mac
	t.enter(e, Permanent)
	t.flush(e)
	return nil
}

// Remove removes an entry and reports whether there was one. What waits for it
// goes to failed.
func (t *Table) Remove(iface int, addr netip.Addr, failed *packet.Batch) bool {
	e := t.index[key{iface, addr}]
	if e == nil {
		return false
	}
	t.fail(e, failed)
	t.remove(e)
	return true
}

// RemoveInterface removes the entries of an interface, the permanent ones too.
// What waits for them goes to failed.
func (t *Table) RemoveInterface(iface int, failed *packet.Batch) {
	for i := len(t.entries) - 1; i >= 0; i-- {
		if e := t.entries[i]; e.key.iface == iface {
			t.fail(e, failed)
			t.remove(e)
		}
	}
}

// Wait takes over p, which waits until the address of e is known or the neighbour
// has failed, and asks if nobody has. It returns how many packets had to be
// dropped: the oldest, or p itself.
func (t *Table) Wait(now clock.Time, e *Entry, p *packet.Packet) (dropped int) {
	q := &e.queue
	switch {
	case len(q.packets) >= t.config.MaxQueue || len(q.packets) > 0 && t.waiting >= t.config.MaxWaiting:
		q.replaceOldest(p)
		dropped = 1
	case t.waiting >= t.config.MaxWaiting:
		p.Release()
		dropped = 1
	default:
		q.append(p)
		t.waiting++
	}
	if e.state == None || e.state == Failed {
		t.enter(e, Incomplete)
		t.ask(now, e)
	}
	return dropped
}

// ask sends the next question.
func (t *Table) ask(now clock.Time, e *Entry) {
	e.probes++
	t.arm(e, now.Add(retransmit))
	var mac wire.MAC
	if e.state == Probe {
		mac = e.mac
	}
	t.link.Solicit(now, e.key.iface, e.key.addr, mac)
}

func (t *Table) arm(e *Entry, at clock.Time) {
	e.timer = at
	t.deadline = min(t.deadline, at)
}

// flush sends what has waited for e.
func (t *Table) flush(e *Entry) {
	for p := range e.queue.all {
		t.waiting--
		t.link.Transmit(e.key.iface, e.mac, p)
	}
	e.queue.clear()
}

// Resolve returns the link address to send to at once. It reports false if the
// packet must Wait, or if e has left the table: see [Entry.Gone].
func (t *Table) Resolve(now clock.Time, e *Entry) (wire.MAC, bool) {
	e.used = now
	if e.state != Reachable || now.Sub(e.confirmed) > e.reachable {
		return e.mac, t.mayUse(now, e)
	}
	return e.mac, true
}

// mayUse is Resolve for who was not confirmed lately.
func (t *Table) mayUse(now clock.Time, e *Entry) bool {
	switch e.stateAt(now) {
	case Delay, Probe, Permanent:
		return true
	case Stale:
		t.enter(e, Delay)
		t.arm(e, now.Add(delayProbe))
		return true
	}
	return false
}

// Learn says that a packet has told the link address of a neighbour. answered:
// it answered our question; otherwise nothing shows that the neighbour hears us.
// create: make an entry if there is none (RFC 826: only if we were asked).
func (t *Table) Learn(now clock.Time, iface int, addr netip.Addr, mac wire.MAC, answered, create bool) {
	e := t.index[key{iface, addr}]
	if e == nil && create {
		e = t.create(now, iface, addr)
	}
	if e == nil || e.state == Permanent {
		return
	}
	switch {
	case answered:
		t.enter(e, Reachable)
		e.confirmed = now
	case e.state.usable() && e.mac == mac:
		return // it says what we know
	case e.queue.empty():
		t.enter(e, Stale)
	default:
		t.enter(e, Delay)
		t.arm(e, now.Add(delayProbe))
	}
	e.mac = mac
	t.flush(e)
}

// Confirm says that a transport's packets have arrived through e: the neighbour
// is there (RFC 4861, section 7.3.1).
func (t *Table) Confirm(now clock.Time, e *Entry) {
	switch e.state {
	case Reachable:
		e.confirmed = now
	case Stale, Delay, Probe:
		t.enter(e, Reachable)
		e.confirmed = now
	}
}

// Tick does what is due. Packets that waited for a neighbour which has failed go
// to failed, with their Interface set.
func (t *Table) Tick(now clock.Time, failed *packet.Batch) {
	if now < t.deadline {
		return
	}
	t.deadline = clock.Never
	for _, e := range t.entries {
		if e.timer <= now {
			t.expire(now, e, failed)
		}
		t.deadline = min(t.deadline, e.timer)
	}
}

func (t *Table) expire(now clock.Time, e *Entry, failed *packet.Batch) {
	switch {
	case e.state == Delay:
		t.enter(e, Probe)
		t.ask(now, e)
	case e.probes < probes:
		t.ask(now, e)
	default:
		t.enter(e, Failed)
		t.stats.Failures++
		t.fail(e, failed)
	}
}

// Neighbor is a line of ip neigh.
type Neighbor struct {
	Interface int
	Addr      netip.Addr
	MAC       wire.MAC // zero if it is not known
	State     State
}

// Snapshot returns the neighbours, sorted by interface and address.
func (t *Table) Snapshot(now clock.Time) []Neighbor {
	s := make([]Neighbor, 0, len(t.entries))
	for _, e := range t.entries {
		s = append(s, Neighbor{e.key.iface, e.key.addr, e.mac, e.stateAt(now)})
	}
	slices.SortFunc(s, func(a, b Neighbor) int {
		return cmp.Or(cmp.Compare(a.Interface, b.Interface), a.Addr.Compare(b.Addr))
	})
	return s
}
