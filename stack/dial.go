package stack

import (
	"context"
	"net"
	"net/netip"
	"syscall"

	"thinnet/transport/tcp"
)

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

// await sends the SYN of a connection that dial has just made and waits until it is
// established, or ctx is done. It is called with the lock held and returns without it.
func (s *Stack) await(ctx context.Context, c *TCPConn) error {
	defer s.mu.Unlock()
	s.pumpNow()
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
			c.lose()
			c.conn.Abort()
			s.touch(c)
			s.pump()
			return err
		}
		c.wait(&c.wr)
	}
	if err := c.conn.Err(); err != nil && c.conn.State() == tcp.Closed {
		c.lose()
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
	r, err := s.route(remote.Addr(), src)
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
		port, err = s.ephemeral(r.Src, remote, func(port uint16) portUse {
			switch old := s.conns.find(at(port), remote); {
			case old == nil:
				return freeIf(!s.listening(at(port)))
			case old.remnant().State() == tcp.TimeWait:
				return portAgain // the peer can tell a new one's timestamps
			}
			return portTaken
		})
		if err != nil {
			return nil, err
		}
	} else if s.inUse(at(port), o.Reuse) {
		return nil, syscall.EADDRINUSE
	}
	local = at(port)
	hash := tcp.TupleHash(s.key, local, remote)
	iss := tcp.ISN(s.now, hash)
	if old := s.conns.find(local, remote); old != nil {
		if old.remnant().State() != tcp.TimeWait {
			return nil, syscall.EADDRINUSE
		}
		iss = old.remnant().NextISS()
		old.kill()
	}
	c := s.newConn(r, port, remote.Port())
	c.reuse = o.Reuse
	if !src.IsValid() {
		c.path.chosen = s.net.Generation() + 1
	}
	cfg := s.tcpConfig(r, local, remote, iss, set)
	cfg.TSOffset = c.path.tsOffset
	if fastOpen != nil {
		cfg.FastOpen = fastOpen(set, ends{local.Addr(), remote.Addr()})
	}
	c.conn.Open(s.now, &cfg)
	c.conn.SetKeepAlive(s.now, o.KeepAlive)
	s.add(c, hash)
	s.touch(c)
	return c, nil
}
