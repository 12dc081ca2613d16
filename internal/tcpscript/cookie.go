package tcpscript

import (
	"thinnet/packet"
	"thinnet/siphash"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// cookie does what a listener does that answers SYNs with cookies. It reports
// whether the segment was one for it.
func (r *runner) cookie(in *tcp.Segment) bool {
	key := siphash.Key{K0: 1, K1: 2}
	r.setup()
	if in.Flags&(wire.FlagSYN|wire.FlagACK|wire.FlagRST) == wire.FlagSYN {
		r.start.IRS = in.Seq
		var c tcp.Conn
		c.AnswerSYN(r.now, &r.config, key, in, cookieSink{r})
		in.Packet.Release()
		return true
	}
	syn, ok := tcp.CookieSYN(r.now, &r.config, key, in)
	if !ok {
		return false
	}
	r.conn.OpenCookie(r.now, &r.config, &syn)
	r.conn.Input(r.now, in)
	return true
}

// cookieSink has the script's sequence numbers count from the cookie.
type cookieSink struct{ *runner }

func (s cookieSink) Packet() *packet.Packet {
	s.start.ISS = s.config.ISS
	return s.runner.Packet()
}
