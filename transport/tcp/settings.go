package tcp

import (
	"time"

	"thinnet/siphash"
	"thinnet/transport/tcp/congestion"
)

// Settings are a host's choices for its connections, named as Linux's sysctls
// under net.ipv4 are. The zero value of a field means its default.
type Settings struct {
	// RcvBuf and SndBuf are the sizes in bytes that the receive and the send
	// buffer begin with, 4096 to 64 MiB: the second numbers of tcp_rmem and
	// tcp_wmem. Default: 256 KiB.
	RcvBuf, SndBuf int
	// RcvBufMax and SndBufMax are the sizes that the buffers grow to by
	// themselves where a path asks for it: the third numbers of tcp_rmem and
	// tcp_wmem. Defaults: RcvBuf and SndBuf if these are set, so that they stay
	// as they are, otherwise 64 MiB less 1 KiB, which is 1 Gbit/s over half a
	// second.
	RcvBufMax, SndBufMax int
	// Mem, MaxOrphans and MaxTWBuckets are the host's, and mean nothing to a
	// single connection. MaxOrphans is how many connections without a user may have
	// something to send or a FIN to get through, as tcp_max_orphans: one more is
	// reset. MaxTWBuckets is how many may wait for no more than a FIN of the peer, or
	// in TIME-WAIT, as tcp_max_tw_buckets: one more is forgotten. Defaults: 65536.
	Mem                      MemLimits
	MaxOrphans, MaxTWBuckets int
	// QuickAck is how many segments a young connection acknowledges at once
	// before it begins to delay: 0 is the default of 16, -1 none.
	QuickAck int
	// DelayedAck is how long an acknowledgement may wait for company, at most
	// 500 ms (RFC 9293, MUST-40). Default: 40 ms.
	DelayedAck time.Duration
	// InitialWindow is the initial congestion window in segments, 1 to 100.
	// Default: 10 (RFC 6928).
	InitialWindow int
	// MinRTO is the least time that the retransmission timeout adds to the
	// round-trip time, and MaxRTO the longest timeout. Defaults: 200 ms, as
	// Linux's (RFC 6298 says 1 s), and 120 s.
	MinRTO, MaxRTO time.Duration
	// InitialRTO is the timeout before the first measurement. Default: 1 s
	// (RFC 6298, section 2.1).
	InitialRTO time.Duration
	// SynRetries and SynAckRetries are how often a SYN and a SYN-ACK are sent
	// again, at most 255 times, like all that follow. Defaults: 6 and 5.
	SynRetries, SynAckRetries int
	// SynCookies says when a listener answers SYNs with cookies (RFC 4987).
	// Default: SynCookiesUnderPressure.
	SynCookies SynCookies
	// MaxSynBacklog is how many connections of one listener may be half open
	// before it is under pressure, if its backlog allows for so many. Default:
	// 4096.
	MaxSynBacklog int
	// AbortOnOverflow resets a connection that is established and finds no room
	// to wait for Accept. Default: its SYN-ACK is sent again, for the peer to
	// acknowledge when there may be room.
	AbortOnOverflow bool
	// Retries2 is how often a segment of an established connection is sent
	// again before the connection is given up. Default: 15.
	Retries2 int
	// OrphanRetries is the same once the user has closed the connection.
	// Default: 8.
	OrphanRetries int
	// FinTimeout is how long a closed connection waits in FIN-WAIT-2. Default:
	// 60 s.
	FinTimeout time.Duration
	// TimeWait is twice the maximum segment lifetime. Default: 60 s.
	TimeWait time.Duration
	// CongestionControl is a name that package congestion knows. Default:
	// cubic.
	CongestionControl string
	// ECN says when explicit congestion notification (RFC 3168) is used.
	// Default: ECNAccept.
	ECN ECN
	// NoSlowStartAfterIdle keeps the congestion window over an idle time, as
	// tcp_slow_start_after_idle = 0 does.
	NoSlowStartAfterIdle bool
	// MinTSOSegs is how many segments may always go in one super-segment, if the
	// congestion window is twice that. Default: 2.
	MinTSOSegs int
	// MaxSegment is the largest segment that the peer is told of and that is
	// sent, in bytes of payload and options: TCP_MAXSEG. Default: what the MTU
	// allows (RFC 9293, section 3.7.1).
	MaxSegment int
	// MinSndMSS is the least that a peer, or word of the path's MTU, can bring the
	// size of our segments down to, in bytes of payload and options, 48 to 65535:
	// tcp_min_snd_mss. Default: 48.
	MinSndMSS int
	// MTUProbing says when the MTU of a path is found out without the help of routers:
	// tcp_mtu_probing. Default: MTUProbingBlackHole, where Linux does not. A path that
	// swallows what is too long (RFC 2923) then costs seconds instead of the
	// connection, and any other path nothing.
	MTUProbing MTUProbing
	// BaseMSS is what the search for a path's MTU begins with, in bytes of payload and
	// options, 48 to 65535: tcp_base_mss. Default: 1024 (RFC 4821, section 7.2).
	BaseMSS int
	// MTUProbeFloor is the least that the search comes down to, in the same bytes:
	// tcp_mtu_probe_floor. Default: 512, which every path takes. With Linux's 48
	// nothing but crumbs would be left of an outage.
	MTUProbeFloor int
	// ProbeInterval is how long a search that has ended rests until it looks whether
	// the path takes more by now: tcp_probe_interval. Default: 10 minutes.
	ProbeInterval time.Duration
	// ProbeThreshold is the range, in bytes, that the search does not look into any
	// more: tcp_probe_threshold. Default: 8.
	ProbeThreshold int
	// Retries1 is how often a segment of an established connection times out, in a
	// row, until the path is suspected: tcp_retries1. Default: 3.
	Retries1 int
	// FastOpen says when TCP Fast Open (RFC 7413) is used, as tcp_fastopen does.
	// Default: FastOpenClient.
	FastOpen FastOpenMode
	// FastOpenKey is the key of the cookies that a listener gives out. Default:
	// one of the host's own.
	FastOpenKey siphash.Key
	// UserTimeout is how long the connection goes on without getting anything
	// through: from the first retransmission on without an acknowledgement, or
	// from the first probe on with a closed window, answered or not. It takes the
	// place of Retries2 and OrphanRetries, and with keepalive that of the number
	// of probes; a SYN is bounded by both. TCP_USER_TIMEOUT; RFC 9293, section
	// 3.8.3. Default: no such bound.
	UserTimeout time.Duration
	// KeepAlive is used where a connection's own leaves a field zero:
	// tcp_keepalive_time, tcp_keepalive_intvl and tcp_keepalive_probes. Defaults:
	// 2 h, 75 s and 9. A connection is probed only if its user wants it.
	KeepAlive KeepAlive
	// NotSentLowat is how many bytes may be written and not sent: beyond it the
	// connection takes no more, whatever room SndBuf has, and it is writable again
	// when less than half of it is left. TCP_NOTSENT_LOWAT. Default: no such bound.
	NotSentLowat int
	// WindowClamp is the largest window that the peer is told of, in bytes;
	// less than 1152 counts as that. TCP_WINDOW_CLAMP. Default: none but RcvBuf.
	WindowClamp int
	// FastOpenBlackholeTimeout is for how long the host does without Fast Open once
	// something on the way seems to drop what follows it; longer each time in a row.
	// tcp_fastopen_blackhole_timeout_sec. Default: it is not looked for.
	FastOpenBlackholeTimeout time.Duration
	// DeferAccept is how long a passive open whose peer has acknowledged the
	// SYN-ACK waits for data before it is a connection, as TCP_DEFER_ACCEPT
	// does. Default: not at all.
	DeferAccept time.Duration
	// NoTLP turns tail loss probes off (RFC 8985, section 7), as
	// tcp_early_retrans = 0 does.
	NoTLP bool
	// NoTimestamps, NoWindowScaling and NoSACK turn the options off.
	NoTimestamps, NoWindowScaling, NoSACK bool
}

// ECN says when explicit congestion notification is used: Linux's tcp_ecn.
type ECN uint8

// Values of Settings.ECN.
const (
	ECNAccept ECN = iota // if the peer asks for it: Linux's 2
	ECNOn                // asked for and accepted: Linux's 1
	ECNOff               // never: Linux's 0
)

// SynCookies says when SYNs are answered with cookies: Linux's tcp_syncookies.
type SynCookies uint8

// Values of Settings.SynCookies.
const (
	SynCookiesUnderPressure SynCookies = iota // if too many are half open: Linux's 1
	SynCookiesAlways                          // Linux's 2
	SynCookiesNever                           // SYNs are dropped under pressure: Linux's 0
)

// FastOpenMode says when TCP Fast Open is used: bits of Linux's tcp_fastopen.
type FastOpenMode uint32

// Bits of FastOpenMode.
const (
	FastOpenClient         FastOpenMode = 1 << 0  // connections may be opened with data
	FastOpenServer         FastOpenMode = 1 << 1  // listeners may accept data in a SYN
	FastOpenClientNoCookie FastOpenMode = 1 << 2  // data is sent even without a cookie
	FastOpenServerNoCookie FastOpenMode = 1 << 9  // data is accepted without a cookie
	FastOpenAllListeners   FastOpenMode = 1 << 10 // listeners need not ask for it
	FastOpenOff            FastOpenMode = 1 << 31 // never, where 0 is the default
)

// setDefaults fills in every field that is not set.
func (s *Settings) setDefaults() {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	defDur := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	if s.CongestionControl == "" {
		s.CongestionControl = "cubic"
	}
	if s.FastOpen == 0 {
		s.FastOpen = FastOpenClient
	}
	s.Mem = s.Mem.withDefaults()
	def(&s.MaxOrphans, 65536)
	def(&s.MaxTWBuckets, 65536)
	def(&s.RcvBufMax, s.RcvBuf)
	def(&s.SndBufMax, s.SndBuf)
	def(&s.RcvBuf, 256<<10)
	def(&s.SndBuf, 256<<10)
	def(&s.RcvBufMax, defaultBufMax)
	def(&s.SndBufMax, defaultBufMax)
	def(&s.QuickAck, defaultQuickAck)
	def(&s.MinTSOSegs, 2)
	s.MinSndMSS = max(s.MinSndMSS, leastSndMSS)
	def(&s.BaseMSS, 1024)
	def(&s.MTUProbeFloor, 512)
	defDur(&s.ProbeInterval, 10*time.Minute)
	def(&s.ProbeThreshold, 8)
	def(&s.Retries1, 3)
	defDur(&s.DelayedAck, 40*time.Millisecond)
	def(&s.InitialWindow, 10)
	defDur(&s.MinRTO, 200*time.Millisecond)
	defDur(&s.MaxRTO, 120*time.Second)
	defDur(&s.InitialRTO, time.Second)
	def(&s.SynRetries, 6)
	def(&s.SynAckRetries, 5)
	def(&s.MaxSynBacklog, 4096)
	def(&s.Retries2, 15)
	def(&s.OrphanRetries, 8)
	for _, p := range []*int{&s.SynRetries, &s.SynAckRetries, &s.Retries2, &s.OrphanRetries} {
		*p = min(*p, 255)
	}
	if s.WindowClamp > 0 {
		s.WindowClamp = max(s.WindowClamp, minWindowClamp)
	}
	defDur(&s.KeepAlive.Idle, 2*time.Hour)
	defDur(&s.KeepAlive.Interval, 75*time.Second)
	def(&s.KeepAlive.Count, 9)
	defDur(&s.FinTimeout, 60*time.Second)
	defDur(&s.TimeWait, 60*time.Second)
}

// Settings returns the connection's choices. They may be shared with other
// connections: who wants to change them gives SetSettings a copy.
func (c *Conn) Settings() *Settings { return c.set }

// SetSettings replaces the connection's choices, every field of which must be
// set: see NewSettings. What the handshake agreed upon stays, and so do the sizes
// of the buffers, for which there are SetRecvBuffer and SetSendBuffer. Another
// algorithm of congestion control begins with the window that there is.
func (c *Conn) SetSettings(s *Settings) {
	if name := s.CongestionControl; name != c.set.CongestionControl {
		if d := c.data; d != nil && d.control != nil {
			d.control = newControl(name)
		}
		if c.data != nil {
			c.data.measures = congestion.Measures(name)
		}
	}
	c.set = s
}
