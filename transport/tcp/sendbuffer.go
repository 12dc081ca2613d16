package tcp

import "thinnet/packet"

// sendBuffer holds the bytes that the user wrote and the peer has not
// acknowledged, in slabs that segments refer to; or few of them in a brief, while there
// are no slabs.
type sendBuffer struct {
	base Seq // the sequence number of the first byte
	// hint is the fragment where the last segment ended, and hintSeq the sequence
	// number of its first byte: the next segment begins there.
	hintSeq Seq
	hint    int32
	held    int32             // bytes of the slabs that they lie in
	len     int               // bytes
	frags   fifo[packet.Frag] // each holds a reference; none is empty
}

// end returns the sequence number behind the last byte.
func (b *sendBuffer) end() Seq { return b.base.Add(b.len) }

// tail returns the last byte's slab, with a reference for the caller, and where
// it is free. Nobody else writes there: segments refer only to what was appended
// before.
func (b *sendBuffer) tail() (s *packet.Slab, off int) {
	f := b.frags.last()
	if f == nil || int(f.Off+f.Len) == len(f.Slab.B) {
		return nil, 0
	}
	f.Slab.Retain()
	return f.Slab, int(f.Off + f.Len)
}

// append adds the bytes [off, off+n) of s and takes over the caller's reference. What waits
// is not brief.
func (b *sendBuffer) append(m *Queues, s *packet.Slab, off, n int) {
	b.len += n
	if f := b.frags.last(); f == nil {
		b.hint, b.hintSeq = 0, b.base
	} else if f.Slab == s && int(f.Off+f.Len) == off {
		f.Len += int32(n)
		s.Release()
		return
	}
	b.held += int32(len(s.B))
	b.frags.push(&m.frags, packet.Frag{Slab: s, Off: int32(off), Len: int32(n)})
}

// ack drops the bytes before seq, which lies in [base, end()].
func (b *sendBuffer) ack(m *Queues, d *brief, seq Seq) {
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
	if b.frags.empty() {
		copy(d[:b.len], d[n:])
		return
	}
	frags, gone := b.frags.live(), 0
	for ; n > 0; gone++ {
		f := &frags[gone]
		if n < int(f.Len) {
			f.Off += int32(n)
			f.Len -= int32(n)
			break
		}
		n -= int(f.Len)
		b.held -= int32(len(f.Slab.B))
		m.slabs.Put(f.Slab)
		f.Slab = nil
	}
	b.frags.drop(&m.frags, gone)
	b.hint -= int32(gone)
	if b.hint <= 0 {
		b.hint, b.hintSeq = 0, b.base
	}
}

// attach adds the bytes [seq, seq+n) to p, by reference, and returns how many it
// added: fewer if p has no place for all the pieces that they lie in.
func (b *sendBuffer) attach(p *packet.Packet, d *brief, seq Seq, n int) int {
	if b.frags.empty() {
		n = min(n, p.Tailroom())
		copy(p.Append(n), d[seq.Sub(b.base):])
		return n
	}
	frags := b.frags.live()
	i, at := 0, b.base
	if b.hintSeq.LessEq(seq) {
		i, at = int(b.hint), b.hintSeq
	}
	off := seq.Sub(at)
	for off >= int(frags[i].Len) {
		k := int(frags[i].Len)
		off -= k
		at = at.Add(k)
		i++
		if i == len(frags) {
			return 0
		}
	}
	// A few bytes travel in the packet itself, which costs less than a
	// reference.
	if f := &frags[i]; n <= int(f.Len)-off && n <= p.Tailroom() {
		copy(p.Append(n), f.Slab.B[int(f.Off)+off:])
		b.hint, b.hintSeq = int32(i), at
		return n
	}
	added := 0
	for added < n && i < len(frags) {
		f := &frags[i]
		k := min(n-added, int(f.Len)-off)
		if !p.Attach(f.Slab, int(f.Off)+off, k) {
			break
		}
		added += k
		b.hint, b.hintSeq = int32(i), at
		at = at.Add(int(f.Len))
		off = 0
		i++
	}
	return added
}

// first returns how many bytes the first ones in one place are. There are some.
func (b *sendBuffer) first() int {
	if b.frags.empty() {
		return b.len
	}
	return int(b.frags.live()[0].Len)
}

// attachFirst is attach of the first n bytes, which lie in one fragment.
func (b *sendBuffer) attachFirst(p *packet.Packet, n int) {
	f := &b.frags.live()[0]
	if n <= p.Tailroom() {
		copy(p.Append(n), f.Slab.B[f.Off:])
	} else {
		p.Attach(f.Slab, int(f.Off), n)
	}
}

// release drops everything.
func (b *sendBuffer) release(m *Queues) {
	if !b.frags.empty() {
		b.releaseFrags(m)
	}
	b.base, b.len = b.end(), 0
}

// releaseFrags drops what lies in fragments, apart so that few bytes go quickly.
func (b *sendBuffer) releaseFrags(m *Queues) {
	frags := b.frags.live()
	for i := range frags {
		m.slabs.Put(frags[i].Slab)
		frags[i].Slab = nil
	}
	b.frags.release(&m.frags)
	b.held = 0
}
