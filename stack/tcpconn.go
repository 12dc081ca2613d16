package stack

import (
	"net"
	"net/netip"
	"time"

	"thinnet/clock"
	"thinnet/network"
	"thinnet/packet"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// TCPConn is a connection with a user who may wait on it. Errors are those of
// package syscall, [os.ErrDeadlineExceeded], [net.ErrClosed] and [io.EOF].
type TCPConn struct {
	s    *Stack
	path *path
	next *TCPConn // see connTable
	hash uint32

	heapIndex int32      // in the host's deadlines; -1: not there
	due       clock.Time // when it is looked at; clock.Never: it is not in deadlines

	listener *TCPListener // that it came from; nil: none
	rd, wr   *side        // nil: nobody waits, and there is no deadline
	id       uint64

	linger  int32 // seconds; -1: Close does not wait
	pending bool  // neither accepted from listener nor gone
	early   bool  // accepted before the handshake was complete, and not yet so
	ready   bool  // in Stack.ready
	closed  bool  // by the user
	dead    bool  // out of the table
	writing bool  // a Write is under way
	long    bool  // the last Read was long: see yields

	reuse        Reuse
	tos          uint8
	ident        uint16 // of the next packet (IPv4's identification)
	fragmentable bool   // without Don't Fragment, as the user wants it
	split        bool   // and as the path needs it

	localPort, remotePort uint16

	conn *tcp.Conn // see machines
	rest *resting  // nil: it does not rest
}

// newConn makes a connection between two ports, and borrows a machine for it.
func (s *Stack) newConn(r *network.Route, local, remote uint16) *TCPConn {
	return &TCPConn{
		s: s, path: s.usePath(r), heapIndex: -1, due: clock.Never, linger: -1,
		localPort: local, remotePort: remote, conn: s.machines.borrow(),
	}
}

// tuple returns the two ends.
func (c *TCPConn) tuple() tuple {
	t := c.path.tuple
	t.localPort, t.remotePort = c.localPort, c.remotePort
	return t
}

// between reports whether k are the two ends.
func (c *TCPConn) between(k *tuple) bool {
	return c.localPort == k.localPort && c.remotePort == k.remotePort && c.path.tuple.local == k.local && c.path.tuple.remote == k.remote
}

// joins is between for ends that are no key yet.
func (c *TCPConn) joins(a, b netip.AddrPort) bool {
	return c.remotePort == b.Port() && c.localPort == a.Port() && c.path.ends.remote == b.Addr() && c.path.ends.local == a.Addr()
}

// Packet implements tcp.Sink.
func (c *TCPConn) Packet() *packet.Packet { return c.path.Interface.Out.New() }

// Send implements tcp.Sink.
func (c *TCPConn) Send(p *packet.Packet, tos uint8) {
	// A segment that cannot be sent now is lost like one on the wire: the
	// layer has counted it, and it will be sent again.
	p.Flow = uint32(tcpFlow + c.id)
	_ = c.s.net.Output(c.s.now, p, &c.path.Route, &network.OutputHeader{
		Protocol: wire.ProtocolTCP, TOS: c.tos&^3 | tos, DontFragment: !c.fragmentable && !c.split, ID: &c.ident,
	})
}

// output sends what is due and tells the users what has changed. It is the end
// of every event of the connection.
func (c *TCPConn) output() {
	s := c.s
	c.ready = false
	if !c.conn.Quiet() {
		path := s.net.PathMTU(s.now, &c.path.Route)
		c.conn.SetMTU(path.MTU)
		c.split = path.Locked
		c.conn.Output(s.now, c)
	}
	e := c.conn.TakeEvents()
	if e&tcp.Readable != 0 && c.rd != nil {
		s.wakeSide(c.rd)
	}
	if e&(tcp.Writable|tcp.Connected) != 0 {
		if c.wr != nil {
			s.wakeSide(c.wr)
		}
		if c.conn.State() != tcp.Closed {
			s.net.Confirm(&c.path.Route, s.now)
		}
	}
	if e&^(tcp.Readable|tcp.Writable) != 0 && c.turn(e) {
		return
	}
	if c.closed && c.conn.Rests() && s.resting.take(c) {
		return
	}
	if at := c.conn.Deadline(); at < c.due { // users who wait say themselves how long
		s.deadline.set(c, at)
	}
}

// turn does what is to be done at a turn in the connection's life, and reports whether that
// was its end.
func (c *TCPConn) turn(e tcp.Events) (end bool) {
	s := c.s
	if e&tcp.Connected != 0 {
		if r, ok := c.conn.FastOpenReply(); ok {
			s.cookies.learn(s.now, ends{c.path.Src, c.path.Dst}, r)
		}
		c.handshakeDone()
	}
	if e&tcp.FastOpenBlackhole != 0 {
		s.blackHole.find(s.now)
	}
	if e&tcp.FastOpenWorks != 0 && !c.path.Local {
		s.blackHole.works(s.now, c.conn.Settings().FastOpenBlackholeTimeout)
	}
	if e&tcp.Finished != 0 {
		c.remove()
	}
	return c.dead
}

// deadline returns when tick has something to do.
func (c *TCPConn) deadline() clock.Time { return min(c.conn.Deadline(), c.rd.due(), c.wr.due()) }

// setTimer sees to it that tick is called when it has something to do.
func (c *TCPConn) setTimer() {
	if at := c.deadline(); at < c.due && !c.dead {
		c.s.deadline.set(c, at)
	}
}

// tick does what is due.
func (c *TCPConn) tick() {
	s := c.s
	if c.rd.due() <= s.now {
		s.wakeSide(c.rd)
	}
	if c.wr.due() <= s.now {
		s.wakeSide(c.wr)
	}
	c.conn.Tick(s.now)
	s.touch(c)
}

// remove takes a finished connection out of the host.
func (c *TCPConn) remove() {
	if c.dead {
		return
	}
	c.dead = true
	s := c.s
	s.deadline.remove(c)
	s.conns.remove(c)
	s.leavePath(c.path)
	c.handshakeDone()
	if c.pending {
		c.listener.gone(c)
	}
	s.wakeSide(c.rd)
	s.wakeSide(c.wr)
	if c.closed {
		c.release()
	}
}

// lose takes note that nobody holds the connection any more.
//
//go:noinline // happens once
func (c *TCPConn) lose() {
	c.closed = true
	if c.dead {
		c.release()
	}
}

// release gives back the machine of a connection that is out of the host, and that nobody
// holds.
func (c *TCPConn) release() {
	c.conn.Release()
	c.conn = c.s.machines.giveBack(c.conn)
}

// kill ends a connection without a word to the peer. What has arrived can still be read.
func (c *TCPConn) kill() {
	if c.rest != nil {
		c.rest.tcp.End(c.s.tcpMem)
		c.s.resting.remove(c.rest)
		c.rest = nil
	} else {
		c.conn.Kill()
	}
	c.remove()
}

// CloseWrite sends a FIN behind what was written.
func (c *TCPConn) CloseWrite() error { return c.do(func() { c.conn.CloseWrite() }) }

// CloseRead makes reads return io.EOF; what arrives is thrown away.
func (c *TCPConn) CloseRead() error { return c.do(func() { c.conn.CloseRead() }) }

// do runs f on an open connection, and sends what it causes.
func (c *TCPConn) do(f func()) error {
	s := c.s
	s.mu.Lock()
	if c.closed || s.closed {
		s.mu.Unlock()
		return net.ErrClosed
	}
	s.readClock()
	f()
	s.pumpFor(c)
	s.mu.Unlock()
	return nil
}

// Close ends the connection. What was written is still sent, unless SetLinger
// says otherwise.
func (c *TCPConn) Close() error {
	s := c.s
	s.mu.Lock()
	if c.closed {
		s.mu.Unlock()
		return net.ErrClosed
	}
	c.rd.end()
	c.wr.end()
	c.lose()
	if s.closed || c.dead {
		s.mu.Unlock()
		return nil
	}
	s.readClock()
	if c.linger == 0 {
		c.conn.CloseNow()
	} else {
		c.conn.Close(s.now)
	}
	s.pumpFor(c)
	defer s.mu.Unlock()
	if c.linger <= 0 {
		return nil
	}
	s.borrow(&c.wr).deadline = s.clk.Now().Add(time.Duration(c.linger) * time.Second)
	for !c.dead && !s.closed && c.conn.SendQueue() > 0 {
		if c.wr.late(s) {
			c.conn.CloseNow()
			s.touch(c)
			s.pump()
			break
		}
		c.wait(&c.wr)
	}
	return nil
}

// SetReadDeadline sets when a Read gives up, waiting or not; clock.Never for
// never.
func (c *TCPConn) SetReadDeadline(t clock.Time) error {
	return c.setDeadline(&c.rd, t)
}

// SetWriteDeadline sets when a Write gives up.
func (c *TCPConn) SetWriteDeadline(t clock.Time) error {
	return c.setDeadline(&c.wr, t)
}

func (c *TCPConn) setDeadline(w **side, t clock.Time) error {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.closed || s.closed {
		return net.ErrClosed
	}
	s.borrow(w).deadline = t
	if s.past(t) {
		s.wakeSide(*w)
	}
	s.giveBack(w)
	c.setTimer()
	s.arm()
	return nil
}

// Local returns the local address.
func (c *TCPConn) Local() netip.AddrPort {
	return netip.AddrPortFrom(c.path.ends.local, c.localPort)
}

// Remote returns the peer's address.
func (c *TCPConn) Remote() netip.AddrPort {
	return netip.AddrPortFrom(c.path.ends.remote, c.remotePort)
}

// Stack returns the host that the connection is one of.
func (c *TCPConn) Stack() *Stack { return c.s }

// Info returns a look at the connection. Of one that has ended and is closed nothing more
// is known.
func (c *TCPConn) Info() tcp.Info {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.conn.Info(c.s.clk.Now())
}
