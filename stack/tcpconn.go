package stack

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
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

	heapIndex int32      // see deadlines
	due       clock.Time // see deadlines

	listener *TCPListener // that it came from, until it is accepted or gone
	early    *TCPListener // that accepted it before the handshake was complete
	rd, wr   *side        // nil: nobody waits, and there is no deadline
	id       uint64

	linger  int32 // seconds; -1: Close does not wait
	ready   bool  // in Stack.ready
	closed  bool  // by the user
	dead    bool  // out of the table
	writing bool  // a Write is under way
	long    bool  // the last Read was long: see maxYields

	reuse        Reuse
	tos          uint8
	ident        uint16 // of the next packet (IPv4's identification)
	fragmentable bool   // without Don't Fragment, as the user wants it
	split        bool   // and as the path needs it

	conn tcp.Conn
}

func (s *Stack) newConn(r *network.Route) *TCPConn {
	return &TCPConn{s: s, path: s.usePath(r), heapIndex: -1, due: clock.Never, linger: -1}
}

// tuple returns the two ends.
func (c *TCPConn) tuple() tuple {
	t := c.path.tuple
	t.localPort, t.remotePort = c.conn.Ports()
	return t
}

// between reports whether k are the two ends.
func (c *TCPConn) between(k *tuple) bool {
	local, remote := c.conn.Ports()
	return local == k.localPort && remote == k.remotePort && c.path.tuple.local == k.local && c.path.tuple.remote == k.remote
}

// joins is between for ends that are no key yet.
func (c *TCPConn) joins(a, b netip.AddrPort) bool {
	local, remote := c.conn.Ports()
	return remote == b.Port() && local == a.Port() && c.path.ends.remote == b.Addr() && c.path.ends.local == a.Addr()
}

// DialOptions say how a connection is opened.
type DialOptions struct {
	// Settings are what it begins with; nil: the host's.
	Settings *tcp.Settings
	// Reuse says with whom it shares its local port, if that is not chosen for it.
	Reuse Reuse
	// KeepAlive has the connection probed when it is idle; nil: it is not. Fields
	// that are zero are the settings'.
	KeepAlive *tcp.KeepAlive
}

// DialTCP opens a connection to remote and waits until it is established, or ctx
// is done. Of local, what is not set is chosen.
func (s *Stack) DialTCP(ctx context.Context, local, remote netip.AddrPort) (*TCPConn, error) {
	return s.DialTCPOptions(ctx, local, remote, DialOptions{})
}

// DialTCPOptions is DialTCP with all there is to choose.
func (s *Stack) DialTCPOptions(ctx context.Context, local, remote netip.AddrPort, o DialOptions) (*TCPConn, error) {
	s.mu.Lock()
	c, err := s.dial(local, remote, o, nil)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	if err := s.await(ctx, c); err != nil {
		return nil, err
	}
	return c, nil
}

// await sends the SYN of a connection and waits until it is established, or ctx is
// done. It is called with the lock held and returns without it.
func (s *Stack) await(ctx context.Context, c *TCPConn) error {
	defer s.mu.Unlock()
	s.pump()
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() {
			s.mu.Lock()
			s.wakeSide(c.wr)
			s.mu.Unlock()
		})
		defer stop()
	}
	for c.opening() {
		if err := ctx.Err(); err != nil {
			c.closed = true
			c.conn.Abort()
			s.touch(c)
			s.pump()
			return err
		}
		c.wait(&c.wr)
	}
	if err := c.conn.Err(); err != nil && c.conn.State() == tcp.Closed {
		c.closed = true
		return err
	}
	if s.closed {
		return net.ErrClosed
	}
	return nil
}

// dial makes a connection in SYN-SENT; if fastOpen is not nil, with what it offers the
// server of Fast Open.
func (s *Stack) dial(local, remote netip.AddrPort, o DialOptions, fastOpen func(*tcp.Settings, ends) tcp.FastOpen) (*TCPConn, error) {
	if s.closed {
		return nil, net.ErrClosed
	}
	if err := check(o.Settings); err != nil {
		return nil, err
	}
	set := s.settings(o.Settings)
	s.readClock()
	src := local.Addr()
	if src.IsUnspecified() {
		src = netip.Addr{}
	} else if src.IsValid() && !s.net.LocalAddr(src) {
		return nil, syscall.EADDRNOTAVAIL
	}
	r, err := s.net.Route(remote.Addr(), src)
	if err != nil {
		return nil, errno(err)
	}
	if r.Broadcast || remote.Addr().IsMulticast() {
		return nil, syscall.ENETUNREACH
	}
	remote = netip.AddrPortFrom(r.Dst, remote.Port())
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(r.Src, port) }
	port := local.Port()
	if port == 0 {
		port, err = s.ephemeral(r.Src, remote, func(port uint16) bool {
			return s.conns.find(at(port), remote) == nil && !s.listening(at(port))
		})
		if err != nil {
			// All are taken. One whose connection has ended, and whose
			// timestamps the peer can tell from a new one's, will do.
			port, err = s.ephemeral(r.Src, remote, func(port uint16) bool {
				old := s.conns.find(at(port), remote)
				return old != nil && old.conn.State() == tcp.TimeWait
			})
			if err != nil {
				return nil, err
			}
		}
	} else if s.inUse(at(port), o.Reuse) {
		return nil, syscall.EADDRINUSE
	}
	local = at(port)
	iss := tcp.ISN(s.key, s.now, local, remote)
	if old := s.conns.find(local, remote); old != nil {
		if old.conn.State() != tcp.TimeWait {
			return nil, syscall.EADDRINUSE
		}
		iss = old.conn.NextISS()
		old.kill()
	}
	c := s.newConn(&r)
	c.reuse = o.Reuse
	cfg := s.tcpConfig(&r, local, remote, iss, set)
	if fastOpen != nil {
		cfg.FastOpen = fastOpen(set, ends{local.Addr(), remote.Addr()})
	}
	c.conn.Open(s.now, &cfg)
	c.conn.SetKeepAlive(s.now, o.KeepAlive)
	s.add(c)
	s.touch(c)
	return c, nil
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
	path := s.net.PathMTU(s.now, &c.path.Route)
	c.conn.SetMTU(path.MTU)
	c.split = path.Locked
	c.conn.Output(s.now, c)
	e := c.conn.TakeEvents()
	if e&tcp.Readable != 0 {
		s.wakeSide(c.rd)
	}
	if e&(tcp.Writable|tcp.Connected) != 0 {
		s.wakeSide(c.wr)
		if c.conn.State() != tcp.Closed {
			s.net.Confirm(&c.path.Route, s.now)
		}
	}
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
		return
	}
	c.setTimer()
}

// setTimer brings the host's heap up to date.
func (c *TCPConn) setTimer() {
	if c.dead {
		return
	}
	c.s.deadline.set(c, min(c.conn.Deadline(), c.rd.due(), c.wr.due()))
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
	if c.listener != nil {
		c.listener.gone(c)
	}
	s.wakeSide(c.rd)
	s.wakeSide(c.wr)
	if c.closed {
		c.conn.Release()
	}
}

// kill ends a connection without a word to the peer.
func (c *TCPConn) kill() {
	c.conn.Kill()
	c.remove()
	c.conn.Release()
}

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

// briefRead is how many bytes are little for a Read to take: see maxYields.
const briefRead = 4096

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
		if !c.long && yields < maxYields && s.yield() {
			continue
		}
		c.wait(&c.rd)
	}
}

// take reads what there is. It is called with the lock held, and copies without.
func (c *TCPConn) take(b []byte) (int, error) {
	if c.conn.Readable() <= briefRead {
		c.long = false
		var few [4]packet.Frag
		return c.takeInto(few[:0], b)
	}
	c.long = true
	var many [48]packet.Frag // as many full segments as fill 64 KiB
	return c.takeInto(many[:0], b)
}

// takeInto is take with room for the pieces that the bytes lie in.
func (c *TCPConn) takeInto(room []packet.Frag, b []byte) (int, error) {
	s := c.s
	frags, n := c.conn.Take(room, len(b))
	if c.conn.HasOutput() {
		s.touch(c)
		s.pump()
	}
	s.mu.Unlock()
	off := 0
	for _, f := range frags {
		off += copy(b[off:], f.Bytes())
		f.Slab.Release()
	}
	return n, nil
}

// Write writes b, waiting while the send buffer is full. Bytes of two Writes are
// never mixed.
func (c *TCPConn) Write(b []byte) (n int, err error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if err := c.beginWrite(); err != nil {
		return 0, err
	}
	defer c.endWrite()
	return c.write(b, false)
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
	for {
		if err := c.writeError(); err != nil {
			return n, err
		}
		if len(b) == n {
			return n, nil
		}
		space := c.conn.SendSpace()
		if space == 0 {
			c.wait(&c.wr)
			continue
		}
		n += c.put(b[n:], space, more)
	}
}

// briefCopy is how many bytes are copied with the lock held.
const briefCopy = 1024

// put copies up to space bytes of b into the send buffer and sends what may be
// sent: if there is more to come, or room for more of b, only full segments. The
// lock is released meanwhile. It returns the number of bytes.
func (c *TCPConn) put(b []byte, space int, more bool) int {
	s := c.s
	want := min(len(b), space)
	slab, off := c.conn.Tail()
	size := 0
	if slab == nil {
		size = packet.SlabSize(want)
	}
	// To let go of the lock takes longer than to copy a few bytes.
	long := want > briefCopy
	if long {
		// Many may be between the two locks, each with room for all of what is left.
		s.tcpMem.Reserve(size)
		s.mu.Unlock()
	}
	if slab == nil {
		slab, off = packet.NewSlab(size), 0
	}
	n := copy(slab.B[off:], b[:want])
	if long {
		s.mu.Lock()
		s.tcpMem.Reserve(-size)
	}
	if c.dead || c.conn.SendClosed() {
		slab.Release()
		return 0 // the caller finds out why
	}
	c.conn.More(more || n < want)
	c.conn.Append(slab, off, n)
	s.touch(c)
	s.pump()
	return n
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
	s.touch(c)
	s.pumpNow()
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
	c.closed = true
	c.rd.end()
	c.wr.end()
	if s.closed || c.dead {
		c.conn.Release()
		s.mu.Unlock()
		return nil
	}
	s.readClock()
	if c.linger == 0 {
		c.conn.CloseNow()
	} else {
		c.conn.Close(s.now)
	}
	s.touch(c)
	s.pumpNow()
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
	s.rearm()
	return nil
}

// rearm sets the timer, if no loop is running that does it at its end.
func (s *Stack) rearm() {
	if !s.running && !s.closed {
		s.arm()
	}
}

// Local returns the local address.
func (c *TCPConn) Local() netip.AddrPort {
	port, _ := c.conn.Ports()
	return netip.AddrPortFrom(c.path.ends.local, port)
}

// Remote returns the peer's address.
func (c *TCPConn) Remote() netip.AddrPort {
	_, port := c.conn.Ports()
	return netip.AddrPortFrom(c.path.ends.remote, port)
}

// Stack returns the host that the connection is one of.
func (c *TCPConn) Stack() *Stack { return c.s }

// Info returns a look at the connection.
func (c *TCPConn) Info() tcp.Info {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.conn.Info(c.s.clk.Now())
}
