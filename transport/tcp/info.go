package tcp

import (
	"time"

	"thinnet/clock"
	"thinnet/transport/tcp/congestion"
)

// Info is a look at a connection, with the names of Linux's struct tcp_info.
type Info struct {
	State            State
	CAState          uint8 // towards loss: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss
	Retransmits      int   // timeouts in a row without an answer
	Options          InfoOptions
	SndWscale        uint8
	RcvWscale        uint8
	RTO              time.Duration
	ATO              time.Duration // delayed acknowledgement timeout
	SndMSS           int           // bytes
	RcvMSS           int           // bytes: the largest segment seen
	AdvMSS           int           // bytes: what the peer was told
	Unacked          int           // segments in flight
	Sacked           int           // segments
	Lost             int           // segments
	Retrans          int           // retransmitted segments in flight
	Reordering       int           // segments: how far one was overtaken, at least 3
	RTT              time.Duration // smoothed
	RTTVar           time.Duration
	MinRTT           time.Duration
	SndSsthresh      int // segments; InfinitySsthresh before the first loss
	SndCwnd          int // segments
	TotalRetrans     uint64
	Delivered        uint64 // segments that the peer has, the SYN included
	BytesSent        uint64
	BytesAcked       uint64
	BytesReceived    uint64
	BytesRetrans     uint64
	SegsOut, SegsIn  uint64
	DataSegsOut      uint64 // segments with payload
	DataSegsIn       uint64
	DeliveredCE      uint64        // segments whose acknowledgement told of a mark (ECN)
	DSACKDups        uint64        // segments that the peer reported as duplicates
	ReordSeen        uint64        // times that a segment was seen to be overtaken
	RcvOOOPack       uint64        // segments that came out of order
	SndWnd, RcvWnd   int           // bytes: the peer's window, and ours as advertised
	PacingRate       int64         // bytes a second: what the window lets through
	DeliveryRate     int64         // bytes a second: what the path has taken
	AppLimited       bool          // the user had no more to send when DeliveryRate was measured
	RcvRTT           time.Duration // as the receiver sees it, in milliseconds
	PMTU             int           // bytes
	RcvSsthresh      int           // bytes: the most that the window may be now
	Probes, Backoff  int
	NotSent          int // bytes written and not sent yet
	RcvSpace         int // bytes: the receive buffer
	SndBuf           int // bytes: the send buffer
	RcvMem, SndMem   int // bytes of memory that the receive queues and the send buffer hold
	CongestionName   string
	LastDataSent     time.Duration // ago
	LastDataReceived time.Duration // ago
	LastAckReceived  time.Duration // ago

	// BusyTime is how long there was something to send; of that the peer's
	// window kept it for RwndLimited, and a full send buffer for SndbufLimited.
	BusyTime, RwndLimited, SndbufLimited time.Duration

	TotalRTO           int // timeouts, those of SYNs included
	TotalRTORecoveries int
	TotalRTOTime       time.Duration // in recoveries from timeouts
}

// InfinitySsthresh is SndSsthresh before the first loss.
const InfinitySsthresh = 0x7fffffff

// InfoOptions are the options that both ends agreed on.
type InfoOptions struct {
	Timestamps, SACK, WindowScale, ECN bool
	// ECNSeen: a segment came that was ECN-capable, or marked.
	ECNSeen bool
	// SynData: the data of the SYN was acknowledged (RFC 7413).
	SynData bool
}

// Info returns a look at the connection.
func (c *Conn) Info(now clock.Time) Info {
	if c.set == nil {
		return Info{} // the zero Conn: Closed
	}
	data := c.data
	if data == nil {
		data = &traffic{}
	}
	mss := max(c.cwnd.MSS, 1)
	segs := func(bytes int) int { return (bytes + mss - 1) / mss }
	i := Info{
		State:            c.state,
		CAState:          uint8(c.recovery.state),
		Options:          InfoOptions{Timestamps: c.useTS, SACK: c.useSACK, WindowScale: c.useScale, ECN: c.useECN, ECNSeen: c.ecnSeen, SynData: c.fo.synData},
		SndWscale:        c.sndScale,
		RcvWscale:        c.rcvScale,
		RTO:              c.timeout(),
		ATO:              c.set.DelayedAck,
		SndMSS:           c.segmentSize(),
		RcvMSS:           int(c.rcvMSS),
		AdvMSS:           int(c.advMSS),
		Unacked:          segs(c.sndNxt.Sub(c.sndUna)),
		Sacked:           segs(int(c.out.sacked) + c.renoSacked),
		Lost:             segs(int(c.out.lost)),
		Retrans:          segs(int(c.out.resent)),
		Reordering:       max(segs(data.rack.extent), dupThresh),
		RTT:              c.rtt.srtt,
		RTTVar:           c.rtt.rttvar,
		MinRTT:           c.rtt.min,
		SndSsthresh:      InfinitySsthresh,
		SndCwnd:          c.cwnd.Window / mss,
		TotalRetrans:     data.stats.totalRetrans,
		Delivered:        uint64(c.delivered),
		BytesSent:        data.stats.bytesSent,
		BytesAcked:       data.stats.bytesAcked,
		BytesReceived:    data.stats.bytesReceived,
		BytesRetrans:     data.stats.bytesRetrans,
		SegsOut:          uint64(c.segsOut),
		SegsIn:           uint64(c.segsIn),
		Probes:           int(c.probes),
		Backoff:          int(c.backoff),
		Retransmits:      int(c.retries),
		DataSegsOut:      uint64(data.stats.dataSegsOut),
		DataSegsIn:       uint64(data.stats.dataSegsIn),
		DeliveredCE:      uint64(data.stats.deliveredCE),
		DSACKDups:        uint64(data.stats.dsackDups),
		ReordSeen:        uint64(data.stats.reordSeen),
		RcvOOOPack:       uint64(data.stats.rcvOOO),
		SndWnd:           c.sndWnd,
		RcvWnd:           max(c.rcvAdv.Sub(c.rcvNxt), 0),
		PacingRate:       c.pacingRate(),
		DeliveryRate:     data.rate.rate,
		AppLimited:       data.rate.rateLimited,
		RcvRTT:           time.Duration(data.rcvSize.rtt) * time.Millisecond,
		PMTU:             int(c.mtu),
		RcvSsthresh:      c.clamped(c.rcvBufSize),
		NotSent:          c.unsent(),
		RcvSpace:         c.rcvBufSize,
		SndBuf:           c.sendLimit(),
		RcvMem:           c.rcvHeld(),
		SndMem:           int(c.buf.held),
		CongestionName:   c.set.CongestionControl,
		LastDataSent:     now.Sub(c.lastSent()),
		LastDataReceived: now.Sub(data.lastReceived),
		LastAckReceived:  now.Sub(c.lastReceived),

		RwndLimited:        data.stats.busy.time(rwndLimited, now),
		SndbufLimited:      data.stats.busy.time(sndbufLimited, now),
		TotalRTO:           int(data.stats.rto.total),
		TotalRTORecoveries: int(data.stats.rto.recoveries),
		TotalRTOTime:       data.stats.rto.time(now),
	}
	i.BusyTime = data.stats.busy.time(busy, now) + i.RwndLimited + i.SndbufLimited
	if data.control != nil {
		i.CongestionName = data.control.Name()
	}
	if c.cwnd.Threshold < congestion.Infinite {
		i.SndSsthresh = c.cwnd.Threshold / mss
	}
	return i
}

// Timer says which timer is due first, as ss -o names it, and when: "on" for
// retransmission, "persist", "keepalive", "timewait", or "" for none.
func (c *Conn) Timer() (name string, at clock.Time, retries int) {
	switch {
	case c.state == TimeWait || c.waitAt != clock.Never:
		return "timewait", c.waitAt, 0
	case c.rtoAt != clock.Never && c.out.empty() && c.state.synchronized():
		return "persist", c.rtoAt, int(c.retries)
	case c.rtoAt != clock.Never:
		return "on", c.rtoAt, int(c.retries)
	case c.keepAt != clock.Never:
		return "keepalive", c.keepAt, int(c.probes)
	}
	return "", clock.Never, 0
}
