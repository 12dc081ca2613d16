package tcp

import "thinnet/packet"

// copyBelow is the length in bytes up to which arriving bytes are copied
// together instead of kept where they came in: a slab holds at least four such
// pieces, so a peer that sends crumbs cannot make the queue hold many times what
// the receive buffer allows.
const copyBelow = 512

// recvBuffer holds the bytes that arrived in order and that the user has not
// read: in fragments, or few of them in a brief, while there are no fragments.
type recvBuffer struct {
	frags fifo[packet.Frag] // each holds a reference; none is empty
	len   int               // bytes
	held  int32             // bytes of the slabs that they lie in
	own   bool              // the last fragment's slab is nobody else's: it can be filled up
}

// appendBytes copies b to the end.
func (q *recvBuffer) appendBytes(m *Queues, d *brief, b []byte) {
	if q.frags.empty() {
		if n := q.len + len(b); n <= len(d) {
			copy(d[q.len:], b)
			q.len = n
			return
		}
		q.spill(m, d)
	}
	q.appendSlab(m, b)
}

// appendSlab is appendBytes for what lies in slabs.
func (q *recvBuffer) appendSlab(m *Queues, b []byte) {
	q.len += len(b)
	if f := q.frags.last(); f != nil && q.own {
		n := copy(f.Slab.B[f.Off+f.Len:], b)
		f.Len += int32(n)
		b = b[n:]
	}
	for len(b) > 0 {
		s := m.newSlab(len(b))
		n := copy(s.B, b)
		q.held += int32(len(s.B))
		q.frags.push(&m.frags, packet.Frag{Slab: s, Len: int32(n)})
		q.own = true
		b = b[n:]
	}
}

// newSlab returns a slab for n bytes, or as many of them as one holds.
func (q *Queues) newSlab(n int) *packet.Slab {
	if n <= packet.SmallSlab {
		return q.slabs.Get()
	}
	return packet.NewSlab(min(n, packet.LargeSlab))
}

// appendFrag adds f and takes over the caller's reference.
func (q *recvBuffer) appendFrag(m *Queues, d *brief, f packet.Frag) {
	if f.Len <= copyBelow {
		q.appendBytes(m, d, f.Bytes())
		f.Slab.Release()
		return
	}
	if q.brief() {
		q.spill(m, d)
	}
	q.len += int(f.Len)
	if last := q.frags.last(); last == nil || last.Slab != f.Slab {
		q.held += int32(len(f.Slab.B))
	} else if last.Off+last.Len == f.Off {
		// Segments of one stream often lie side by side in the sender's slab.
		last.Len += f.Len
		f.Slab.Release()
		return
	}
	q.frags.push(&m.frags, f)
	q.own = false
}

// take moves up to max bytes from the front to the end of dst, as far as its
// capacity goes, and returns it with the number of bytes. The caller gets the
// references.
func (q *recvBuffer) take(m *Queues, d *brief, dst []packet.Frag, max int) ([]packet.Frag, int) {
	if q.len == 0 {
		return dst, 0
	}
	if q.brief() {
		q.spill(m, d)
	}
	frags := q.frags.live()
	n, gone := 0, 0
	for n < max && gone < len(frags) && len(dst) < cap(dst) {
		f := &frags[gone]
		if k := max - n; int(f.Len) > k {
			f.Slab.Retain()
			dst = append(dst, packet.Frag{Slab: f.Slab, Off: f.Off, Len: int32(k)})
			f.Off += int32(k)
			f.Len -= int32(k)
			n += k
			// The rest of the slab is shared with the caller for a moment,
			// which reads only what lies before it.
			break
		}
		n += int(f.Len)
		dst = append(dst, *f)
		gone++
		if gone == len(frags) || frags[gone].Slab != f.Slab {
			q.held -= int32(len(f.Slab.B))
		}
		f.Slab = nil
	}
	q.len -= n
	q.frags.drop(&m.frags, gone)
	return dst, n
}

// release drops everything.
func (q *recvBuffer) release(m *Queues) {
	if q.len == 0 {
		return
	}
	frags := q.frags.live()
	for i := range frags {
		frags[i].Slab.Release()
		frags[i].Slab = nil
	}
	q.frags.release(&m.frags)
	*q = recvBuffer{}
}
