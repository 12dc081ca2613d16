package stack

import (
	"io"
	"net"
	"os"
	"syscall"

	"thinnet/packet"
	"thinnet/transport/tcp"
)

// Read reads up to len(b) bytes: at least one, or an error.
func (c *TCPConn) Read(b []byte) (int, error) {
	s := c.s
	s.mu.Lock()
	if err := c.waitReadable(len(b) == 0); err != nil {
		s.mu.Unlock()
		return 0, err
	}
	return c.take(b)
}

// briefRead is how many bytes are little for a Read to take: see yields.
const briefRead = 4096

// noteLong takes note of whether what is about to be read is much.
func (c *TCPConn) noteLong() {
	c.long = c.conn.Readable() > briefRead
	if c.long {
		c.s.bulk = c.s.now
	}
}

// waitReadable waits until there are bytes to read, unless none are wanted. Its error
// is why there will be none. It is called with the lock held.
func (c *TCPConn) waitReadable(none bool) error {
	s := c.s
	for yields := 0; ; yields++ {
		switch {
		case c.closed || s.closed:
			return net.ErrClosed
		case c.rd.late(s):
			return os.ErrDeadlineExceeded
		case c.conn.Readable() > 0:
			return nil
		case c.conn.ReadClosed():
			if err := c.conn.Err(); err != nil {
				return err
			}
			return io.EOF
		case none:
			return nil
		}
		if yields < c.yields() && s.yield() {
			continue
		}
		c.wait(&c.rd)
	}
}

// take reads what there is. It is called with the lock held, and copies without.
func (c *TCPConn) take(b []byte) (int, error) {
	c.noteLong()
	if c.long {
		return c.takeMuch(b)
	}
	n, ok := c.conn.ReadBrief(b)
	if !ok {
		return c.takeFew(b)
	}
	c.tellRoom()
	c.s.mu.Unlock()
	return n, nil
}

// takeFew is take of what lies in a few pieces.
//
//go:noinline // not in the way of what lies in none
func (c *TCPConn) takeFew(b []byte) (int, error) {
	var few [4]packet.Frag
	frags, n := c.takeFrags(few[:0], len(b))
	c.s.mu.Unlock()
	copyFrags(b, frags)
	return n, nil
}

// takeMuch is take of many pieces, for which the stack must have room. It attends while
// it copies.
//
//go:noinline
func (c *TCPConn) takeMuch(b []byte) (int, error) {
	s := c.s
	var many [48]packet.Frag // as many full segments as fill 64 KiB
	frags, n := c.takeFrags(many[:0], len(b))
	s.in.attend()
	s.mu.Unlock()
	copyFrags(b, frags)
	if s.in.leave() {
		s.mu.Lock()
		s.readClock() // if he was held up, what has come in was written long ago
		s.pump()
		s.mu.Unlock()
	}
	return n, nil
}

// takeFrags moves up to max bytes out of the receive buffer to dst, with the references,
// and tells the peer of the room if that is worth it.
func (c *TCPConn) takeFrags(dst []packet.Frag, max int) ([]packet.Frag, int) {
	dst, n := c.conn.Take(dst, max)
	c.tellRoom()
	return dst, n
}

// tellRoom tells the peer that the user has read, if that is worth it.
func (c *TCPConn) tellRoom() {
	if c.conn.HasOutput() {
		c.s.touch(c)
		c.s.pump()
	}
}

// copyFrags copies frags to b and drops the references.
func copyFrags(b []byte, frags []packet.Frag) {
	for _, f := range frags {
		b = b[copy(b, f.Bytes()):]
		f.Slab.Release()
	}
}

// Write writes b, waiting while the send buffer is full. Bytes of two Writes are
// never mixed.
func (c *TCPConn) Write(b []byte) (n int, err error) {
	s := c.s
	s.mu.Lock()
	if len(b) > 0 && c.wr == nil && !c.writing && c.conn.WriteBrief(b) {
		// It is nobody else's turn, there is no deadline, and there was room.
		c.written(false)
		s.mu.Unlock()
		return len(b), nil
	}
	if err = c.beginWrite(); err == nil {
		n, err = c.write(b, false)
		c.endWrite()
	}
	s.mu.Unlock()
	return n, err
}

// beginWrite waits until it is this writer's turn. It is called with the lock held, as
// are endWrite and write.
func (c *TCPConn) beginWrite() error {
	for c.writing {
		if err := c.writeError(); err != nil {
			return err
		}
		c.wait(&c.wr)
	}
	c.writing = true
	return nil
}

// endWrite lets the next writer have his turn.
func (c *TCPConn) endWrite() {
	c.writing = false
	c.s.wakeSide(c.wr)
}

// write writes all of b in the writer's turn. more says that he has more to write at
// once.
func (c *TCPConn) write(b []byte, more bool) (n int, err error) {
	if len(b) == 0 {
		return 0, c.writeError()
	}
	for n < len(b) {
		space, err := c.waitWritable()
		if err != nil {
			return n, err
		}
		n += c.put(b[n:], space, more)
	}
	return n, nil
}

// waitWritable waits until there is room in the send buffer, and returns how much. Its
// error is why nothing can be written. It is called with the lock held.
func (c *TCPConn) waitWritable() (space int, err error) {
	for yields := 0; ; yields++ {
		if err := c.writeError(); err != nil {
			return 0, err
		}
		if space := c.conn.SendSpace(); space > 0 {
			return space, nil
		}
		if yields < fullYields && c.s.yield() {
			continue
		}
		c.wait(&c.wr)
	}
}

// briefCopy is how many bytes are copied with the lock held.
const briefCopy = 1024

// put copies up to space bytes of b into the send buffer and sends what may be
// sent: if there is more to come, or room for more of b, only full segments. It returns
// the number of bytes.
func (c *TCPConn) put(b []byte, space int, more bool) int {
	b = b[:min(len(b), space)]
	if !c.conn.WriteBrief(b) {
		return c.putLong(b, more)
	}
	c.written(more)
	return len(b)
}

// putLong is put for what takes a slab.
//
//go:noinline // not in the way of what takes none
func (c *TCPConn) putLong(b []byte, more bool) int {
	if len(b) > briefCopy {
		return c.putMuch(b, more)
	}
	slab, off := c.conn.Tail()
	if slab == nil {
		slab = packet.NewSlab(len(b))
	}
	n := copy(slab.B[off:], b)
	c.append(slab, off, n, more || n < len(b))
	return n
}

// putMuch is put for more than a few bytes: it lets go of the lock while it copies, which
// takes longer than to copy those.
func (c *TCPConn) putMuch(b []byte, more bool) int {
	s := c.s
	slab, off := c.conn.Tail()
	size := 0
	if slab == nil {
		size = packet.SlabSize(len(b))
	}
	s.bulk = s.now
	// Many may be between the two locks, each with room for all of what is left.
	s.tcpMem.Reserve(size)
	s.mu.Unlock()
	if slab == nil {
		slab = packet.NewSlab(size)
	}
	n := copy(slab.B[off:], b)
	s.mu.Lock()
	s.tcpMem.Reserve(-size)
	if c.dead || c.conn.SendClosed() {
		slab.Release()
		return 0 // the caller finds out why
	}
	c.append(slab, off, n, more || n < len(b))
	return n
}

// append adds the bytes [off, off+n) of slab to the send buffer, with the reference, and
// sends what may be sent. more says that there are more to come at once.
func (c *TCPConn) append(slab *packet.Slab, off, n int, more bool) {
	c.conn.Append(slab, off, n)
	c.conn.More(more)
	c.s.touch(c)
	c.s.pump() // who writes much attends meanwhile
}

// written sends what may be sent after the send buffer has grown. more says that there is
// more to come at once.
func (c *TCPConn) written(more bool) {
	c.conn.More(more)
	c.s.readClock()
	c.s.pumpFor(c)
}

// writeError returns why nothing can be written.
func (c *TCPConn) writeError() error {
	switch {
	case c.closed || c.s.closed:
		return net.ErrClosed
	case c.wr.late(c.s):
		return os.ErrDeadlineExceeded
	case c.conn.Err() != nil:
		return c.conn.Err()
	case c.conn.SendClosed():
		return syscall.EPIPE
	}
	return nil
}

// WriteBuffers writes all of bufs as one Write would write them joined: nothing comes
// between them, and only their end is sent in a segment that is not full. It returns
// the number of bytes.
func (c *TCPConn) WriteBuffers(bufs [][]byte) (n int64, err error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if err := c.beginWrite(); err != nil {
		return 0, err
	}
	defer c.endWrite()
	last := len(bufs) - 1
	for last > 0 && len(bufs[last]) == 0 {
		last--
	}
	for i := 0; i <= last; i++ {
		k, err := c.write(bufs[i], i < last)
		n += int64(k)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// ReadFrom writes what r gives until its end, and returns the number of bytes. r reads
// into the memory that segments will refer to: nothing is copied but what comes in
// small pieces.
func (c *TCPConn) ReadFrom(r io.Reader) (total int64, err error) {
	var slab *packet.Slab
	defer func() {
		if slab != nil {
			slab.Release()
		}
	}()
	for {
		if slab == nil {
			slab = packet.NewSlab(packet.LargeSlab)
		}
		n, readErr := r.Read(slab.B)
		if n > 0 {
			var taken int
			if n <= packet.SmallSlab {
				taken, err = c.Write(slab.B[:n])
			} else {
				taken, err = c.writeSlab(slab, n)
				slab = nil
			}
			total += int64(taken)
			if err != nil {
				return total, err
			}
		}
		if readErr == io.EOF {
			return total, nil
		}
		if readErr != nil {
			return total, readErr
		}
	}
}

// writeSlab writes the first n bytes of a slab without copying them, and takes over
// the caller's reference, the only one.
func (c *TCPConn) writeSlab(slab *packet.Slab, n int) (done int, err error) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	defer slab.Release()
	if err := c.beginWrite(); err != nil {
		return 0, err
	}
	defer c.endWrite()
	s.bulk = s.now
	for done < n {
		space, err := c.waitWritable()
		if err != nil {
			return done, err
		}
		k := min(space, n-done)
		if k <= packet.SmallSlab && k < n-done {
			done += c.put(slab.B[done:n], k, false) // not worth a large slab
			continue
		}
		slab.Retain()
		c.append(slab, done, k, false)
		done += k
	}
	return done, nil
}

// writeToSize is how many bytes, at most, WriteTo takes out of the receive buffer
// before it hands them on.
const writeToSize = 256 << 10

// WriteTo writes what arrives to w until the peer's end, and returns the number of
// bytes. w is given the memory that the segments came in, but for few bytes.
func (c *TCPConn) WriteTo(w io.Writer) (total int64, err error) {
	s, few := c.s, make([]byte, tcp.BriefSize)
	for {
		s.mu.Lock()
		if err := c.waitReadable(false); err != nil {
			s.mu.Unlock()
			if err == io.EOF {
				err = nil
			}
			return total, err
		}
		c.noteLong()
		var n int64
		if k, ok := c.conn.ReadBrief(few); ok {
			c.tellRoom()
			s.mu.Unlock()
			n, err = writeAll(w, few[:k])
		} else {
			n, err = c.handOn(w)
		}
		total += n
		if err != nil {
			return total, err
		}
	}
}

// handOn takes what there is out of the receive buffer and writes it to w. It is called
// with the lock held, and lets go of it.
//
//go:noinline // has room for many pieces, where there may be none
func (c *TCPConn) handOn(w io.Writer) (total int64, err error) {
	var many [48]packet.Frag
	frags, _ := c.takeFrags(many[:0], writeToSize)
	c.s.mu.Unlock()
	for _, f := range frags {
		if err == nil {
			var n int64
			n, err = writeAll(w, f.Bytes())
			total += n
		}
		f.Slab.Release()
	}
	return total, err
}

// writeAll writes b to w.
func writeAll(w io.Writer, b []byte) (int64, error) {
	n, err := w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return int64(n), err
}
