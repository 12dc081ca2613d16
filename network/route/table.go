package route

import (
	"math/bits"
	"net/netip"
	"slices"
	"sort"
)

// MaxEntries is how many routes a table holds.
const MaxEntries = 1 << 20

// Table is a routing table. The zero Table is empty and ready.
//
// It is a path-compressed binary trie: a lookup visits only nodes where prefixes
// end or part, at most one for each bit and with a handful of routes two or three.
type Table struct {
	v4, v6     *node
	n          int
	generation uint64
}

// Generation returns a number that every change of the table raises. Whoever
// keeps the answer of a lookup keeps the generation with it.
func (t *Table) Generation() uint64 { return t.generation }

// Invalidate raises the generation: something that answers depend on has changed.
func (t *Table) Invalidate() { t.generation++ }

// Len returns the number of routes.
func (t *Table) Len() int { return t.n }

// key is an address as bits, the first one the highest of hi.
type key struct{ hi, lo uint64 }

func keyOf(a netip.Addr) key {
	if a.Is4() {
		b := a.As4()
		return key{hi: uint64(b[0])<<56 | uint64(b[1])<<48 | uint64(b[2])<<40 | uint64(b[3])<<32}
	}
	b := a.As16()
	var k key
	for i := range 8 {
		k.hi = k.hi<<8 | uint64(b[i])
		k.lo = k.lo<<8 | uint64(b[8+i])
	}
	return k
}

// bit returns the i-th bit, counted from 0.
func (k key) bit(i uint8) int {
	if i < 64 {
		return int(k.hi >> (63 - i) & 1)
	}
	return int(k.lo >> (127 - i) & 1)
}

// common returns how many leading bits k and o share, at most limit.
func (k key) common(o key, limit uint8) uint8 {
	n := bits.LeadingZeros64(k.hi ^ o.hi)
	if n == 64 {
		n += bits.LeadingZeros64(k.lo ^ o.lo)
	}
	return uint8(min(n, int(limit)))
}

// node is a prefix. Without entries it is only where two others part.
type node struct {
	key     key
	len     uint8
	child   [2]*node
	entries []Entry // the best first
}

func (n *node) covers(k key) bool {
	if n.len <= 64 {
		return (n.key.hi^k.hi)>>(64-n.len) == 0
	}
	return n.key.hi == k.hi && (n.key.lo^k.lo)>>(128-n.len) == 0
}

// root returns the trie for the family of a.
func (t *Table) root(a netip.Addr) **node {
	if a.Is4() {
		return &t.v4
	}
	return &t.v6
}

// Lookup returns the best route for dst, or nil. It is valid until the table
// changes, and must not be changed.
func (t *Table) Lookup(dst netip.Addr) *Entry {
	k := keyOf(dst)
	var best *node
	for n := *t.root(dst); n != nil && n.covers(k); n = n.child[k.bit(n.len)] {
		if len(n.entries) > 0 {
			best = n
		}
		if n.len == uint8(dst.BitLen()) {
			break
		}
	}
	if best == nil {
		return nil
	}
	return &best.entries[0]
}

// Add adds a route. Of one prefix there is at most one for each kind, metric and
// interface.
func (t *Table) Add(e Entry) error {
	if e.Prefix != e.Prefix.Masked() || !e.Prefix.IsValid() {
		return ErrPrefix
	}
	if t.n == MaxEntries {
		return ErrFull
	}
	n := t.node(e.Prefix)
	i := sort.Search(len(n.entries), func(i int) bool { return n.entries[i].compare(&e) >= 0 })
	if i < len(n.entries) && n.entries[i].compare(&e) == 0 {
		return ErrExists
	}
	n.entries = append(n.entries, e)
	copy(n.entries[i+1:], n.entries[i:])
	n.entries[i] = e
	t.n++
	t.generation++
	return nil
}

// node returns the node of a prefix, which it makes if there is none.
func (t *Table) node(p netip.Prefix) *node {
	k, length := keyOf(p.Addr()), uint8(p.Bits())
	at := t.root(p.Addr())
	for {
		n := *at
		if n == nil {
			n = &node{key: k, len: length}
			*at = n
			return n
		}
		c := n.key.common(k, min(n.len, length))
		switch {
		case c < n.len: // n lies below the new prefix, or parts from it
			above := &node{key: k.mask(c), len: c}
			above.child[n.key.bit(c)] = n
			*at = above
		case c == length:
			return n
		default:
			at = &n.child[k.bit(c)]
		}
	}
}

// mask returns the first n bits of k.
func (k key) mask(n uint8) key {
	if n < 64 {
		return key{hi: k.hi &^ (^uint64(0) >> n)}
	}
	return key{k.hi, k.lo &^ (^uint64(0) >> (n - 64))}
}

// Remove takes a route out that match reports true for, the best of them first;
// only those of prefix are asked. It returns it, or ErrNotFound.
func (t *Table) Remove(prefix netip.Prefix, match func(*Entry) bool) (Entry, error) {
	if !prefix.IsValid() {
		return Entry{}, ErrNotFound
	}
	k, length := keyOf(prefix.Addr()), uint8(prefix.Bits())
	var path [130]**node // from the root down to the node; at most one for each bit, and the root
	depth := 0
	at := t.root(prefix.Addr())
	for {
		n := *at
		if n == nil || n.len > length || !n.covers(k) {
			return Entry{}, ErrNotFound
		}
		path[depth] = at
		depth++
		if n.len == length {
			break
		}
		at = &n.child[k.bit(n.len)]
	}
	n := *at
	for i := range n.entries {
		if !match(&n.entries[i]) {
			continue
		}
		e := n.entries[i]
		n.entries = slices.Delete(n.entries, i, i+1)
		for depth > 0 && (*path[depth-1]).shrink(path[depth-1]) {
			depth--
		}
		t.n--
		t.generation++
		return e, nil
	}
	return Entry{}, ErrNotFound
}

// shrink takes n out of the trie if it has neither entries nor two children, and
// reports whether it did.
func (n *node) shrink(at **node) bool {
	switch {
	case len(n.entries) > 0 || n.child[0] != nil && n.child[1] != nil:
		return false
	case n.child[0] != nil:
		*at = n.child[0]
	default:
		*at = n.child[1]
	}
	return true
}

// All calls f for every route until it returns false, IPv4 first, in the order
// of the prefixes' addresses, a shorter prefix before those that it covers.
func (t *Table) All(f func(*Entry) bool) {
	_ = t.v4.walk(f) && t.v6.walk(f)
}

func (n *node) walk(f func(*Entry) bool) bool {
	if n == nil {
		return true
	}
	for i := range n.entries {
		if !f(&n.entries[i]) {
			return false
		}
	}
	return n.child[0].walk(f) && n.child[1].walk(f)
}
