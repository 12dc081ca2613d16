package udp

import (
	"net/netip"

	"thinnet/packet"
)

// DefaultBuffer is the size of a receive queue in bytes, as Linux's
// net.core.rmem_default.
const DefaultBuffer = 212992

// overhead is what a datagram counts in a queue besides its payload, in bytes:
// what its place in the queue takes.
const overhead = 384

// Datagram is a datagram that arrived. Packet holds the payload alone.
type Datagram struct {
	From, To netip.AddrPort
	Packet   packet.Packet
}

// Queue holds the datagrams of one socket that wait to be read.
type Queue struct {
	ring  []Datagram
	first int
	len   int
	bytes int // payload and overhead
	limit int
}

// NewQueue returns a queue that takes limit bytes, overhead included.
func NewQueue(limit int) Queue { return Queue{limit: limit} }

// SetLimit sets the bound in bytes. What is queued stays.
func (q *Queue) SetLimit(limit int) { q.limit = limit }

// Len returns the number of datagrams, and Bytes their payload and overhead.
func (q *Queue) Len() int { return q.len }

// Bytes returns what counts against the bound.
func (q *Queue) Bytes() int { return q.bytes }

// Push moves p to the end of the queue, and reports false if it has no room; p
// is then the caller's still.
func (q *Queue) Push(from, to netip.AddrPort, p *packet.Packet) bool {
	n := p.Len() + overhead
	// One datagram always fits, whatever the bound.
	if q.bytes+n > q.limit && q.len > 0 {
		return false
	}
	if q.len == len(q.ring) {
		q.grow()
	}
	d := &q.ring[(q.first+q.len)%len(q.ring)]
	d.From, d.To = from, to
	d.Packet = *p
	p.Reset() // its references have moved
	q.len++
	q.bytes += n
	return true
}

func (q *Queue) grow() {
	ring := make([]Datagram, max(4, 2*len(q.ring)))
	for i := range q.len {
		ring[i] = q.ring[(q.first+i)%len(q.ring)]
	}
	q.ring, q.first = ring, 0
}

// Front returns the oldest datagram, which must exist. It is valid until Pop.
func (q *Queue) Front() *Datagram { return &q.ring[q.first] }

// Pop moves the oldest datagram to d. The references go with it.
func (q *Queue) Pop(d *Datagram) {
	f := q.Front()
	*d = *f
	q.bytes -= f.Packet.Len() + overhead
	f.Packet.Reset()
	q.first = (q.first + 1) % len(q.ring)
	q.len--
}

// Drop ends the oldest datagram, which must exist.
func (q *Queue) Drop() {
	p := &q.Front().Packet
	q.bytes -= p.Len() + overhead
	p.Release()
	q.first = (q.first + 1) % len(q.ring)
	q.len--
}

// Release drops everything.
func (q *Queue) Release() {
	for q.len > 0 {
		q.ring[q.first].Packet.Release()
		q.first = (q.first + 1) % len(q.ring)
		q.len--
	}
	*q = Queue{limit: q.limit}
}
