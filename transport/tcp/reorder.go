package tcp

import (
	"slices"

	"thinnet/packet"
	"thinnet/wire"
)

// maxEarly bounds the pieces in a reorderQueue. The window bounds their bytes.
const maxEarly = 4096

// reorderQueue holds what came before its turn. A connection has one only while
// there is something in it.
type reorderQueue struct {
	pieces []piece // sorted by seq, disjoint, none empty
	len    int     // bytes
	// recent are sequence numbers of the last arrivals, the newest first: the
	// ranges around them are reported first (RFC 2018, section 4).
	recent  [wire.MaxSACKBlocks]Seq
	nrecent int
}

// piece is a run of bytes in one place.
type piece struct {
	seq  Seq
	frag packet.Frag // holds a reference
}

func (p *piece) end() Seq { return p.seq.Add(int(p.frag.Len)) }

// find returns the index of the first piece that ends behind seq.
func (q *reorderQueue) find(seq Seq) int {
	i, _ := slices.BinarySearchFunc(q.pieces, seq, func(p piece, s Seq) int {
		if s.Less(p.end()) {
			return 1
		}
		return -1
	})
	return i
}

// insert adds the bytes of f, which start at seq, as far as they are not there
// already. It takes over the caller's reference and returns how many bytes were
// new, and false if there was no room for all pieces.
func (q *reorderQueue) insert(seq Seq, f packet.Frag) (added int, ok bool) {
	defer f.Slab.Release()
	end := seq.Add(int(f.Len))
	start := seq
	i := q.find(seq)
	for seq.Less(end) {
		if i < len(q.pieces) && q.pieces[i].seq.LessEq(seq) {
			seq = q.pieces[i].end()
			i++
			continue
		}
		stop := end
		if i < len(q.pieces) {
			stop = end.Min(q.pieces[i].seq)
		}
		if len(q.pieces) >= maxEarly {
			return added, false
		}
		n := stop.Sub(seq)
		f.Slab.Retain()
		q.pieces = slices.Insert(q.pieces, i, piece{seq, packet.Frag{
			Slab: f.Slab, Off: f.Off + int32(seq.Sub(start)), Len: int32(n),
		}})
		q.len += n
		added += n
		seq = stop
		i++
	}
	return added, true
}

// touch notes that a segment arrived at seq.
func (q *reorderQueue) touch(seq Seq) {
	q.nrecent = min(q.nrecent+1, len(q.recent))
	copy(q.recent[1:q.nrecent], q.recent[:])
	q.recent[0] = seq
}

// drain moves what next has reached to the end of b and returns the new next.
func (q *reorderQueue) drain(next Seq, b *recvBuffer) Seq {
	i := 0
	for ; i < len(q.pieces) && q.pieces[i].seq.LessEq(next); i++ {
		p := &q.pieces[i]
		q.len -= int(p.frag.Len)
		skip := next.Sub(p.seq)
		if skip >= int(p.frag.Len) {
			p.frag.Slab.Release()
			continue
		}
		p.frag.Off += int32(skip)
		p.frag.Len -= int32(skip)
		next = p.end()
		b.appendFrag(p.frag)
	}
	q.pieces = slices.Delete(q.pieces, 0, i)
	return next
}

// blocks adds the ranges to report to the n that are in dst, the one with the
// newest arrival first, and returns how many there are then.
func (q *reorderQueue) blocks(dst *[wire.MaxSACKBlocks]wire.SACKBlock, n int) int {
	first := n
	for _, s := range q.recent[:q.nrecent] {
		if n == len(dst) {
			break
		}
		i := q.find(s)
		if i == len(q.pieces) || s.Less(q.pieces[i].seq) {
			continue
		}
		l, r := i, i
		for l > 0 && q.pieces[l-1].end() == q.pieces[l].seq {
			l--
		}
		for r+1 < len(q.pieces) && q.pieces[r+1].seq == q.pieces[r].end() {
			r++
		}
		b := wire.SACKBlock{Left: uint32(q.pieces[l].seq), Right: uint32(q.pieces[r].end())}
		if !slices.Contains(dst[first:n], b) {
			dst[n] = b
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
	*q = reorderQueue{}
}
