package stack

import (
	"net/netip"

	"thinnet/clock"
	"thinnet/network"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// pressure says how to treat a SYN: with a cookie, or not at all, since too many
// connections are half open.
func (l *TCPListener) pressure() (cookie, drop bool) {
	mode := l.set.SynCookies
	if mode != tcp.SynCookiesAlways && l.half < min(l.backlog, l.set.MaxSynBacklog) {
		return false, false
	}
	if mode == tcp.SynCookiesNever {
		l.s.tcpCnt.TCPReqQFullDrop++
		return false, true
	}
	l.s.tcpCnt.TCPReqQFullDoCookies++
	return true, false
}

// answerWithCookie answers the SYN seg and keeps nothing of it.
func (l *TCPListener) answerWithCookie(now clock.Time, cfg *tcp.Config, seg *tcp.Segment, r *network.Route) {
	s := l.s
	s.tcpCnt.SyncookiesSent++
	l.cookiesUntil = now.Add(tcp.CookieLife)
	cfg.TSOffset = tcp.TSOffset(s.key, r.Src, r.Dst)
	c := &s.forgetful
	s.forgetfulPath.Route = *r
	c.s, c.path = s, &s.forgetfulPath
	c.conn = s.machines.borrow()
	c.conn.AnswerSYN(now, cfg, s.key, seg, c)
	c.conn = s.machines.giveBack(c.conn)
}

// acceptCookie opens a connection for seg, if it acknowledges a cookie. It reports
// whether seg has been dealt with; otherwise it belongs to no connection.
func (l *TCPListener) acceptCookie(now clock.Time, seg *tcp.Segment, local, remote netip.AddrPort) bool {
	s := l.s
	if l.set.SynCookies == tcp.SynCookiesNever || now > l.cookiesUntil || seg.Flags&wire.FlagSYN != 0 {
		return false
	}
	r, err := s.route(remote.Addr(), local.Addr())
	if err != nil {
		return false
	}
	cfg := s.tcpConfig(r, local, remote, 0, l.set)
	cfg.TSOffset = tcp.TSOffset(s.key, r.Src, r.Dst)
	syn, ok := tcp.CookieSYN(now, &cfg, s.key, seg)
	if !ok {
		s.tcpCnt.SyncookiesFailed++
		return false
	}
	s.tcpCnt.SyncookiesRecv++
	if l.full() {
		seg.Packet.Release() // its data comes again, and the cookie with it
		return true
	}
	c := l.newConn(r, remote.Port())
	c.conn.OpenCookie(now, &cfg, &syn)
	c.conn.SetKeepAlive(now, l.keep)
	s.add(c, tcp.TupleHash(s.key, local, remote))
	l.input(now, c, seg)
	s.touch(c)
	return true
}
