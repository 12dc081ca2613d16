package tcp

import "thinnet/packet"

// sendBuffer holds the bytes that the user wrote and the peer has not
// acknowledged, in slabs that segments refer to.
type sendBuffer struct {
	base   Seq     // the sequence number of the first byte
	len    int     // bytes
	chunks []chunk // in order; none is empty
	head   int     // chunks[:head] are gone
	// hint is the chunk where the last segment ended, and hintSeq the sequence
	// number of that chunk's first byte: the next segment begins there.
	hint    int
	hintSeq Seq
}

// chunk is a run of bytes of one slab, on which it holds a reference.
type chunk struct {
	slab     *packet.Slab
	off, end int32
}

// end returns the sequence number behind the last byte.
func (b *sendBuffer) end() Seq { return b.base.Add(b.len) }

// tail returns the last byte's slab, with a reference for the caller, and where
// it is free. Nobody else writes there: segments refer only to what was appended
// before.
func (b *sendBuffer) tail() (s *packet.Slab, off int) {
	if b.head == len(b.chunks) {
		return nil, 0
	}
	c := &b.chunks[len(b.chunks)-1]
	if int(c.end) == len(c.slab.B) {
		return nil, 0
	}
	c.slab.Retain()
	return c.slab, int(c.end)
}

// append adds the bytes [off, off+n) of s and takes over the caller's reference.
func (b *sendBuffer) append(s *packet.Slab, off, n int) {
	b.len += n
	if b.head < len(b.chunks) {
		if c := &b.chunks[len(b.chunks)-1]; c.slab == s && int(c.end) == off {
			c.end += int32(n)
			s.Release()
			return
		}
	} else {
		b.chunks, b.head = b.chunks[:0], 0
		b.hint, b.hintSeq = 0, b.base
	}
	b.chunks = append(b.chunks, chunk{s, int32(off), int32(off + n)})
}

// ack drops the bytes before seq, which lies in [base, end()].
func (b *sendBuffer) ack(seq Seq) {
	n := seq.Sub(b.base)
	if n <= 0 {
		return
	}
	b.base = seq
	b.len -= n
	for n > 0 {
		c := &b.chunks[b.head]
		k := int(c.end - c.off)
		if n < k {
			if b.hint == b.head {
				b.hintSeq = b.hintSeq.Add(n)
			}
			c.off += int32(n)
			return
		}
		n -= k
		c.slab.Release()
		c.slab = nil
		b.head++
		if b.hint < b.head {
			b.hint, b.hintSeq = b.head, b.base.Add(-n)
		}
	}
	if b.head == len(b.chunks) {
		b.chunks, b.head = b.chunks[:0], 0
		b.hint, b.hintSeq = 0, b.base
	} else if b.head >= 32 && 2*b.head >= len(b.chunks) {
		k := copy(b.chunks, b.chunks[b.head:])
		clear(b.chunks[k:])
		b.chunks = b.chunks[:k]
		b.hint -= b.head
		b.head = 0
	}
}

// attach adds the bytes [seq, seq+n) to p, by reference, and returns how many it
// added: fewer if p has no place for all the pieces that they lie in.
func (b *sendBuffer) attach(p *packet.Packet, seq Seq, n int) int {
	i, at := b.head, b.base
	if b.hint > b.head && b.hint < len(b.chunks) && b.hintSeq.LessEq(seq) {
		i, at = b.hint, b.hintSeq
	}
	off := seq.Sub(at)
	for off >= int(b.chunks[i].end-b.chunks[i].off) {
		k := int(b.chunks[i].end - b.chunks[i].off)
		off -= k
		at = at.Add(k)
		i++
		if i == len(b.chunks) {
			return 0
		}
	}
	// A few bytes travel in the packet itself, which costs less than a
	// reference.
	if c := &b.chunks[i]; n <= int(c.end-c.off)-off && n <= p.Tailroom() {
		copy(p.Append(n), c.slab.B[int(c.off)+off:])
		b.hint, b.hintSeq = i, at
		return n
	}
	added := 0
	for added < n && i < len(b.chunks) {
		c := &b.chunks[i]
		k := min(n-added, int(c.end-c.off)-off)
		if !p.Attach(c.slab, int(c.off)+off, k) {
			break
		}
		added += k
		b.hint, b.hintSeq = i, at
		at = at.Add(int(c.end - c.off))
		off = 0
		i++
	}
	return added
}

// release drops everything.
func (b *sendBuffer) release() {
	for _, c := range b.chunks[b.head:] {
		c.slab.Release()
	}
	*b = sendBuffer{base: b.end()}
}
