//go:build linux

package packetdrill

import (
	"encoding/binary"
	"slices"
	"strings"
	"syscall"
	"time"

	"thinnet/stack"
	"thinnet/transport/tcp"
	"thinnet/transport/tcp/congestion"
)

// options are what setsockopt sets. A zero value is the default.
type options struct {
	reuseAddr, reusePort         int
	keepAlive                    int
	rcvBuf, sndBuf               int // bytes, as the caller said
	noDelay                      int
	keepIdle, keepIntvl, keepCnt int // seconds, seconds, probes
	synCount                     int
	linger2                      int  // seconds
	linger                       bool // SO_LINGER is on
	lingerSec                    int
	tos                          int
	congestion                   string // name; empty: the host's
	maxSeg, cork, deferAccept    int    // bytes; on; seconds
	fastOpen, fastOpenConnect    int    // connections; on
	userTimeout                  int    // ms
	notSentLowat, windowClamp    int    // bytes
	rtoMin, rtoMax, delAckMax    int    // µs, ms, µs
	mtuDiscover                  int    // IP_PMTUDISC_*, less IP_PMTUDISC_WANT, which is the default
}

// Options by number (uapi/linux/tcp.h, asm-generic/socket.h, linux/in.h).
const (
	soReusePort = 15
	soMemInfo   = 55

	tcpNoDelay      = 1
	tcpMaxSeg       = 2
	tcpCork         = 3
	tcpKeepIdle     = 4
	tcpKeepIntvl    = 5
	tcpKeepCnt      = 6
	tcpSynCnt       = 7
	tcpLinger2      = 8
	tcpDeferAccept  = 9
	tcpWindowClamp  = 10
	tcpInfoOption   = 11
	tcpQuickAck     = 12
	tcpCongestion   = 13
	tcpUserTimeout  = 18
	tcpFastOpen     = 23
	tcpNotSentLowat = 25
	tcpCCInfo       = 26
	tcpFastOpenConn = 30
	tcpRTOMaxMS     = 44
	tcpRTOMinUS     = 45
	tcpDelAckMaxUS  = 46
	ipMTUDiscover   = 10
	ipPMTUDiscDont  = 0
	ipPMTUDiscWant  = 1
)

// congestionNameLen is TCP_CA_NAME_MAX: how long the value of TCP_CONGESTION is.
const congestionNameLen = 16

type optionName struct{ level, name int }

// option is an option whose value is an int.
type option struct {
	get func(k *socket) int
	set func(k *socket, v int) syscall.Errno // nil: cannot be set
}

// stored is an option that is kept in the socket, and taken up by applyOptions
// and settings.
func stored(field func(o *options) *int) option {
	return option{
		get: func(k *socket) int { return *field(&k.options) },
		set: func(k *socket, v int) syscall.Errno {
			*field(&k.options) = v
			k.applyOptions()
			return 0
		},
	}
}

// doubled is a buffer size, of which Linux returns twice what was set.
func doubled(field func(o *options) *int) option {
	o := stored(field)
	get := o.get
	o.get = func(k *socket) int { return 2 * get(k) }
	return o
}

// intOptions are the options that there are. Everything else is ENOPROTOOPT, such as
// IP_RECVERR.
var intOptions = map[optionName]option{
	{syscall.SOL_SOCKET, syscall.SO_REUSEADDR}: stored(func(o *options) *int { return &o.reuseAddr }),
	{syscall.SOL_SOCKET, soReusePort}:          stored(func(o *options) *int { return &o.reusePort }),
	{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE}: stored(func(o *options) *int { return &o.keepAlive }),
	{syscall.SOL_SOCKET, syscall.SO_RCVBUF}:    doubled(func(o *options) *int { return &o.rcvBuf }),
	{syscall.SOL_SOCKET, syscall.SO_SNDBUF}:    doubled(func(o *options) *int { return &o.sndBuf }),
	{syscall.SOL_SOCKET, syscall.SO_ERROR}:     {get: func(k *socket) int { return int(k.takeError()) }},
	{syscall.IPPROTO_TCP, tcpNoDelay}:          stored(func(o *options) *int { return &o.noDelay }),
	{syscall.IPPROTO_TCP, tcpKeepIdle}:         stored(func(o *options) *int { return &o.keepIdle }),
	{syscall.IPPROTO_TCP, tcpKeepIntvl}:        stored(func(o *options) *int { return &o.keepIntvl }),
	{syscall.IPPROTO_TCP, tcpKeepCnt}:          stored(func(o *options) *int { return &o.keepCnt }),
	{syscall.IPPROTO_TCP, tcpSynCnt}:           stored(func(o *options) *int { return &o.synCount }),
	{syscall.IPPROTO_TCP, tcpLinger2}:          stored(func(o *options) *int { return &o.linger2 }),
	{syscall.IPPROTO_TCP, tcpCork}: {
		get: func(k *socket) int { return k.cork },
		set: func(k *socket, v int) syscall.Errno {
			k.cork = v
			if k.conn != nil {
				_ = k.conn.Cork(v != 0) // it fails on a closed socket only
			}
			return 0
		},
	},
	{syscall.IPPROTO_TCP, tcpQuickAck}: {
		get: func(k *socket) int {
			if k.conn == nil || k.conn.QuickAck() {
				return 1
			}
			return 0
		},
		set: func(k *socket, v int) syscall.Errno {
			if k.conn != nil {
				_ = k.conn.SetQuickAck(v != 0) // it fails on a closed socket only
			}
			return 0
		},
	},
	{syscall.IPPROTO_TCP, tcpUserTimeout}:  stored(func(o *options) *int { return &o.userTimeout }),
	{syscall.IPPROTO_TCP, tcpNotSentLowat}: stored(func(o *options) *int { return &o.notSentLowat }),
	{syscall.IPPROTO_TCP, tcpWindowClamp}:  stored(func(o *options) *int { return &o.windowClamp }),
	{syscall.IPPROTO_TCP, tcpRTOMinUS}:     stored(func(o *options) *int { return &o.rtoMin }),
	{syscall.IPPROTO_TCP, tcpRTOMaxMS}:     stored(func(o *options) *int { return &o.rtoMax }),
	{syscall.IPPROTO_TCP, tcpDelAckMaxUS}:  stored(func(o *options) *int { return &o.delAckMax }),
	{syscall.IPPROTO_TCP, tcpFastOpen}:     stored(func(o *options) *int { return &o.fastOpen }),
	{syscall.IPPROTO_TCP, tcpFastOpenConn}: stored(func(o *options) *int { return &o.fastOpenConnect }),
	{syscall.IPPROTO_TCP, tcpDeferAccept}:  stored(func(o *options) *int { return &o.deferAccept }),
	{syscall.IPPROTO_TCP, tcpMaxSeg}:       {get: (*socket).maxSegment, set: stored(func(o *options) *int { return &o.maxSeg }).set},
	{syscall.IPPROTO_IP, syscall.IP_TOS}:   stored(func(o *options) *int { return &o.tos }),
	{syscall.IPPROTO_IP, ipMTUDiscover}: {
		get: func(k *socket) int { return k.mtuDiscover + ipPMTUDiscWant },
		set: func(k *socket, v int) syscall.Errno {
			k.mtuDiscover = v - ipPMTUDiscWant
			k.applyOptions()
			return 0
		},
	},
}

// maxSegment is what Linux says for TCP_MAXSEG: the size of the segments that are
// sent, or what is assumed before that is known (RFC 9293, MUST-15).
func (k *socket) maxSegment() int {
	if k.conn == nil && k.maxSeg != 0 {
		return k.maxSeg
	}
	if k.conn == nil {
		return tcp.DefaultMSS
	}
	return k.conn.Info().SndMSS
}

// settings returns base with what this socket's options change.
func (k *socket) settings(base tcp.Settings) tcp.Settings {
	set := func(p *int, v int) {
		if v != 0 {
			*p = v
		}
	}
	if k.congestion != "" {
		base.CongestionControl = k.congestion
	}
	set(&base.RcvBuf, k.rcvBuf)
	set(&base.RcvBufMax, k.rcvBuf)
	set(&base.SndBuf, 2*k.sndBuf)
	set(&base.SynRetries, k.synCount)
	set(&base.MaxSegment, k.maxSeg)
	for _, size := range []*int{&base.RcvBuf, &base.RcvBufMax, &base.SndBuf, &base.SndBufMax} {
		if *size != 0 {
			*size = min(max(*size, 4<<10), 64<<20) // Linux bounds them as well, elsewhere
		}
	}
	set(&base.NotSentLowat, k.notSentLowat)
	set(&base.WindowClamp, k.windowClamp)
	for _, d := range []struct {
		p    *time.Duration
		v    int
		unit time.Duration
	}{
		{&base.DeferAccept, k.deferAccept, time.Second}, {&base.FinTimeout, max(k.linger2, 0), time.Second},
		{&base.UserTimeout, k.userTimeout, time.Millisecond}, {&base.MinRTO, k.rtoMin, time.Microsecond},
		{&base.MaxRTO, k.rtoMax, time.Millisecond}, {&base.DelayedAck, k.delAckMax, time.Microsecond},
	} {
		if d.v != 0 {
			*d.p = time.Duration(d.v) * d.unit
		}
	}
	return base
}

// reuse returns with whom the socket shares its address.
func (k *socket) reuse() stack.Reuse {
	return stack.Reuse{Addr: k.reuseAddr != 0, Port: k.reusePort != 0}
}

// applyOptions brings the connection, if there is one, in line with the options.
// It is called when an option changes, and on a new connection.
func (k *socket) applyOptions() {
	if k.conn == nil {
		return
	}
	k.conn.SetNoDelay(k.noDelay != 0)
	if k.linger && k.lingerSec == 0 {
		k.conn.SetLinger(0)
	} else {
		k.conn.SetLinger(-1)
	}
	if k.rcvBuf != 0 {
		k.conn.SetReadBuffer(k.rcvBuf)
	}
	if k.sndBuf != 0 {
		k.conn.SetWriteBuffer(2 * k.sndBuf)
	}
	k.conn.SetTOS(uint8(k.tos))
	k.conn.SetFragmentable(k.mtuDiscover+ipPMTUDiscWant == ipPMTUDiscDont)
	var keep *tcp.KeepAlive
	if k.keepAlive != 0 {
		keep = &tcp.KeepAlive{
			Idle:     time.Duration(max(k.keepIdle, 0)) * time.Second,
			Interval: time.Duration(max(k.keepIntvl, 0)) * time.Second,
			Count:    max(k.keepCnt, 0),
		}
	}
	k.conn.SetKeepAlive(keep)
}

// Setsockopt is setsockopt.
func (h *Host) Setsockopt(fd, level, name int, v []byte) int {
	return h.socketCall(fd, func(k *socket) int {
		if (optionName{level, name}) == (optionName{syscall.IPPROTO_TCP, tcpCongestion}) {
			name := strings.TrimRight(string(v), "\x00")
			if !slices.Contains(congestion.Names(), name) {
				return fail(syscall.ENOENT)
			}
			k.congestion = name
			return fail(h.applySettings(k))
		}
		var first int
		switch {
		case len(v) >= 4:
			first = int(int32(binary.NativeEndian.Uint32(v)))
		case len(v) >= 1 && level == syscall.IPPROTO_IP:
			first = int(v[0]) // these may be a byte
		default:
			return fail(syscall.EINVAL)
		}
		if (optionName{level, name}) == (optionName{syscall.SOL_SOCKET, syscall.SO_LINGER}) {
			if len(v) < 8 {
				return fail(syscall.EINVAL)
			}
			k.linger, k.lingerSec = first != 0, int(int32(binary.NativeEndian.Uint32(v[4:])))
			k.applyOptions()
			return 0
		}
		o, ok := intOptions[optionName{level, name}]
		if !ok || o.set == nil {
			return fail(syscall.ENOPROTOOPT)
		}
		if name == tcpFastOpenConn && level == syscall.IPPROTO_TCP && h.sysctl.settings().FastOpen&tcp.FastOpenClient == 0 {
			return fail(syscall.EOPNOTSUPP)
		}
		before := k.options
		if e := o.set(k, first); e != 0 {
			return fail(e)
		}
		if e := h.applySettings(k); e != 0 {
			k.options = before
			return fail(e)
		}
		return 0
	})
}

// applySettings brings the settings of what a socket refers to up to date. It returns
// EINVAL for options out of their range.
func (h *Host) applySettings(k *socket) syscall.Errno {
	set := k.settings(h.sysctl.settings())
	if set.Check() != nil {
		return syscall.EINVAL
	}
	if k.conn != nil {
		_ = k.conn.SetSettings(set) // it fails on a closed socket only
	}
	if k.listener != nil {
		_ = k.listener.SetSettings(set)
		k.listener.SetFastOpen(k.fastOpen)
	}
	return 0
}

// Getsockopt is getsockopt: it fills v and returns how much of it, or a negative
// errno.
func (h *Host) Getsockopt(fd, level, name int, v []byte) int {
	return h.socketCall(fd, func(k *socket) int {
		if o, ok := intOptions[optionName{level, name}]; ok {
			return copy(v, binary.NativeEndian.AppendUint32(nil, uint32(o.get(k))))
		}
		switch (optionName{level, name}) {
		case optionName{syscall.SOL_SOCKET, soMemInfo}:
			clear(v)
			return len(v) // nothing is counted so
		case optionName{syscall.IPPROTO_TCP, tcpCCInfo}:
			return 0 // the algorithms have nothing to tell
		case optionName{syscall.IPPROTO_TCP, tcpCongestion}:
			set := k.settings(h.sysctl.settings())
			name := tcp.NewSettings(set).CongestionControl
			if k.conn != nil {
				name = k.conn.Info().CongestionName
			}
			clear(v)
			return max(copy(v, name), min(len(v), congestionNameLen))
		case optionName{syscall.IPPROTO_TCP, tcpInfoOption}:
			return k.info(v)
		}
		return fail(syscall.ENOPROTOOPT)
	})
}

// info fills v with struct tcp_info. What is longer than ours is zero.
func (k *socket) info(v []byte) int {
	i := tcp.Info{State: tcp.Closed}
	switch {
	case k.listener != nil:
		i.State = tcp.Listen
	case k.conn != nil:
		i = k.conn.Info()
	}
	clear(v)
	copy(v, encodeInfo(&i))
	return len(v)
}
