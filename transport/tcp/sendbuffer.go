package tcp

import "thinnet/packet"

// sendBuffer holds the bytes that the user wrote and the peer has not
// acknowledged, in slabs that segments refer to.
type sendBuffer struct {
	base Seq // the sequence number of the first byte
	// hint is the chunk where the last segment ended, and hintSeq the sequence
	// number of that chunk's first byte: the next segment begins there.
	hintSeq Seq
	hint    int32
	held    int32 // bytes of the slabs that they lie in
	len     int   // bytes
	chunks  fifo[chunk]
}

// chunk is a run of bytes of one slab, on which it holds a reference. It is not
// empty.
type chunk struct {
	slab     *packet.Slab
	off, end int32
}

func (c *chunk) len() int { return int(c.end - c.off) }

// end returns the sequence number behind the last byte.
func (b *sendBuffer) end() Seq { return b.base.Add(b.len) }

// tail returns the last byte's slab, with a reference for the caller, and where
// it is free. Nobody else writes there: segments refer only to what was appended
// before.
func (b *sendBuffer) tail() (s *packet.Slab, off int) {
	if b.len == 0 {
		return nil, 0
	}
	chunks := b.chunks.live()
	c := &chunks[len(chunks)-1]
	if int(c.end) == len(c.slab.B) {
		return nil, 0
	}
	c.slab.Retain()
	return c.slab, int(c.end)
}

// append adds the bytes [off, off+n) of s and takes over the caller's reference.
func (b *sendBuffer) append(m *Queues, s *packet.Slab, off, n int) {
	if chunks := b.chunks.live(); len(chunks) > 0 {
		if c := &chunks[len(chunks)-1]; c.slab == s && int(c.end) == off {
			c.end += int32(n)
			b.len += n
			s.Release()
			return
		}
	} else {
		b.hint, b.hintSeq = 0, b.base
	}
	b.len += n
	b.held += int32(len(s.B))
	b.chunks.push(&m.chunks, chunk{s, int32(off), int32(off + n)})
}

// ack drops the bytes before seq, which lies in [base, end()].
func (b *sendBuffer) ack(m *Queues, seq Seq) {
	n := seq.Sub(b.base)
	if n <= 0 {
		return
	}
	if n == b.len {
		b.release(m)
		return
	}
	b.base = seq
	b.len -= n
	chunks, gone := b.chunks.live(), 0
	for ; n > 0; gone++ {
		c := &chunks[gone]
		if k := c.len(); n < k {
			c.off += int32(n)
			break
		}
		n -= c.len()
		b.held -= int32(len(c.slab.B))
		m.slabs.Put(c.slab)
		c.slab = nil
	}
	b.chunks.drop(&m.chunks, gone)
	b.hint -= int32(gone)
	if b.hint <= 0 {
		b.hint, b.hintSeq = 0, b.base
	}
}

// attach adds the bytes [seq, seq+n) to p, by reference, and returns how many it
// added: fewer if p has no place for all the pieces that they lie in.
func (b *sendBuffer) attach(p *packet.Packet, seq Seq, n int) int {
	chunks := b.chunks.live()
	i, at := 0, b.base
	if b.hintSeq.LessEq(seq) {
		i, at = int(b.hint), b.hintSeq
	}
	off := seq.Sub(at)
	for off >= chunks[i].len() {
		k := chunks[i].len()
		off -= k
		at = at.Add(k)
		i++
		if i == len(chunks) {
			return 0
		}
	}
	// A few bytes travel in the packet itself, which costs less than a
	// reference.
	if c := &chunks[i]; n <= c.len()-off && n <= p.Tailroom() {
		copy(p.Append(n), c.slab.B[int(c.off)+off:])
		b.hint, b.hintSeq = int32(i), at
		return n
	}
	added := 0
	for added < n && i < len(chunks) {
		c := &chunks[i]
		k := min(n-added, c.len()-off)
		if !p.Attach(c.slab, int(c.off)+off, k) {
			break
		}
		added += k
		b.hint, b.hintSeq = int32(i), at
		at = at.Add(c.len())
		off = 0
		i++
	}
	return added
}

// first returns how many bytes the first ones in one place are. There are some.
func (b *sendBuffer) first() int { return b.chunks.live()[0].len() }

// attachFirst is attach of the first n bytes, which lie in one place.
func (b *sendBuffer) attachFirst(p *packet.Packet, n int) {
	c := &b.chunks.live()[0]
	if n <= p.Tailroom() {
		copy(p.Append(n), c.slab.B[c.off:])
	} else {
		p.Attach(c.slab, int(c.off), n)
	}
}

// release drops everything.
func (b *sendBuffer) release(m *Queues) {
	chunks := b.chunks.live()
	for i := range chunks {
		m.slabs.Put(chunks[i].slab)
		chunks[i].slab = nil
	}
	b.chunks.release(&m.chunks)
	b.base = b.end()
	b.hint, b.hintSeq, b.held, b.len = 0, b.base, 0, 0
}
