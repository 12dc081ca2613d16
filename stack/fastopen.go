package stack

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/siphash"
	"thinnet/transport/tcp"
)

// cookieCacheSize is how many servers' cookies a host remembers.
const cookieCacheSize = 1024

// synReserve is how much of a segment is left to the options of a SYN with data, in
// bytes: all that there may be, since something on the way may add some.
const synReserve = 40

// cookieCache is what a client remembers of servers (RFC 7413, section 4.1.3).
type cookieCache struct {
	entries map[ends]*cookieEntry
	order   []ends // as they came
}

type ends struct{ local, remote netip.Addr }

type cookieEntry struct {
	cookie []byte
	mss    int // of the server's last SYN-ACK
	losses int // SYNs with data in a row that were lost
	lostAt clock.Time
}

// entry returns what is known of a server; the oldest is forgotten for a new one.
func (c *cookieCache) entry(r ends) *cookieEntry {
	if e := c.entries[r]; e != nil {
		return e
	}
	if c.entries == nil {
		c.entries = make(map[ends]*cookieEntry)
	}
	if len(c.order) >= cookieCacheSize {
		delete(c.entries, c.order[0])
		c.order = slices.Delete(c.order, 0, 1)
	}
	e := &cookieEntry{mss: tcp.DefaultMSS}
	c.entries[r] = e
	c.order = append(c.order, r)
	return e
}

// ForgetCookies forgets what is known of other hosts' Fast Open, as ip tcp_metrics
// flush does.
func (s *Stack) ForgetCookies() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cookies = cookieCache{}
}

// learn takes what a server's SYN-ACK said.
func (c *cookieCache) learn(now clock.Time, r ends, reply tcp.FastOpenReply) {
	if len(reply.Cookie) == 0 && c.entries[r] == nil {
		return // a server without Fast Open
	}
	e := c.entry(r)
	e.mss = reply.MSS
	if len(reply.Cookie) > 0 {
		e.cookie = slices.Clone(reply.Cookie)
	}
	if reply.Lost {
		e.losses++
		e.lostAt = now
	} else {
		e.losses = 0
	}
}

// blocked reports whether data in a SYN was lost so often that it is not tried for
// a time, which doubles (RFC 7413, section 4.1.3.1).
func (e *cookieEntry) blocked(now clock.Time) bool {
	return e.losses > 1 && now.Sub(e.lostAt) < time.Minute<<min(e.losses, 10)
}

// fastOpenOffer returns what a SYN to a server has of Fast Open.
func (s *Stack) fastOpenOffer(set *tcp.Settings, r ends) tcp.FastOpen {
	e := s.cookies.entries[r]
	if e == nil {
		e = &cookieEntry{mss: tcp.DefaultMSS}
	}
	switch {
	case e.blocked(s.now) || s.blackHole.blocks(s.now, set.FastOpenBlackholeTimeout):
		return tcp.FastOpen{}
	case len(e.cookie) > 0:
		return tcp.FastOpen{Option: true, Cookie: e.cookie, MaxData: e.mss - synReserve}
	case set.FastOpen&tcp.FastOpenClientNoCookie != 0:
		return tcp.FastOpen{MaxData: e.mss - synReserve}
	}
	return tcp.FastOpen{Option: true}
}

// StartFastOpen opens a connection as StartTCP does, by TCP Fast Open (RFC 7413):
// as much of data as there is room for goes with the SYN if the server's cookie is
// known, otherwise nothing does, and the SYN asks for one. It returns how much of
// data the connection has taken: with rest also what follows once it is
// established. The error is EOPNOTSUPP if the settings do not allow it.
func (s *Stack) StartFastOpen(local, remote netip.AddrPort, o DialOptions, data []byte, rest bool) (*TCPConn, int, error) {
	s.mu.Lock()
	c, n, err := s.dialFast(local, remote, o, data, rest)
	if err != nil {
		s.mu.Unlock()
		return nil, 0, err
	}
	s.pump()
	s.mu.Unlock()
	return c, n, nil
}

// DialFastOpen opens a connection as DialTCPOptions does, by TCP Fast Open, and writes
// data, as much of which as there is room for goes with the SYN if the server's cookie is
// known. A server may be given it twice, if the network duplicates the SYN (RFC 7413,
// section 6.1): data must be such that this does no harm. It returns once there was room
// for all of data; if ctx is done before, the connection is reset.
func (s *Stack) DialFastOpen(ctx context.Context, local, remote netip.AddrPort, o DialOptions, data []byte) (*TCPConn, error) {
	s.mu.Lock()
	c, n, err := s.dialFast(local, remote, o, data, true)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	if err := s.await(ctx, c); err != nil {
		return nil, err
	}
	if n < len(data) {
		if err := c.writeWhile(ctx, data[n:]); err != nil {
			c.SetLinger(0)
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// writeWhile writes all of b, unless ctx is done before.
func (c *TCPConn) writeWhile(ctx context.Context, b []byte) error {
	stop := context.AfterFunc(ctx, func() { c.SetWriteDeadline(c.s.clk.Now()) })
	_, err := c.Write(b)
	if !stop() {
		return ctx.Err() // the deadline is there, or will be
	}
	return err
}

func (s *Stack) dialFast(local, remote netip.AddrPort, o DialOptions, data []byte, rest bool) (*TCPConn, int, error) {
	if !s.closed && s.settings(o.Settings).FastOpen&tcp.FastOpenClient == 0 {
		return nil, 0, syscall.EOPNOTSUPP
	}
	c, err := s.dial(local, remote, o, s.fastOpenOffer)
	if err != nil {
		return nil, 0, err
	}
	if room := c.conn.FastOpenRoom(); !rest && len(data) > room {
		data = data[:room]
	}
	n := 0
	for n < len(data) {
		k := min(len(data)-n, c.conn.SendSpace(), packet.LargeSlab)
		if k == 0 {
			break
		}
		slab := packet.NewSlab(k)
		copy(slab.B, data[n:n+k])
		c.conn.Append(slab, 0, k)
		n += k
	}
	return c, n, nil
}

// CanFastOpen reports whether a connection that StartFastOpen opened now would
// carry data in its SYN.
func (s *Stack) CanFastOpen(local, remote netip.AddrPort, set *tcp.Settings) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	set = s.settings(set)
	src := local.Addr()
	if src.IsUnspecified() {
		src = netip.Addr{}
	}
	r, err := s.net.Route(remote.Addr(), src)
	s.readClock()
	return err == nil && set.FastOpen&tcp.FastOpenClient != 0 &&
		s.fastOpenOffer(set, ends{r.Src, r.Dst}).MaxData > 0
}

// SetFastOpen has a listener accept connections with data in their SYN, at most n
// of them at a time that have not completed the handshake (RFC 7413, section 5.1);
// 0 ends it. The settings must have FastOpenServer.
func (l *TCPListener) SetFastOpen(n int) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.maxEarly = max(n, 0)
}

// fastOpen decides about the SYN seg (RFC 7413, section 4.2.2).
func (l *TCPListener) fastOpen(seg *tcp.Segment, local, remote netip.Addr) tcp.FastOpen {
	most, cnt, o := l.maxEarly, &l.s.tcpCnt, &seg.Options
	if l.set.FastOpen&tcp.FastOpenAllListeners != 0 && most == 0 {
		most = l.backlog
	}
	noCookie := l.set.FastOpen&tcp.FastOpenServerNoCookie != 0
	if l.set.FastOpen&tcp.FastOpenServer == 0 || most == 0 || !o.FastOpen && !(noCookie && seg.Len > 0) {
		return tcp.FastOpen{}
	}
	asks := o.FastOpen && len(o.Cookie) == 0
	if asks {
		cnt.TCPFastOpenCookieReqd++
	}
	if l.early >= most {
		cnt.TCPFastOpenListenOverflow++
		return tcp.FastOpen{}
	}
	cookie := l.s.fastOpenCookie(l.set, remote, local)
	switch {
	case noCookie && !asks, subtle.ConstantTimeCompare(o.Cookie, cookie[:]) == 1:
		cnt.TCPFastOpenPassive++
		return tcp.FastOpen{Accept: true}
	case !asks:
		cnt.TCPFastOpenPassiveFail++
	}
	return tcp.FastOpen{Option: true, Cookie: cookie[:]}
}

// fastOpenCookie returns the cookie for a client: a keyed hash of the two
// addresses, which only a host at the client's address is told (RFC 7413, section
// 4.1.2). It is Linux's, so that hosts with one key can stand in for each other.
func (s *Stack) fastOpenCookie(set *tcp.Settings, client, server netip.Addr) (cookie [8]byte) {
	key := set.FastOpenKey
	if key == (siphash.Key{}) {
		key = s.key
		key.K0 ^= 0x74666f // another function than the ISN's
	}
	a, b := client.AsSlice(), server.AsSlice()
	var both [32]byte
	n := copy(both[:], a)
	n += copy(both[n:], b)
	words := [4]uint64{}
	for i := range n / 8 {
		words[i] = binary.LittleEndian.Uint64(both[8*i:])
	}
	binary.LittleEndian.PutUint64(cookie[:], key.Words(words[:n/8]...))
	return cookie
}

// openEarly makes a connection that was opened with data acceptable before its
// handshake is complete.
func (l *TCPListener) openEarly(c *TCPConn) {
	c.early = true
	l.early++
	l.established(c)
}

// handshakeDone takes a connection from those that its listener accepted early.
func (c *TCPConn) handshakeDone() {
	if c.early {
		c.listener.early--
		c.early = false
	}
}
