package stack

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"slices"
)

// tuple is the two ends of a connection, as a key.
type tuple struct {
	local, remote         [16]byte
	localPort, remotePort uint16
}

func makeTuple(local, remote netip.AddrPort) tuple {
	return tuple{local.Addr().As16(), remote.Addr().As16(), local.Port(), remote.Port()}
}

// connTable finds connections by their ends. It costs a connection its place in a
// bucket and a link, where a map would keep the whole tuple once more.
type connTable struct {
	key     [4]uint64  // secret, or a peer could make all his connections share a bucket
	buckets []*TCPConn // chained by next; their number is a power of two
	len     int
	last    *TCPConn // what find found: segments come in trains
}

func newConnTable() connTable {
	return connTable{
		// The order of a bucket is seen by nobody, so these need no seed.
		key:     [4]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64()},
		buckets: make([]*TCPConn, 8),
	}
}

// hash multiplies the words of k with each other, each mixed with a part of the key.
func (t *connTable) hash(k *tuple) uint32 {
	ports := uint64(k.localPort)<<16 | uint64(k.remotePort)
	h := mix(word(k.local[8:])^t.key[0], word(k.remote[8:])^t.key[1])
	h = mix(h^word(k.local[:8])^t.key[2], word(k.remote[:8])^ports^t.key[3])
	return uint32(h>>32) ^ uint32(h)
}

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func (t *connTable) bucket(hash uint32) **TCPConn {
	return &t.buckets[hash&uint32(len(t.buckets)-1)]
}

// find returns the connection between two ends, nil if there is none.
func (t *connTable) find(local, remote netip.AddrPort) *TCPConn {
	if c := t.last; c != nil && c.joins(local, remote) {
		return c
	}
	k := makeTuple(local, remote)
	h := t.hash(&k)
	for c := *t.bucket(h); c != nil; c = c.next {
		if c.hash == h && c.between(&k) {
			t.last = c
			return c
		}
	}
	return nil
}

// add puts a connection in, between whose ends there is none yet.
func (t *connTable) add(c *TCPConn) {
	if t.len == len(t.buckets) {
		t.grow()
	}
	k := c.tuple()
	c.hash = t.hash(&k)
	b := t.bucket(c.hash)
	c.next, *b = *b, c
	t.len++
	t.last = c // its peer answers
}

func (t *connTable) grow() {
	old := t.buckets
	t.buckets = make([]*TCPConn, 2*len(old))
	for _, c := range old {
		for c != nil {
			next := c.next
			b := t.bucket(c.hash)
			c.next, *b = *b, c
			c = next
		}
	}
}

// remove takes a connection out, if it is there.
func (t *connTable) remove(c *TCPConn) {
	if t.last == c {
		t.last = nil
	}
	for b := t.bucket(c.hash); *b != nil; b = &(*b).next {
		if *b == c {
			*b, c.next = c.next, nil
			t.len--
			return
		}
	}
}

// any reports whether f is true of one of the connections.
func (t *connTable) any(f func(*TCPConn) bool) bool {
	for _, c := range t.buckets {
		for ; c != nil; c = c.next {
			if f(c) {
				return true
			}
		}
	}
	return false
}

// sorted returns the connections in the order in which they were made.
func (t *connTable) sorted() []*TCPConn {
	all := make([]*TCPConn, 0, t.len)
	for _, c := range t.buckets {
		for ; c != nil; c = c.next {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b *TCPConn) int { return cmp.Compare(a.id, b.id) })
	return all
}
