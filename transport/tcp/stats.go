package tcp

import (
	"time"

	"thinnet/clock"
	"thinnet/packet"
)

// connStats are counters of one connection, for Info.
type connStats struct {
	_ [0]func() // as in Conn

	bytesSent, bytesAcked, bytesRetrans uint64
	bytesReceived                       uint64
	totalRetrans                        uint64

	dataSegsIn, dataSegsOut uint32
	deliveredCE             uint32 // segments whose acknowledgement had ECE
	dsackDups               uint32 // segments that DSACKs reported
	reordSeen               uint32 // times that something was overtaken
	rcvOOO                  uint32 // segments that came too early

	rto  rtoStats
	busy busyStats
}

// rtoStats say how often the retransmission timer fired, and how long recovery from
// that has taken.
type rtoStats struct {
	total      uint16
	recoveries uint16
	spent      time.Duration
	began      clock.Time // the recovery that is under way; 0: none is
}

// fired takes note of a timeout.
func (r *rtoStats) fired(now clock.Time) {
	r.total++
	if r.began == 0 {
		r.recoveries++
		r.began = max(now, 1)
	}
}

// over takes note that the recovery has ended, if there was one.
func (r *rtoStats) over(now clock.Time) {
	r.spent = r.time(now)
	r.began = 0
}

// recoveredFromRTO takes note that what a timeout has begun is over.
func (c *Conn) recoveredFromRTO(now clock.Time) {
	if c.data != nil {
		c.data.stats.rto.over(now)
	}
}

// time is what recoveries have taken until now.
func (r *rtoStats) time(now clock.Time) time.Duration {
	if r.began == 0 {
		return r.spent
	}
	return r.spent + now.Sub(r.began)
}

// busyKind is what a connection waits for.
type busyKind uint8

const (
	idle          busyKind = iota // there is nothing to send
	busy                          // the network, or the congestion window
	rwndLimited                   // the peer's window
	sndbufLimited                 // the user: the send buffer is full of what was sent
	busyKinds
)

// busyStats say how long a connection has been what.
type busyStats struct {
	kind  busyKind
	since clock.Time
	spent [busyKinds]time.Duration
}

// become takes note that the connection is of another kind from now on.
func (b *busyStats) become(k busyKind, now clock.Time) {
	if k != b.kind {
		b.spent[b.kind] = b.time(b.kind, now)
		b.kind, b.since = k, now
	}
}

// time is how long the connection was of kind k until now.
func (b *busyStats) time(k busyKind, now clock.Time) time.Duration {
	d := b.spent[k]
	if k == b.kind {
		d += now.Sub(b.since)
	}
	return d
}

// waitsFor returns what a connection with something in its send buffer waits for, after it
// has sent what it could. blocked says that the congestion window or pacing kept it from
// sending more.
func (c *Conn) waitsFor(blocked bool) busyKind {
	switch {
	case blocked:
	case c.unsent() == 0:
		if !c.finQueued && c.buf.len >= c.sendLimit() {
			return sndbufLimited
		}
	case c.sndUna.Add(c.sndWnd).Sub(c.sndNxt) < c.cwnd.MSS:
		return rwndLimited
	}
	return busy
}

// segmentsOf returns how many segments on the wire s is, which may be several in one.
func segmentsOf(s *Segment) uint32 {
	if s.Packet.Segmentation != packet.SegmentTCP {
		return 1
	}
	n := max(segmentLen(s), 1)
	return uint32(max((s.Len+n-1)/n, 1))
}
