package tcp

// BriefSize is how many bytes are few, for WriteBrief and ReadBrief.
const BriefSize = 64

// brief is where few bytes wait, to be acknowledged or to be read, while nothing else does: in
// what the connection has for its data anyway. They are copied from there into a packet, and
// out of one, so that a question and its answer need neither slabs nor queues.
type brief [BriefSize]byte

// WriteBrief queues b if it is short, comes behind nothing that is not, and may be written
// beyond doubt. Otherwise it does nothing and reports false: then SendClosed and SendSpace
// know more, and there are Tail and Append.
func (c *Conn) WriteBrief(b []byte) bool {
	// What is written before there is a connection may go with the SYN. The least of send
	// buffers has room for what is short.
	return len(b) <= BriefSize && c.state.canSend() && !c.rstQueued && !c.mem.pressure() && c.set.NotSentLowat <= 0 &&
		c.buf.write(&c.traffic().written, b)
}

// ReadBrief moves bytes out of the receive buffer to b if few have arrived, and otherwise
// reports false: then there is Take, of which the same is true.
func (c *Conn) ReadBrief(b []byte) (n int, ok bool) {
	if !c.in.brief() {
		return 0, false
	}
	n = c.in.read(&c.data.arrived, b)
	c.noteRead(n)
	return n, true
}

// write adds p to the few bytes that wait, if those and p have room in d.
func (b *sendBuffer) write(d *brief, p []byte) bool {
	n := b.len + len(p)
	if n > len(d) || !b.frags.empty() {
		return false
	}
	copy(d[b.len:], p)
	b.len = n
	return true
}

// brief reports whether what waits is few bytes, outside of slabs.
func (b *sendBuffer) brief() bool { return b.len > 0 && b.frags.empty() }

// spill moves few bytes that wait into a slab: there will be more.
func (c *Conn) spill() {
	if b := &c.buf; b.brief() {
		s, n := c.queues.slabs.Get(), b.len
		copy(s.B, c.data.written[:n])
		b.len = 0
		b.append(c.queues, s, 0, n)
	}
}

// brief reports whether what waits is few bytes, outside of slabs.
func (q *recvBuffer) brief() bool { return q.len > 0 && q.frags.empty() }

// read moves bytes from the front of the few that wait to b, and returns how many.
func (q *recvBuffer) read(d *brief, b []byte) int {
	n := copy(b, d[:q.len])
	if q.len -= n; q.len > 0 {
		copy(d[:], d[n:n+q.len])
	}
	return n
}

// spill moves few bytes that wait into a slab.
func (q *recvBuffer) spill(m *Queues, d *brief) {
	n := q.len
	q.len = 0
	q.appendSlab(m, d[:n])
}
