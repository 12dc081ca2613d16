//go:build linux

package packetdrill

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"thinnet/siphash"
	"thinnet/transport/tcp"
	"thinnet/transport/tcp/congestion"
)

// sysctls are the kernel's settings below net.ipv4. Scripts write them with
// sysctl and echo; in a network namespace of its own each script has its own.
type sysctls struct {
	root string // directory; "": none are set
}

// get returns the fields of a sysctl, or nil if there is none of the name.
func (c *sysctls) get(name string) []string {
	if c.root == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(c.root, name))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b))
}

// tcpSysctls says what each sysctl means to the stack. Those that are missing
// change nothing.
var tcpSysctls = []struct {
	name string
	set  func(s *tcp.Settings, v []int)
}{
	{"tcp_rmem", func(s *tcp.Settings, v []int) {
		if len(v) == 3 {
			// Linux counts its overhead: half of it is payload.
			s.RcvBuf, s.RcvBufMax = v[1]/2, v[2]/2
		}
	}},
	{"tcp_wmem", func(s *tcp.Settings, v []int) {
		if len(v) == 3 {
			s.SndBuf = v[2]
		}
	}},
	{"tcp_timestamps", func(s *tcp.Settings, v []int) { s.NoTimestamps = v[0] == 0 }},
	{"tcp_sack", func(s *tcp.Settings, v []int) { s.NoSACK = v[0] == 0 }},
	{"tcp_window_scaling", func(s *tcp.Settings, v []int) { s.NoWindowScaling = v[0] == 0 }},
	{"tcp_syn_retries", func(s *tcp.Settings, v []int) { s.SynRetries = v[0] }},
	{"tcp_synack_retries", func(s *tcp.Settings, v []int) { s.SynAckRetries = v[0] }},
	{"tcp_retries2", func(s *tcp.Settings, v []int) { s.Retries2 = v[0] }},
	{"tcp_orphan_retries", func(s *tcp.Settings, v []int) { s.OrphanRetries = v[0] }},
	{"tcp_ecn", func(s *tcp.Settings, v []int) {
		switch v[0] {
		case 0:
			s.ECN = tcp.ECNOff
		case 1:
			s.ECN = tcp.ECNOn
		case 2:
			s.ECN = tcp.ECNAccept
		}
	}},
	{"tcp_fastopen", func(s *tcp.Settings, v []int) {
		if s.FastOpen = tcp.FastOpenMode(v[0]); s.FastOpen == 0 {
			s.FastOpen = tcp.FastOpenOff
		}
	}},
	{"tcp_fastopen_blackhole_timeout_sec", func(s *tcp.Settings, v []int) {
		s.FastOpenBlackholeTimeout = time.Duration(v[0]) * time.Second
	}},
	{"tcp_syncookies", func(s *tcp.Settings, v []int) {
		switch v[0] {
		case 0:
			s.SynCookies = tcp.SynCookiesNever
		case 1:
			s.SynCookies = tcp.SynCookiesUnderPressure
		case 2:
			s.SynCookies = tcp.SynCookiesAlways
		}
	}},
	{"tcp_max_syn_backlog", func(s *tcp.Settings, v []int) { s.MaxSynBacklog = v[0] }},
	{"tcp_abort_on_overflow", func(s *tcp.Settings, v []int) { s.AbortOnOverflow = v[0] != 0 }},
	{"tcp_mtu_probing", func(s *tcp.Settings, v []int) {
		switch v[0] {
		case 0:
			s.MTUProbing = tcp.MTUProbingOff
		case 1:
			s.MTUProbing = tcp.MTUProbingBlackHole
		case 2:
			s.MTUProbing = tcp.MTUProbingAlways
		}
	}},
	{"tcp_base_mss", func(s *tcp.Settings, v []int) { s.BaseMSS = v[0] }},
	{"tcp_min_snd_mss", func(s *tcp.Settings, v []int) { s.MinSndMSS = v[0] }},
	{"tcp_mtu_probe_floor", func(s *tcp.Settings, v []int) { s.MTUProbeFloor = v[0] }},
	{"tcp_probe_interval", func(s *tcp.Settings, v []int) { s.ProbeInterval = time.Duration(v[0]) * time.Second }},
	{"tcp_probe_threshold", func(s *tcp.Settings, v []int) { s.ProbeThreshold = v[0] }},
	{"tcp_retries1", func(s *tcp.Settings, v []int) { s.Retries1 = v[0] }},
	{"tcp_min_tso_segs", func(s *tcp.Settings, v []int) { s.MinTSOSegs = v[0] }},
	{"tcp_slow_start_after_idle", func(s *tcp.Settings, v []int) { s.NoSlowStartAfterIdle = v[0] == 0 }},
	{"tcp_early_retrans", func(s *tcp.Settings, v []int) { s.NoTLP = v[0] == 0 }},
	{"tcp_keepalive_time", func(s *tcp.Settings, v []int) { s.KeepAlive.Idle = time.Duration(v[0]) * time.Second }},
	{"tcp_keepalive_intvl", func(s *tcp.Settings, v []int) { s.KeepAlive.Interval = time.Duration(v[0]) * time.Second }},
	{"tcp_keepalive_probes", func(s *tcp.Settings, v []int) { s.KeepAlive.Count = v[0] }},
	{"tcp_rto_min_us", func(s *tcp.Settings, v []int) { s.MinRTO = time.Duration(v[0]) * time.Microsecond }},
	{"tcp_rto_max_ms", func(s *tcp.Settings, v []int) { s.MaxRTO = time.Duration(v[0]) * time.Millisecond }},
	{"tcp_notsent_lowat", func(s *tcp.Settings, v []int) {
		if v[0] <= math.MaxInt32 { // Linux's default is above
			s.NotSentLowat = v[0]
		}
	}},
	{"tcp_fin_timeout", func(s *tcp.Settings, v []int) { s.FinTimeout = time.Duration(v[0]) * time.Second }},
}

// settings returns what the sysctls say.
func (c *sysctls) settings() tcp.Settings {
	var s tcp.Settings
	for _, e := range tcpSysctls {
		var v []int
		for _, f := range c.get(e.name) {
			n, err := strconv.ParseInt(f, 0, 64)
			if err != nil {
				break
			}
			v = append(v, int(n))
		}
		if len(v) > 0 {
			e.set(&s, v)
		}
	}
	s.FastOpenKey = c.fastOpenKey()
	// Of what the kernel has and the stack does not, the default.
	if cc := c.get("tcp_congestion_control"); len(cc) == 1 && slices.Contains(congestion.Names(), cc[0]) {
		s.CongestionControl = cc[0]
	}
	return s
}

// fastOpenKey returns the first key of tcp_fastopen_key, four numbers of 32 bits; it
// is zero if there is none.
func (c *sysctls) fastOpenKey() (k siphash.Key) {
	var w [4]uint64
	f := c.get("tcp_fastopen_key")
	if len(f) == 0 {
		return k
	}
	first, _, _ := strings.Cut(f[0], ",")
	for i, x := range strings.SplitN(first, "-", len(w)) {
		v, err := strconv.ParseUint(x, 16, 32)
		if err != nil {
			return k
		}
		w[i] = v
	}
	return siphash.Key{K0: w[1]<<32 | w[0], K1: w[3]<<32 | w[2]}
}

// applySysctls brings the host and its listeners up to date.
func (h *Host) applySysctls() {
	if err := h.stack.SetTCPSettings(new(socket).settings(h.sysctl.settings())); err != nil {
		panic("packetdrill: net.ipv4.tcp_*: " + err.Error())
	}
	for _, fd := range h.sortedFDs() {
		if k, ok := h.files[fd].(*socket); ok && k.listener != nil {
			_ = h.applySettings(k) // its options were checked when they were set
		}
	}
}
