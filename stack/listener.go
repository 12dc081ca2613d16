package stack

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"thinnet/clock"
	"thinnet/network"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// DefaultBacklog is how many connections may wait for Accept, as Linux's
// net.core.somaxconn.
const DefaultBacklog = 4096

// TCPListener is a listening socket.
type TCPListener struct {
	s        *Stack
	local    netip.AddrPort // the address may be unspecified
	backlog  int
	set      *tcp.Settings
	reuse    Reuse
	keep     *tcp.KeepAlive // of its connections
	half     int            // connections in SYN-RECEIVED
	early    int            // of Fast Open whose handshake is not complete
	maxEarly int            // how many of them there may be
	queue    []*TCPConn     // established, not accepted
	closed   bool
	// cookiesUntil is when the last SYN cookie that it has sent is outdated.
	cookiesUntil clock.Time

	accepters waiters
}

// ListenOptions say what a listening socket is like.
type ListenOptions struct {
	// Backlog is how many connections wait for Accept at most, and as many may be
	// half open, if tcp.Settings.MaxSynBacklog is not less; 0 means DefaultBacklog.
	Backlog int
	// Settings are what the connections begin with; nil: the host's.
	Settings *tcp.Settings
	// Reuse says with whom it shares its address and port.
	Reuse Reuse
	// KeepAlive has connections probed when they are idle; nil: they are not.
	KeepAlive *tcp.KeepAlive
	// FastOpen is how many connections may be accepted with data in their SYN
	// before the handshake is complete, as TCP_FASTOPEN: see SetFastOpen.
	FastOpen int
}

// ListenTCP makes a listening socket. With port 0 one is chosen; an unspecified
// address stands for all of the host's. It reuses an address that only connections
// have. backlog is that of ListenOptions.
func (s *Stack) ListenTCP(local netip.AddrPort, backlog int) (*TCPListener, error) {
	return s.ListenTCPOptions(local, ListenOptions{Backlog: backlog, Reuse: Reuse{Addr: true}})
}

// ListenTCPOptions is ListenTCP with all there is to choose.
func (s *Stack) ListenTCPOptions(local netip.AddrPort, o ListenOptions) (*TCPListener, error) {
	if err := check(o.Settings); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, net.ErrClosed
	}
	if a := local.Addr(); !a.IsUnspecified() && !s.net.LocalAddr(a) {
		return nil, syscall.EADDRNOTAVAIL
	}
	if local.Port() == 0 {
		port, err := s.ephemeral(local.Addr(), netip.AddrPort{}, func(port uint16) portUse {
			return freeIf(!s.listening(netip.AddrPortFrom(local.Addr(), port)))
		})
		if err != nil {
			return nil, err
		}
		local = netip.AddrPortFrom(local.Addr(), port)
	} else if s.inUse(local, o.Reuse) {
		return nil, syscall.EADDRINUSE
	}
	if o.Backlog <= 0 {
		o.Backlog = DefaultBacklog
	}
	l := &TCPListener{
		s: s, local: local, backlog: o.Backlog, set: s.settings(o.Settings), reuse: o.Reuse,
		maxEarly: max(o.FastOpen, 0), keep: o.KeepAlive, accepters: newWaiters(s),
	}
	s.listen[local.Port()] = append(s.listen[local.Port()], l)
	return l, nil
}

// listening reports whether a listener would compete with one on local.
func (s *Stack) listening(local netip.AddrPort) bool {
	return slices.ContainsFunc(s.listen[local.Port()], func(l *TCPListener) bool {
		return overlap(l.local.Addr(), local.Addr())
	})
}

// listeners returns all listeners, sorted by port and address.
func (s *Stack) listeners() []*TCPListener {
	var all []*TCPListener
	for _, list := range s.listen {
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b *TCPListener) int { return a.local.Compare(b.local) })
	return all
}

// full reports whether no more connections may wait for Accept, and counts what has
// to be turned away for it.
func (l *TCPListener) full() bool {
	if len(l.queue) < l.backlog {
		return false
	}
	l.s.tcpCnt.ListenOverflows++
	l.s.tcpCnt.ListenDrops++
	return true
}

// open answers a SYN: it begins a connection, or sends a cookie. reopens says that
// the SYN takes the place of a connection in TIME-WAIT, for which iss is the sequence
// number to begin with: such a peer is no forger.
func (l *TCPListener) open(now clock.Time, seg *tcp.Segment, local, remote netip.AddrPort, iss tcp.Seq, reopens bool) {
	s := l.s
	cookie := false
	if !reopens {
		var drop bool
		if cookie, drop = l.pressure(); drop {
			s.tcpCnt.ListenDrops++
			return
		}
	}
	if l.full() {
		return
	}
	r, err := s.route(remote.Addr(), local.Addr())
	if err != nil {
		s.tcpCnt.ListenDrops++
		return
	}
	hash := tcp.TupleHash(s.key, local, remote)
	if !reopens && !cookie {
		iss = tcp.ISN(now, hash)
	}
	cfg := s.tcpConfig(r, local, remote, iss, l.set)
	if cookie {
		l.answerWithCookie(now, &cfg, seg, r)
		return
	}
	c := l.newConn(r, remote.Port())
	cfg.TSOffset = c.path.tsOffset
	cfg.FastOpen = l.fastOpen(seg, local.Addr(), remote.Addr())
	c.conn.OpenPassive(now, &cfg, seg)
	c.conn.SetKeepAlive(now, l.keep)
	s.add(c, hash)
	if cfg.FastOpen.Accept {
		l.openEarly(c)
	}
	s.touch(c)
}

// newConn makes a connection that is half open.
func (l *TCPListener) newConn(r *network.Route, remote uint16) *TCPConn {
	c := l.s.newConn(r, l.local.Port(), remote)
	c.listener, c.pending, c.reuse = l, true, l.reuse
	l.half++
	return c
}

// established moves a connection to those that wait for Accept.
func (l *TCPListener) established(c *TCPConn) {
	l.half--
	l.queue = append(l.queue, c)
	l.accepters.wake()
}

// input hands a segment to a half-open connection. An acknowledgement that would
// establish it when there is no room for it is dropped: the SYN-ACK, sent again, asks
// for another.
func (l *TCPListener) input(now clock.Time, c *TCPConn, seg *tcp.Segment) {
	s := l.s
	if c.conn.Completes(seg) && l.full() {
		if l.set.AbortOnOverflow {
			s.tcpCnt.EmbryonicRsts++
			s.sendReset(now, seg, c.Local(), c.Remote())
			c.kill()
		}
		seg.Packet.Release()
		return
	}
	c.conn.Input(now, seg)
	if c.conn.State() >= tcp.Established {
		l.established(c)
	}
}

// gone forgets a connection that ended before it was accepted. Nobody holds it, unless it
// waits for Accept.
func (l *TCPListener) gone(c *TCPConn) {
	if i := slices.Index(l.queue, c); i >= 0 {
		// Accept still returns it, and the reader learns why it ended, as on
		// Linux.
		return
	}
	l.half--
	c.pending, c.closed = false, true
}

// Accept waits for a connection.
func (l *TCPListener) Accept() (*TCPConn, error) {
	s := l.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for yields := 0; ; yields++ {
		switch {
		case l.closed || s.closed:
			return nil, net.ErrClosed
		case l.accepters.late():
			return nil, os.ErrDeadlineExceeded
		case len(l.queue) > 0:
			return l.next(), nil
		}
		if yields < maxYields && s.yield() {
			continue
		}
		l.accepters.wait()
	}
}

// next takes the first connection that waits.
func (l *TCPListener) next() *TCPConn {
	c := l.queue[0]
	l.queue = slices.Delete(l.queue, 0, 1)
	c.pending = false
	return c
}

// SetDeadline sets when Accept gives up; clock.Never for never.
func (l *TCPListener) SetDeadline(t clock.Time) error {
	return l.accepters.setDeadline(&l.closed, t)
}

// Local returns the address that it listens on.
func (l *TCPListener) Local() netip.AddrPort { return l.local }

// Close ends the listener, resets the connections that nobody accepted, and forgets
// those that are half open.
func (l *TCPListener) Close() error {
	s := l.s
	s.mu.Lock()
	if l.closed || s.closed {
		s.mu.Unlock()
		return net.ErrClosed
	}
	l.end()
	port := l.local.Port()
	if same := s.listen[port]; len(same) == 1 {
		delete(s.listen, port)
	} else {
		i := slices.Index(same, l)
		s.listen[port] = slices.Delete(same, i, i+1)
	}
	var all []*TCPConn
	if l.half > 0 || len(l.queue) > 0 { // a host may have very many
		all = s.conns.sorted()
	}
	for _, c := range all {
		if !c.pending || c.listener != l {
			continue
		}
		c.pending, c.closed = false, true
		if c.conn.State() == tcp.SynReceived && !c.conn.Early() {
			// As Linux does: what comes later belongs to no connection.
			c.kill()
			continue
		}
		c.conn.CloseNow()
		s.touch(c)
	}
	for _, c := range l.queue {
		c.lose() // some have ended before
	}
	l.queue = nil
	s.pump()
	s.mu.Unlock()
	return nil
}

// end wakes those who wait in Accept, for the last time.
func (l *TCPListener) end() {
	l.closed = true
	l.accepters.end()
}

// info returns a look at the listener.
func (l *TCPListener) info() SocketInfo {
	return SocketInfo{
		Protocol: wire.ProtocolTCP, State: tcp.Listen, Local: l.local,
		Info: &tcp.Info{
			State: tcp.Listen, CongestionName: l.set.CongestionControl,
			SndCwnd: l.set.InitialWindow, SndSsthresh: tcp.InfinitySsthresh,
		},
		RecvQueue: len(l.queue), SendQueue: l.backlog,
	}
}
