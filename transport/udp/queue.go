package udp

import (
	"net/netip"

	"thinnet/packet"
	"thinnet/wire"
)

// DefaultBuffer is the size of a receive queue in bytes, as Linux's
// net.core.rmem_default.
const DefaultBuffer = 212992

// overhead is what a datagram counts in a queue besides its payload, in bytes:
// what its place in the queue takes, and more.
const overhead = 384

// maxShort is how many bytes of payload a packet's head has room for.
const maxShort = packet.HeadSize - wire.IPv4MinLen - wire.UDPLen

// maxPieces is how many pieces of slabs a packet has behind its head.
const maxPieces = 2

// Datagram is a datagram that arrived: who sent it, and its payload. It is not the
// packet, of which hardly anything is of interest any more: who reads may do so on
// another processor, and each line of the cache that goes there takes time.
type Datagram struct {
	from   netip.AddrPort
	length uint16 // of the payload, bytes
	short  uint8  // how many of them lie in head
	npiece uint8
	head   [maxShort]byte
	pieces [maxPieces]packet.Frag
}

// Len returns the length of the payload in bytes.
func (d *Datagram) Len() int { return int(d.length) }

// From returns where the datagram came from.
func (d *Datagram) From() netip.AddrPort { return d.from }

// CopyTo copies the payload to b, as much as there is room for, and returns the number of
// bytes.
func (d *Datagram) CopyTo(b []byte) int {
	n := copy(b, d.head[:d.short])
	for i := range d.npiece {
		n += copy(b[n:], d.pieces[i].Bytes())
	}
	return n
}

// Release gives back what the payload lies in.
func (d *Datagram) Release() {
	for i := range d.npiece {
		d.pieces[i].Slab.Release()
		d.pieces[i] = packet.Frag{}
	}
	d.npiece, d.short, d.length = 0, 0, 0
}

// Queue holds the datagrams of one socket that wait to be read. The zero Queue takes one:
// see SetLimit.
type Queue struct {
	ring  []Datagram
	first int
	len   int
	bytes int // payload and overhead
	limit int
}

// SetLimit sets how many bytes the queue takes, overhead included. What is queued stays.
func (q *Queue) SetLimit(limit int) { q.limit = limit }

// Len returns the number of datagrams, and Bytes their payload and overhead.
func (q *Queue) Len() int { return q.len }

// Bytes returns what counts against the bound.
func (q *Queue) Bytes() int { return q.bytes }

// Push adds the payload that p is, which is empty afterwards, to the end of the queue.
// It reports false if it has no room; p is then as it was.
func (q *Queue) Push(from netip.AddrPort, p *packet.Packet) bool {
	length := p.Len()
	// One datagram always fits, whatever the bound.
	if q.bytes+length+overhead > q.limit && q.len > 0 {
		return false
	}
	if q.len == len(q.ring) {
		q.grow()
	}
	i := q.first + q.len
	if i >= len(q.ring) {
		i -= len(q.ring)
	}
	d := &q.ring[i]
	d.from, d.length = from, uint16(length)
	d.short = uint8(copy(d.head[:], p.Head()))
	for i, f := range p.Frags() {
		f.Slab.Retain()
		d.pieces[i] = f
	}
	d.npiece = uint8(len(p.Frags()))
	p.Release()
	q.len++
	q.bytes += length + overhead
	return true
}

func (q *Queue) grow() {
	ring := make([]Datagram, max(4, 2*len(q.ring)))
	for i := range q.len {
		ring[i] = q.ring[(q.first+i)%len(q.ring)]
	}
	q.ring, q.first = ring, 0
}

// Front returns the oldest datagram, which must exist. It is valid until the queue
// changes.
func (q *Queue) Front() *Datagram { return &q.ring[q.first] }

// Drop ends the oldest datagram, which must exist.
func (q *Queue) Drop() {
	d := q.Front()
	q.bytes -= d.Len() + overhead
	if d.npiece > 0 {
		d.Release()
	}
	q.len--
	if q.first++; q.first == len(q.ring) || q.len == 0 {
		q.first = 0 // an empty queue begins with the place that is in the cache
	}
}

// MoveAll moves all that from holds to q, which must be empty, whatever its bound.
func (q *Queue) MoveAll(from *Queue) {
	q.ring, from.ring = from.ring, q.ring
	q.first, q.len, q.bytes = from.first, from.len, from.bytes
	from.first, from.len, from.bytes = 0, 0, 0
}

// Release drops everything.
func (q *Queue) Release() {
	for q.len > 0 {
		q.Drop()
	}
	*q = Queue{limit: q.limit}
}
