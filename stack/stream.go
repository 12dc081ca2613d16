package stack

import (
	"io"

	"thinnet/packet"
)

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
	for done < n {
		if err := c.writeError(); err != nil {
			return done, err
		}
		k := min(c.conn.SendSpace(), n-done)
		if k == 0 {
			c.wait(&c.wr)
			continue
		}
		if k <= packet.SmallSlab && k < n-done {
			done += c.put(slab.B[done:n], k, false) // not worth a large slab
			continue
		}
		slab.Retain()
		c.conn.More(false)
		c.conn.Append(slab, done, k)
		done += k
		s.touch(c)
		s.pump()
	}
	return done, nil
}

// writeToSize is how many bytes, at most, WriteTo takes out of the receive buffer
// before it hands them on.
const writeToSize = 256 << 10

// WriteTo writes what arrives to w until the peer's end, and returns the number of
// bytes. w is given the memory that the segments came in.
func (c *TCPConn) WriteTo(w io.Writer) (total int64, err error) {
	space := make([]packet.Frag, 0, 48)
	for {
		frags, err := c.frags(space)
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return total, err
		}
		for _, f := range frags {
			if err == nil {
				var n int
				n, err = w.Write(f.Bytes())
				total += int64(n)
				if err == nil && n < int(f.Len) {
					err = io.ErrShortWrite
				}
			}
			f.Slab.Release()
		}
		if err != nil {
			return total, err
		}
	}
}

// frags waits for bytes to read and takes them out of the receive buffer, with the
// references.
func (c *TCPConn) frags(dst []packet.Frag) ([]packet.Frag, error) {
	s := c.s
	s.mu.Lock()
	if err := c.waitReadable(false); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	dst, _ = c.conn.Take(dst, writeToSize)
	if c.conn.HasOutput() {
		s.touch(c)
		s.pump()
	}
	s.mu.Unlock()
	return dst, nil
}
