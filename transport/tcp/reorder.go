package tcp

import (
	"slices"
	"sort"

	"thinnet/packet"
	"thinnet/wire"
)

// maxEarly bounds the pieces in a reorderQueue, beside one for every copyBelow bytes: who
// sends crumbs gets no more than that, and who loses the first of 64 MiB nothing less.
// The window bounds their bytes.
const maxEarly = 4096

// reorderQueue holds what came before its turn. A connection has one only while
// there is something in it.
type reorderQueue struct {
	pieces  []piece  // sorted by seq, disjoint, none empty
	islands []island // what the pieces cover: sorted, with gaps in between
	len     int      // bytes
	held    int      // bytes of the slabs that they lie in
	// recent are sequence numbers in the islands that grew last, the newest
	// first and one an island: these are reported first (RFC 2018, section 4).
	recent  [wire.MaxSACKBlocks]Seq
	nrecent int
	// crumbs is where small pieces are copied together, up to used: a peer that
	// sends a byte here and a byte there must not make each hold a slab.
	crumbs *packet.Slab
	used   int
}

// piece is a run of bytes in one place.
type piece struct {
	seq  Seq
	frag packet.Frag // holds a reference
}

func (p *piece) end() Seq { return p.seq.Add(int(p.frag.Len)) }

// extend makes f, which starts at seq, part of p if it lies right behind it, in the
// stream and in the slab, as segments often do. p's reference is enough for both.
func (p *piece) extend(seq Seq, f packet.Frag) bool {
	if p.end() != seq || p.frag.Slab != f.Slab || p.frag.Off+p.frag.Len != f.Off {
		return false
	}
	p.frag.Len += f.Len
	return true
}

// island is a run of sequence numbers that are all there.
type island struct{ left, right Seq }

// find returns the index of the first piece that ends behind seq.
func (q *reorderQueue) find(seq Seq) int {
	return sort.Search(len(q.pieces), func(i int) bool { return seq.Less(q.pieces[i].end()) })
}

// reaches reports whether something behind seq is there.
func (q *reorderQueue) reaches(seq Seq) bool {
	n := len(q.islands)
	return n > 0 && seq.Less(q.islands[n-1].right)
}

// findIsland returns the index of the first island that ends behind seq.
func (q *reorderQueue) findIsland(seq Seq) int {
	return sort.Search(len(q.islands), func(i int) bool { return seq.Less(q.islands[i].right) })
}

// insert adds the bytes b, which start at seq, as far as they are not there
// already. If they lie in a slab, f says where; otherwise f is zero. It returns
// how many bytes were new, and false if there was no room for all pieces.
func (q *reorderQueue) insert(seq Seq, b []byte, f packet.Frag) (added int, ok bool) {
	start, end := seq, seq.Add(len(b))
	for i := q.find(seq); seq.Less(end); i++ {
		if i < len(q.pieces) && q.pieces[i].seq.LessEq(seq) {
			seq = q.pieces[i].end()
			continue
		}
		stop := end
		if i < len(q.pieces) {
			stop = end.Min(q.pieces[i].seq)
		}
		if len(q.pieces) >= maxEarly+q.len/copyBelow {
			break
		}
		from, to := seq.Sub(start), stop.Sub(start)
		part := f
		part.Off += int32(from)
		part.Len = int32(to - from)
		part = q.keep(b[from:to], part)
		if i > 0 && q.pieces[i-1].extend(seq, part) {
			part.Slab.Release()
			i--
		} else {
			q.pieces = insert(q.pieces, i, piece{seq, part})
			q.held += q.heldAt(i) + q.heldAt(i+1) - heldBeside(q.slab(i-1), q.slab(i+1))
		}
		q.len += to - from
		added += to - from
		seq = stop
	}
	if added > 0 {
		q.cover(start, seq.Min(end))
	}
	return added, !seq.Less(end)
}

// keep returns a piece with the bytes b, and a reference to its slab: the one
// that f names if that is worth it.
func (q *reorderQueue) keep(b []byte, f packet.Frag) packet.Frag {
	if f.Slab != nil && len(b) > copyBelow {
		f.Slab.Retain()
		return f
	}
	if q.crumbs == nil || len(q.crumbs.B)-q.used < len(b) {
		if q.crumbs != nil {
			q.crumbs.Release()
		}
		q.crumbs, q.used = packet.NewSlab(len(b)), 0
	}
	q.crumbs.Retain()
	f = packet.Frag{Slab: q.crumbs, Off: int32(q.used), Len: int32(len(b))}
	q.used += copy(q.crumbs.B[q.used:], b)
	return f
}

// cover makes [left, right) part of the islands, which it may join.
func (q *reorderQueue) cover(left, right Seq) {
	i := q.findIsland(left - 1)
	j := i
	for ; j < len(q.islands) && q.islands[j].left.LessEq(right); j++ {
		left = left.Min(q.islands[j].left)
		right = right.Max(q.islands[j].right)
	}
	if i == j {
		q.islands = insert(q.islands, i, island{left, right})
		return
	}
	q.islands[i] = island{left, right}
	q.islands = slices.Delete(q.islands, i+1, j)
}

// touch notes that a segment arrived at seq.
func (q *reorderQueue) touch(seq Seq) {
	i := q.findIsland(seq)
	if i == len(q.islands) || seq.Less(q.islands[i].left) {
		return // there was no room for it
	}
	l := q.islands[i]
	n := 1
	now := [wire.MaxSACKBlocks]Seq{seq}
	for _, s := range q.recent[:q.nrecent] {
		if n < len(now) && (s.Less(l.left) || l.right.LessEq(s)) {
			now[n] = s
			n++
		}
	}
	q.recent, q.nrecent = now, n
}

// drain moves what next has reached to the end of b and returns the new next.
func (q *reorderQueue) drain(m *Queues, next Seq, b *recvBuffer, d *brief) Seq {
	i := 0
	for ; i < len(q.pieces) && q.pieces[i].seq.LessEq(next); i++ {
		p := &q.pieces[i]
		q.len -= int(p.frag.Len)
		if q.slab(i+1) != p.frag.Slab {
			q.held -= len(p.frag.Slab.B)
		}
		skip := next.Sub(p.seq)
		if skip >= int(p.frag.Len) {
			p.frag.Slab.Release()
			continue
		}
		p.frag.Off += int32(skip)
		p.frag.Len -= int32(skip)
		p.seq = next
		next = p.end()
		b.appendFrag(m, d, p.frag)
	}
	q.pieces = slices.Delete(q.pieces, 0, i)
	q.islands = slices.Delete(q.islands, 0, q.findIsland(next))
	return next
}

// blocks adds the islands to report to the n blocks that are in dst, the one that
// grew last first, and returns how many there are then.
func (q *reorderQueue) blocks(dst *[wire.MaxSACKBlocks]wire.SACKBlock, n int) int {
	for _, s := range q.recent[:q.nrecent] {
		if n == len(dst) {
			break
		}
		if i := q.findIsland(s); i < len(q.islands) && q.islands[i].left.LessEq(s) {
			dst[n] = wire.SACKBlock{Left: uint32(q.islands[i].left), Right: uint32(q.islands[i].right)}
			n++
		}
	}
	return n
}

// release drops everything.
func (q *reorderQueue) release() {
	for _, p := range q.pieces {
		p.frag.Slab.Release()
	}
	if q.crumbs != nil {
		q.crumbs.Release()
	}
	*q = reorderQueue{}
}
