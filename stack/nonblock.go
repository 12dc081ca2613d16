package stack

import (
	"io"
	"net"
	"net/netip"
	"syscall"

	"thinnet/transport/tcp"
)

// The calls of this file never wait. They are for a user who waits in a way of
// his own, such as one that emulates a Unix program's sockets.

// StartTCP opens a connection as DialTCP does, and returns while it is in
// SYN-SENT.
func (s *Stack) StartTCP(local, remote netip.AddrPort, o DialOptions) (*TCPConn, error) {
	s.mu.Lock()
	c, err := s.dial(local, remote, o, nil)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	s.pump()
	s.mu.Unlock()
	return c, nil
}

// TryAccept is Accept, and returns EAGAIN if no connection waits.
func (l *TCPListener) TryAccept() (*TCPConn, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	switch {
	case l.closed || l.s.closed:
		return nil, net.ErrClosed
	case len(l.queue) == 0:
		return nil, syscall.EAGAIN
	}
	return l.next(), nil
}

// Pending returns how many connections wait for Accept.
func (l *TCPListener) Pending() int {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return len(l.queue)
}

// TryRead is Read, and returns EAGAIN if there is nothing to read yet.
func (c *TCPConn) TryRead(b []byte) (int, error) {
	s := c.s
	s.mu.Lock()
	var err error
	switch {
	case c.closed || s.closed:
		err = net.ErrClosed
	case c.conn.Readable() > 0:
		return c.take(b)
	case c.conn.ReadClosed():
		if err = c.conn.Err(); err == nil {
			err = io.EOF
		}
	default:
		err = syscall.EAGAIN
	}
	s.mu.Unlock()
	return 0, err
}

// TryWrite writes as much of b as there is room for, and returns EAGAIN if there
// is none, or the connection is not established yet.
func (c *TCPConn) TryWrite(b []byte) (int, error) { return c.TrySend(b, false) }

// TrySend is TryWrite. more says that the user has more to write at once, for which
// a segment that is not full may wait: Linux's MSG_MORE.
func (c *TCPConn) TrySend(b []byte, more bool) (int, error) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for n < len(b) {
		if err := c.writeError(); err != nil {
			return n, err
		}
		space := c.conn.SendSpace()
		if c.writing || space == 0 || c.opening() {
			break
		}
		n += c.put(b[n:], space, more)
	}
	if n == 0 && len(b) > 0 {
		return 0, syscall.EAGAIN
	}
	return n, nil
}

// opening reports whether the handshake is under way.
func (c *TCPConn) opening() bool {
	return c.conn.State() == tcp.SynSent || c.conn.State() == tcp.SynReceived && !c.conn.Early()
}

// Readiness says what a call on a connection would find.
type Readiness struct {
	State       tcp.State
	Readable    int  // bytes that wait to be read
	ReadClosed  bool // no more will come
	Writable    int  // bytes that the send buffer takes
	WriteClosed bool // nothing more can be sent
	Unsent      int  // bytes written and not sent
	Unacked     int  // bytes written and not acknowledged
	Err         error
}

// Readiness returns what a call would find now.
func (c *TCPConn) Readiness() Readiness {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return Readiness{
		State:    c.conn.State(),
		Readable: c.conn.Readable(), ReadClosed: c.conn.ReadClosed(),
		Writable: c.conn.SendSpace(), WriteClosed: c.conn.SendClosed(),
		Unsent: c.conn.Info(c.s.clk.Now()).NotSent, Unacked: c.conn.SendQueue(),
		Err: c.conn.Err(),
	}
}
