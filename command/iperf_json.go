package command

import (
	"net/netip"
	"time"

	"thinnet/socket"
	"thinnet/transport/udp"
)

// iperfJSON is a test as -J prints it. A nil one keeps nothing.
type iperfJSON struct {
	start, end jsonObject
	conns      []jsonObject
	intervals  []jsonObject
	streams    []jsonObject // of the last interval
	kept       int          // intervals of streams
	dropped    int          // intervals
	rtts       map[int]*iperfSeen
}

// iperfMaxKept is how many intervals of streams are kept: more than a day has seconds. How
// many streams a test has, and how long it lasts, is for the client to say.
const iperfMaxKept = 100_000

// iperfSeen is what the reports have seen of a stream that sends.
type iperfSeen struct {
	cwnd, window   int
	most, least    time.Duration
	total, reports time.Duration
}

// newIperfJSON begins a test on a host of that name.
func newIperfJSON(host string) *iperfJSON {
	j := &iperfJSON{rtts: make(map[int]*iperfSeen)}
	j.start.set("connected", []jsonObject{})
	j.start.set("version", "iperf "+iperfVersion)
	j.start.set("system_info", "thinnet "+host)
	return j
}

// reached keeps where the other end is.
func (j *iperfJSON) reached(t *iperfTest, host string, port int) {
	if j == nil {
		return
	}
	now := time.Now().UTC()
	j.start.set("timestamp", jsonObject{{"time", now.Format("Mon, 02 Jan 2006 15:04:05 GMT")}, {"timesecs", now.Unix()}})
	to := "connecting_to"
	if !t.client {
		to = "accepted_connection"
	}
	j.start.set(to, jsonObject{{"host", host}, {"port", port}})
}

// agreed keeps what both ends have agreed on.
func (j *iperfJSON) agreed(t *iperfTest) {
	if j == nil {
		return
	}
	j.start.set("cookie", string(t.cookie[:iperfCookieSize-1]))
	protocol, reverse := "TCP", 0
	if t.UDP {
		protocol = "UDP"
	}
	if t.Reverse {
		reverse = 1
	}
	if c, ok := t.ctl.Conn.(*socket.TCPConn); ok && !t.UDP {
		j.start.set("tcp_mss_default", c.Info().SndMSS)
	}
	j.start.set("target_bitrate", t.Bandwidth)
	j.start.set("sock_bufsize", t.Window)
	sending, receiving := udp.DefaultBuffer, udp.DefaultBuffer
	for _, s := range t.streams {
		if i := s.info(); i != nil {
			sending, receiving = i.SndBuf, i.RcvSpace
		}
	}
	j.start.set("sndbuf_actual", sending)
	j.start.set("rcvbuf_actual", receiving)
	j.start.set("test_start", jsonObject{
		{"protocol", protocol}, {"num_streams", t.Parallel}, {"blksize", t.Len}, {"omit", t.Omit}, {"duration", t.Time},
		{"bytes", t.Num}, {"blocks", t.Blocks}, {"reverse", reverse}, {"tos", 0}, {"target_bitrate", t.Bandwidth},
	})
}

// connected keeps the ends of a stream.
func (j *iperfJSON) connected(s *iperfStream, local, remote netip.AddrPort) {
	if j == nil {
		return
	}
	j.conns = append(j.conns, jsonObject{
		{"socket", s.number}, {"local_host", local.Addr().String()}, {"local_port", int(local.Port())},
		{"remote_host", remote.Addr().String()}, {"remote_port", int(remote.Port())},
	})
	j.start.set("connected", j.conns)
}

// amounts are the fields that stand first in every object about data.
func (j *iperfJSON) amounts(from, to time.Duration, bytes int64) jsonObject {
	seconds := (to - from).Seconds()
	rate := 0.0
	if seconds > 0 {
		rate = float64(bytes) * 8 / seconds
	}
	return jsonObject{{"start", from.Seconds()}, {"end", to.Seconds()}, {"seconds", seconds}, {"bytes", bytes}, {"bits_per_second", rate}}
}

// loss adds what a receiver of datagrams counts.
func (o *jsonObject) loss(c iperfCount) {
	percent := 0.0
	if c.packets > 0 {
		percent = 100 * float64(c.lost) / float64(c.packets)
	}
	o.set("jitter_ms", float64(c.jitter)/1e6)
	o.set("lost_packets", c.lost)
	o.set("packets", c.packets)
	o.set("lost_percent", percent)
}

// counts adds what a sender or a receiver counts.
func (o *jsonObject) counts(udp, sends bool, c iperfCount) {
	switch {
	case udp && sends:
		o.set("packets", c.packets)
	case udp:
		o.loss(c)
	case sends:
		o.set("retransmits", c.retransmits)
	}
}

// interval begins an interval, unless there are enough.
func (j *iperfJSON) interval() {
	switch {
	case j == nil:
	case j.kept >= iperfMaxKept:
		j.dropped++
	default:
		j.streams = nil
		j.intervals = append(j.intervals, nil)
	}
}

// stream keeps an interval of a stream.
func (j *iperfJSON) stream(t *iperfTest, s *iperfStream, c iperfCount, to time.Duration) {
	if j == nil || j.dropped > 0 {
		return
	}
	j.kept++
	o := append(jsonObject{{"socket", s.number}}, j.amounts(t.reported, to, c.bytes)...)
	o.counts(t.UDP, s.sends, c)
	if i := s.info(); i != nil && s.sends {
		o.set("snd_cwnd", c.cwnd)
		o.set("snd_wnd", i.SndWnd)
		o.set("rtt", i.RTT.Microseconds())
		o.set("rttvar", i.RTTVar.Microseconds())
		o.set("pmtu", i.PMTU)
		if j.rtts[s.number] == nil {
			j.rtts[s.number] = &iperfSeen{least: i.RTT}
		}
		seen := j.rtts[s.number]
		seen.cwnd, seen.window = max(seen.cwnd, int(c.cwnd)), max(seen.window, i.SndWnd)
		seen.most, seen.least = max(seen.most, i.RTT), min(seen.least, i.RTT)
		seen.total += i.RTT
		seen.reports++
	}
	o.set("omitted", false)
	o.set("sender", s.sends)
	j.streams = append(j.streams, o)
	j.intervals[len(j.intervals)-1].set("streams", j.streams)
}

// sum keeps an interval of all the streams that go as s does.
func (j *iperfJSON) sum(t *iperfTest, s *iperfStream, c iperfCount, to time.Duration) {
	if j == nil || j.dropped > 0 {
		return
	}
	name := "sum"
	if s.sends != t.sends() {
		name = "sum_bidir_reverse"
	}
	o := j.amounts(t.reported, to, c.bytes)
	o.counts(t.UDP, s.sends, c)
	o.set("omitted", false)
	o.set("sender", s.sends)
	j.intervals[len(j.intervals)-1].set(name, o)
}

// summary keeps the whole test.
func (j *iperfJSON) summary(t *iperfTest, peer *iperfResults) {
	if j == nil {
		return
	}
	var streams []jsonObject
	for _, direction := range t.directions() {
		sides := t.sides(direction, peer)
		for i, s := range direction {
			streams = append(streams, j.whole(t, s, sides, i))
		}
	}
	j.end.set("streams", streams)
	for _, direction := range t.directions() {
		suffix := ""
		if direction[0].sends != t.sends() {
			suffix = "_bidir_reverse"
		}
		j.sums(t, t.sides(direction, peer), direction[0].sends, suffix)
	}
	idle := jsonObject{}
	for _, name := range []string{"host_total", "host_user", "host_system", "remote_total", "remote_user", "remote_system"} {
		idle.set(name, 0.0) // nobody counts what a host of a network works
	}
	j.end.set("cpu_utilization_percent", idle)
	if i := t.streams[0].info(); i != nil {
		j.end.set("sender_tcp_congestion", i.CongestionName)
		j.end.set("receiver_tcp_congestion", i.CongestionName)
		if peer != nil && peer.Congestion != "" && t.sends() {
			j.end.set("receiver_tcp_congestion", peer.Congestion)
		} else if peer != nil && peer.Congestion != "" {
			j.end.set("sender_tcp_congestion", peer.Congestion)
		}
	}
}

// whole returns the summary of the nth stream of a direction.
func (j *iperfJSON) whole(t *iperfTest, s *iperfStream, sides []iperfSide, n int) jsonObject {
	var o jsonObject
	for _, side := range sides {
		c := side.counts[n]
		one := append(jsonObject{{"socket", s.number}}, j.amounts(0, side.ends[n], c.bytes)...)
		if t.UDP {
			// The sender's time and bytes, with what the receiver has missed of them.
			c = sides[len(sides)-1].counts[n]
			one.loss(c)
			one.set("out_of_order", 0)
			one.set("sender", s.sends)
			return jsonObject{{"udp", one}}
		}
		name := "receiver"
		if side.sender {
			name = "sender"
			seen := j.rtts[s.number]
			if seen == nil {
				seen = new(iperfSeen)
			}
			one.set("retransmits", c.retransmits)
			one.set("max_snd_cwnd", seen.cwnd)
			one.set("max_snd_wnd", seen.window)
			one.set("max_rtt", seen.most.Microseconds())
			one.set("min_rtt", seen.least.Microseconds())
			one.set("mean_rtt", (seen.total / max(seen.reports, 1)).Microseconds())
		}
		one.set("sender", s.sends)
		o.set(name, one)
	}
	return o
}

// sums adds the sums of a direction.
func (j *iperfJSON) sums(t *iperfTest, sides []iperfSide, sends bool, suffix string) {
	if t.UDP {
		sum, _ := sides[0].sum()
		got, end := sides[len(sides)-1].sum()
		o := j.amounts(0, end, sum.bytes)
		o.loss(got)
		o.set("sender", sends)
		j.end.set("sum"+suffix, o)
	}
	for _, side := range sides {
		sum, end := side.sum()
		o := j.amounts(0, end, sum.bytes)
		name, sender := "sum_received", sends
		if side.sender {
			name = "sum_sent"
		}
		switch {
		case t.UDP && side.sender:
			o.loss(iperfCount{packets: sum.packets})
			sender = true
		case t.UDP:
			o.loss(sum)
			sender = false
		case side.sender:
			o.set("retransmits", sum.retransmits)
		}
		o.set("sender", sender)
		j.end.set(name+suffix, o)
	}
}

// text returns the whole, with what has gone wrong.
func (j *iperfJSON) text(err error) string {
	o := jsonObject{{"start", j.start}, {"intervals", j.intervals}, {"end", j.end}}
	if j.dropped > 0 {
		o.set("intervals_dropped", j.dropped)
	}
	if err != nil {
		o.set("error", err.Error())
	}
	return o.String() + "\n"
}
