package tcp

import (
	"time"

	"thinnet/clock"
	"thinnet/siphash"
	"thinnet/wire"
)

// A SYN cookie (RFC 4987, section 3.6) is the initial sequence number of a SYN-ACK
// whose sender remembers nothing. The acknowledgement brings it back, and with it
// what a half-open connection would have held: that the peer is where it says it is,
// since nobody else was told the number, and how long its segments may be. The
// number is
//
//	hash(ends) + minute<<24 + (hash(ends, peer's ISN, minute) + size) mod 2^24
//
// so that it grows with time as other initial sequence numbers do, and a number that
// somebody makes up is a cookie once in 2^28 times.
//
// There is no room for the other options. As Linux does, they lie in the lowest bits
// of the timestamp, which comes back as well; a peer without timestamps gets none.

// cookieMinute is how often cookies change, and cookieMinutes how many kinds of them
// are good at a time.
const (
	cookieMinute  = time.Minute
	cookieMinutes = 2
)

// CookieLife is how long, at most, a SYN cookie can be acknowledged.
const CookieLife = cookieMinutes * cookieMinute

// cookieSizes are the maximum segment sizes that a cookie can hold, in bytes: the
// least, the one of a peer that does not say, and those of common links. A peer is
// sent no longer segments than it takes, so what it said is rounded down.
var cookieSizes = [8]uint16{leastSndMSS, DefaultMSS, 1220, 1300, 1360, 1440, 1460, 8960}

// The lowest bits of the timestamp of a SYN-ACK with a cookie.
const (
	cookieScale   = 0xf // the peer's window scale
	cookieNoScale = 0xf // none was agreed upon: it is more than maxScale
	cookieSACK    = 1 << 4
	cookieECN     = 1 << 5
	cookieBits    = cookieScale | cookieSACK | cookieECN
)

// cookie is what the cookies of one pair of ends are made of.
type cookie struct {
	key  siphash.Key
	ends uint64 // the hash of them: its lower half hides which minute it is
}

func newCookie(k siphash.Key, cfg *Config) cookie {
	k.K0 ^= 0x636f6f6b6965 // another function than the ISN's
	return cookie{k, TupleHash(k, cfg.Local, cfg.Remote)}
}

// proof is what only the peer is told who sent the SYN irs, and changes by the
// minute. It has 24 bits.
func (c cookie) proof(minute uint32, irs Seq) uint32 {
	return uint32(c.key.Words(c.ends, uint64(minute)<<32|uint64(irs))) & 0xffffff
}

// make returns the cookie for a SYN with the sequence number irs.
func (c cookie) make(now clock.Time, irs Seq, mss uint16) Seq {
	size := len(cookieSizes) - 1
	for size > 0 && cookieSizes[size] > mss {
		size--
	}
	minute := uint32(now / clock.Time(cookieMinute))
	return Seq(uint32(c.ends) + minute<<24 + (c.proof(minute, irs)+uint32(size))&0xffffff)
}

// check returns the segment size that a cookie holds, and false if it is none, or
// too old.
func (c cookie) check(now clock.Time, irs, iss Seq) (mss uint16, ok bool) {
	n := uint32(iss) - uint32(c.ends)
	minute := uint32(now / clock.Time(cookieMinute))
	age := (minute - n>>24) & 0xff
	if age >= cookieMinutes {
		return 0, false
	}
	size := (n - c.proof(minute-age, irs)) & 0xffffff
	if size >= uint32(len(cookieSizes)) {
		return 0, false
	}
	return cookieSizes[size], true
}

// AnswerSYN answers the SYN s with a SYN cookie: what a passive open sends, and
// nothing is kept of it. c, which must be Closed, is Closed again afterwards; it can
// be used for the next SYN. The key is the host's secret, and cfg.ISS is chosen here.
func (c *Conn) AnswerSYN(now clock.Time, cfg *Config, k siphash.Key, s *Segment, sink Sink) {
	syn := Segment{Seq: s.Seq, Flags: s.Flags, Options: s.Options}
	o := &syn.Options
	if !o.HasTimestamps || cfg.Settings.NoTimestamps {
		*o = wire.TCPOptions{MSS: o.MSS}
		syn.Flags = wire.FlagSYN
	}
	if o.MSS == 0 {
		o.MSS = DefaultMSS
	}
	cfg.ISS = newCookie(k, cfg).make(now, s.Seq, o.MSS)
	c.OpenPassive(now, cfg, &syn)
	if c.useTS {
		c.tsOffset -= cookieDelay(c.timestamp(now)-c.tsOffset, c.cookieOptions())
	}
	c.Output(now, sink)
	c.become(roleNone)
	c.state = Closed
}

// cookieOptions returns what was agreed upon, as a timestamp's lowest bits.
func (c *Conn) cookieOptions() uint32 {
	bits := uint32(cookieNoScale)
	if c.useScale {
		bits = uint32(c.sndScale)
	}
	if c.useSACK {
		bits |= cookieSACK
	}
	if c.useECN {
		bits |= cookieECN
	}
	return bits
}

// cookieDelay returns for how many milliseconds, since stamp, it has been that a
// timestamp had the lowest bits that are asked for: less than 64.
func cookieDelay(stamp, bits uint32) uint32 { return (stamp - bits) & cookieBits }

// CookieSYN returns the SYN that s completes the handshake of, if s acknowledges a
// SYN cookie of the host with the key k; otherwise it returns false. cfg is the one
// for a connection between the ends of s, and its ISS is set to the cookie.
func CookieSYN(now clock.Time, cfg *Config, k siphash.Key, s *Segment) (syn Segment, ok bool) {
	if s.Flags&(wire.FlagACK|wire.FlagSYN|wire.FlagRST) != wire.FlagACK {
		return syn, false
	}
	cfg.ISS = s.Ack - 1
	syn.Seq, syn.Flags = s.Seq-1, wire.FlagSYN
	o := &syn.Options
	if o.MSS, ok = newCookie(k, cfg).check(now, syn.Seq, cfg.ISS); !ok || !s.Options.HasTimestamps {
		return syn, ok
	}
	o.HasTimestamps, o.TSVal = true, s.Options.TSVal
	bits := s.Options.TSEcr - cfg.TSOffset
	o.SACKPermitted = bits&cookieSACK != 0
	if scale := bits & cookieScale; scale != cookieNoScale {
		o.HasScale, o.WindowScale = true, uint8(scale)
	}
	if bits&cookieECN != 0 {
		syn.Flags |= wire.FlagECE | wire.FlagCWR
	}
	return syn, true
}

// OpenCookie begins a connection in SYN-RECEIVED whose SYN-ACK was sent by AnswerSYN,
// for what CookieSYN returned. The segment that was given to CookieSYN is to be the
// next Input, and establishes it.
func (c *Conn) OpenCookie(now clock.Time, cfg *Config, syn *Segment) {
	c.OpenPassive(now, cfg, syn)
	c.cookie = true
	c.synQueued, c.synSent = false, true
	c.sndNxt = c.iss + 1
	c.rcvAdv = c.rcvNxt.Add(c.initialWindow())
	c.lastAckSent = c.rcvNxt
	c.rtoAt = now.Add(c.timeout())
}
