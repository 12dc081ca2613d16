package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"thinnet/network"
	"thinnet/stack"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

// ssMemory returns what -m says of a socket.
func ssMemory(s *stack.SocketInfo) string {
	if i := s.Info; i != nil {
		return fmt.Sprintf(" skmem:(r%d,rb%d,t0,tb%d,f0,w%d,o0,bl0,d%d)", i.RcvMem, i.RcvSpace, i.SndBuf, i.SndMem, s.Drops)
	}
	return fmt.Sprintf(" skmem:(r%d,t%d,d%d)", s.RecvQueue, s.SendQueue, s.Drops)
}

// ssInfo returns what -i says of a connection, in the order and with the names
// of ss; with -o also the options that both ends agreed on, and with -n rates to the
// bit.
func ssInfo(i *tcp.Info, o *ssOptions) string {
	var b strings.Builder
	out := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	number := func(name string, v uint64) {
		if v > 0 {
			out(" %s:%d", name, v)
		}
	}
	millis := func(name string, d time.Duration) {
		if d > 0 {
			out(" %s:%s", name, ssMillis(d))
		}
	}
	for _, opt := range []struct {
		agreed bool
		name   string
	}{
		{i.Options.Timestamps, "ts"}, {i.Options.SACK, "sack"}, {i.Options.ECN, "ecn"},
		{i.Options.ECNSeen, "ecnseen"}, {i.Options.SynData, "fastopen"},
	} {
		if opt.agreed && o.timer {
			out(" %s", opt.name)
		}
	}
	if i.CongestionName != "" {
		out(" %s", i.CongestionName)
	}
	if i.Options.WindowScale {
		out(" wscale:%d,%d", i.SndWscale, i.RcvWscale)
	}
	millis("rto", i.RTO)
	number("backoff", uint64(i.Backoff))
	if i.RTT > 0 {
		out(" rtt:%s/%s", ssMillis(i.RTT), ssMillis(i.RTTVar))
	}
	millis("ato", i.ATO)
	number("mss", uint64(i.SndMSS))
	number("pmtu", uint64(i.PMTU))
	number("rcvmss", uint64(i.RcvMSS))
	number("advmss", uint64(i.AdvMSS))
	number("cwnd", uint64(i.SndCwnd))
	if i.SndSsthresh != tcp.InfinitySsthresh {
		number("ssthresh", uint64(i.SndSsthresh))
	}
	number("bytes_sent", i.BytesSent)
	number("bytes_retrans", i.BytesRetrans)
	number("bytes_acked", i.BytesAcked)
	number("bytes_received", i.BytesReceived)
	number("segs_out", i.SegsOut)
	number("segs_in", i.SegsIn)
	number("data_segs_out", i.DataSegsOut)
	number("data_segs_in", i.DataSegsIn)
	if i.RTT > 0 {
		out(" send %sbps", ssRate(float64(i.SndCwnd)*float64(i.SndMSS)*8/i.RTT.Seconds(), o.numeric))
	}
	number("lastsnd", uint64(i.LastDataSent.Milliseconds()))
	number("lastrcv", uint64(i.LastDataReceived.Milliseconds()))
	number("lastack", uint64(i.LastAckReceived.Milliseconds()))
	for _, r := range []struct {
		name string
		rate int64
	}{{"pacing_rate", i.PacingRate}, {"delivery_rate", i.DeliveryRate}} {
		if r.rate > 0 {
			out(" %s %sbps", r.name, ssRate(float64(r.rate)*8, o.numeric))
		}
	}
	number("delivered", i.Delivered)
	number("delivered_ce", i.DeliveredCE)
	if i.AppLimited {
		out(" app_limited")
	}
	if i.BusyTime > 0 {
		out(" busy:%dms", i.BusyTime.Milliseconds())
		for _, part := range []struct {
			name string
			d    time.Duration
		}{{"rwnd_limited", i.RwndLimited}, {"sndbuf_limited", i.SndbufLimited}} {
			if part.d > 0 {
				out(" %s:%dms(%.1f%%)", part.name, part.d.Milliseconds(), 100*part.d.Seconds()/i.BusyTime.Seconds())
			}
		}
	}
	number("unacked", uint64(i.Unacked))
	if i.Retrans > 0 || i.TotalRetrans > 0 {
		out(" retrans:%d/%d", i.Retrans, i.TotalRetrans)
	}
	number("lost", uint64(i.Lost))
	number("sacked", uint64(i.Sacked))
	number("dsack_dups", i.DSACKDups)
	if i.Reordering != 3 {
		number("reordering", uint64(i.Reordering))
	}
	number("reord_seen", i.ReordSeen)
	millis("rcv_rtt", i.RcvRTT)
	number("rcv_space", uint64(i.RcvSpace))
	number("rcv_ssthresh", uint64(i.RcvSsthresh))
	number("notsent", uint64(i.NotSent))
	millis("minrtt", i.MinRTT)
	number("rcv_ooopack", i.RcvOOOPack)
	number("snd_wnd", uint64(i.SndWnd))
	number("rcv_wnd", uint64(i.RcvWnd))
	return b.String()
}

// ssMillis writes a time in milliseconds, as C's %g does.
func ssMillis(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'g', 6, 64)
}

// ssRate writes a rate as ss does: 23.2M, 800k; to the bit if it is to be numeric.
func ssRate(bps float64, numeric bool) string {
	switch {
	case numeric:
		return strconv.FormatFloat(bps, 'f', 0, 64)
	case bps > 1e9:
		return strconv.FormatFloat(bps/1e9, 'g', 3, 64) + "G"
	case bps > 1e6:
		return strconv.FormatFloat(bps/1e6, 'g', 3, 64) + "M"
	case bps > 1e3:
		return strconv.FormatFloat(bps/1e3, 'g', 3, 64) + "k"
	}
	return strconv.FormatFloat(bps, 'g', 6, 64)
}

// ssSummary prints -s: sockets by kind, and below what Linux has in nstat only,
// the packets that were dropped, by reason.
func (e *Env) ssSummary() {
	s := e.Host.Stack()
	var total, tcps, udps, established, closed, timeWait int
	for _, i := range s.Sockets() {
		total++
		if i.Protocol == wire.ProtocolUDP {
			udps++
			continue
		}
		tcps++
		switch i.State {
		case tcp.Established:
			established++
		case tcp.TimeWait:
			timeWait++
			closed++
		case tcp.Closed:
			closed++
		}
	}
	e.printf("Total: %d\nTCP:   %d (estab %d, closed %d, orphaned 0, timewait %d)\n\n", total, tcps, established, closed, timeWait)
	e.printf("Transport Total     IP        IPv6\n")
	for _, row := range []struct {
		name string
		n    int
	}{{"RAW", 0}, {"UDP", udps}, {"TCP", tcps - closed}, {"INET", udps + tcps - closed}, {"FRAG", 0}} {
		e.printf("%s\t  %-9d %-9d %-9d\n", row.name, row.n, row.n, 0)
	}
	e.printf("\n")
	e.ssDrops()
}

// ssDropCounters are the counters of Stack.Counters that mean a packet or a
// connection was dropped, beside those of the internet layer.
var ssDropCounters = map[string]string{
	"TcpInErrs":         "TCP segment malformed",
	"TcpInCsumErrors":   "TCP checksum",
	"TcpExtListenDrops": "listen queue full",
	"TcpExtTCPOFODrop":  "TCP out-of-order queue full",
	"TcpExtTCPRcvQDrop": "TCP receive queue full",
	"TcpExtPAWSEstab":   "TCP time stamp too old (PAWS)",
	"TcpExtBadOptions":  "TCP option malformed",
	"TcpExtOutOfWindow": "TCP segment out of window",
	"UdpNoPorts":        "UDP port without a socket",
	"UdpRcvbufErrors":   "UDP receive buffer full",
	"UdpInCsumErrors":   "UDP checksum",
	"ThinBacklogDrops":  "host's inbox full",
	"ThinRawDrops":      "raw socket's receive buffer full",
}

func (e *Env) ssDrops() {
	s := e.Host.Stack()
	first := true
	line := func(n uint64, reason string) {
		if n == 0 || reason == "" {
			return
		}
		if first {
			e.printf("Dropped   Reason\n")
			first = false
		}
		e.printf("%-9d %s\n", n, reason)
	}
	drops := s.Drops()
	for i, n := range drops {
		line(n, network.DropReason(i).String())
	}
	for _, c := range s.Counters() {
		line(c.Value, ssDropCounters[c.Name])
	}
	if !first {
		e.printf("\n")
	}
}
