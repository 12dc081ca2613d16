package tcp

import "thinnet/packet"

// copyBelow is the length in bytes up to which arriving bytes are copied
// together instead of kept where they came in: a slab holds at least four such
// pieces, so a peer that sends crumbs cannot make the queue hold many times what
// the receive buffer allows.
const copyBelow = 512

// recvBuffer holds the bytes that arrived in order and that the user has not
// read.
type recvBuffer struct {
	frags []packet.Frag // frags[head:] hold a reference each; none is empty
	head  int
	len   int  // bytes
	own   bool // the last fragment's slab is nobody else's: it can be filled up
}

// appendBytes copies b to the end.
func (q *recvBuffer) appendBytes(b []byte) {
	q.len += len(b)
	if q.own && q.head < len(q.frags) {
		f := &q.frags[len(q.frags)-1]
		n := copy(f.Slab.B[f.Off+f.Len:], b)
		f.Len += int32(n)
		b = b[n:]
	}
	for len(b) > 0 {
		s := packet.NewSlab(min(len(b), packet.LargeSlab))
		n := copy(s.B, b)
		q.push(packet.Frag{Slab: s, Len: int32(n)})
		q.own = true
		b = b[n:]
	}
}

// appendFrag adds f and takes over the caller's reference.
func (q *recvBuffer) appendFrag(f packet.Frag) {
	if f.Len <= copyBelow {
		q.appendBytes(f.Bytes())
		f.Slab.Release()
		return
	}
	q.len += int(f.Len)
	if q.head < len(q.frags) {
		// Segments of one stream often lie side by side in the sender's slab.
		if last := &q.frags[len(q.frags)-1]; last.Slab == f.Slab && last.Off+last.Len == f.Off {
			last.Len += f.Len
			f.Slab.Release()
			return
		}
	}
	q.push(f)
	q.own = false
}

func (q *recvBuffer) push(f packet.Frag) {
	if q.head == len(q.frags) {
		q.frags, q.head = q.frags[:0], 0
	}
	q.frags = append(q.frags, f)
}

// take moves up to max bytes from the front to the end of dst, as far as its
// capacity goes, and returns it with the number of bytes. The caller gets the
// references.
func (q *recvBuffer) take(dst []packet.Frag, max int) ([]packet.Frag, int) {
	n := 0
	for n < max && q.head < len(q.frags) && len(dst) < cap(dst) {
		f := &q.frags[q.head]
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
		f.Slab = nil
		q.head++
	}
	q.len -= n
	if q.head == len(q.frags) {
		q.frags, q.head, q.own = q.frags[:0], 0, false
	} else if q.head >= 32 && 2*q.head >= len(q.frags) {
		k := copy(q.frags, q.frags[q.head:])
		clear(q.frags[k:])
		q.frags, q.head = q.frags[:k], 0
	}
	return dst, n
}

// release drops everything.
func (q *recvBuffer) release() {
	for _, f := range q.frags[q.head:] {
		f.Slab.Release()
	}
	*q = recvBuffer{}
}
