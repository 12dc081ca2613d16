package neighbor

import (
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// Entry is one neighbour. A route may keep it, as long as it is not [Entry.Gone].
type Entry struct {
	key       key
	mac       wire.MAC
	state     State
	probes    uint8         // questions asked since the state was entered
	index     int           // in the table's entries
	reachable time.Duration // how long a confirmation counts
	confirmed clock.Time    // the last confirmation
	used      clock.Time    // the last packet
	timer     clock.Time    // when the state ends; Never for those that nothing ends by itself
	queue     queue
}

// Gone reports whether the entry has left its table, and must be looked up anew.
func (e *Entry) Gone() bool { return e.state == gone }

// stateAt returns the state at now. Nothing wakes up to make an entry stale.
func (e *Entry) stateAt(now clock.Time) State {
	if e.state == Reachable && now.Sub(e.confirmed) > e.reachable {
		return Stale
	}
	return e.state
}

// enter is Table.enter, as far as the entry goes.
func (e *Entry) enter(s State) {
	e.state = s
	e.probes = 0
	e.timer = clock.Never
	if s == Failed || s == Incomplete {
		e.mac = wire.MAC{}
	}
}

// queue is the packets that wait for a neighbour. Once it is full it is a ring.
type queue struct {
	packets []packet.Packet
	first   int // the oldest
}

func (q *queue) empty() bool { return len(q.packets) == 0 }

// append takes over p.
func (q *queue) append(p *packet.Packet) {
	q.packets = append(q.packets, *p)
	p.Reset() // what it held has moved
}

// replaceOldest releases the oldest packet and takes over p.
func (q *queue) replaceOldest(p *packet.Packet) {
	old := &q.packets[q.first]
	old.Release()
	*old = *p
	p.Reset() // what it held has moved
	q.first = (q.first + 1) % len(q.packets)
}

// all calls f for the packets, the oldest first. f takes each over.
func (q *queue) all(f func(*packet.Packet) bool) {
	for i := range q.packets {
		if !f(&q.packets[(q.first+i)%len(q.packets)]) {
			return
		}
	}
}

// clear forgets the packets, which have moved.
func (q *queue) clear() { *q = queue{} }
