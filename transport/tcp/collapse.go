package tcp

import (
	"slices"
	"unsafe"

	"thinnet/packet"
)

// What a run in flight and a piece that came early take beside their bytes.
const (
	runSize   = int(unsafe.Sizeof(sent{}))
	pieceSize = int(unsafe.Sizeof(piece{}) + unsafe.Sizeof(island{}))
)

// heldBeside returns how many bytes a piece in the slab s holds behind one in the slab
// prev: none if it is the same, since the pieces of a slab lie side by side in a queue.
// Either may be nil.
func heldBeside(prev, s *packet.Slab) int {
	if prev == s || s == nil {
		return 0
	}
	return len(s.B)
}

// thin reports whether n bytes are too few to hold the slab s for them.
func thin(s *packet.Slab, n int) bool { return len(s.B) > packet.SmallSlab && 4*n <= len(s.B) }

// collapse copies the fragments together that fill less than a quarter of their slab,
// and returns how many there were.
func (q *recvBuffer) collapse(m *Queues, d *brief) int {
	if q.frags.empty() {
		return 0
	}
	old, n := *q, 0
	*q = recvBuffer{}
	frags := old.frags.live()
	for i, f := range frags {
		frags[i].Slab = nil
		if thin(f.Slab, int(f.Len)) {
			q.appendBytes(m, d, f.Bytes())
			f.Slab.Release()
			n++
		} else {
			q.appendFrag(m, d, f)
		}
	}
	old.frags.release(&m.frags)
	return n
}

// collapse copies the pieces together that fill less than a quarter of their slab, and
// returns how many there were.
func (q *reorderQueue) collapse() int {
	n := 0
	for i := 0; i < len(q.pieces); {
		s, from, size := q.slab(i), i, 0
		for ; q.slab(i) == s; i++ {
			size += int(q.pieces[i].frag.Len)
		}
		if !thin(s, size) || s == q.crumbs {
			continue
		}
		for j := from; j < i; j++ {
			f := &q.pieces[j].frag
			b := f.Bytes()
			*f = q.keep(b, packet.Frag{})
			s.Release()
			n++
		}
	}
	q.held = 0
	for i := range q.pieces {
		q.held += q.heldAt(i)
	}
	return n
}

// slab returns the slab of piece i, nil if there is no such piece.
func (q *reorderQueue) slab(i int) *packet.Slab {
	if i < 0 || i >= len(q.pieces) {
		return nil
	}
	return q.pieces[i].frag.Slab
}

// heldAt returns how many bytes piece i holds beside the one before it.
func (q *reorderQueue) heldAt(i int) int { return heldBeside(q.slab(i-1), q.slab(i)) }

// dropLast throws away the last piece.
func (q *reorderQueue) dropLast() {
	last := len(q.pieces) - 1
	p := q.pieces[last]
	q.held -= q.heldAt(last)
	q.len -= int(p.frag.Len)
	p.frag.Slab.Release()
	q.pieces = slices.Delete(q.pieces, last, last+1)
	i := len(q.islands) - 1
	if l := &q.islands[i]; l.left == p.seq {
		q.islands = q.islands[:i]
	} else {
		l.right = p.seq
	}
}
