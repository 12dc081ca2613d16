package tcp

import (
	"math"
	"time"

	"thinnet/clock"
)

// defaultBufMax is what a window shift of 10 expresses.
const defaultBufMax = 65535 << 10

// nearby is the round-trip time below which buffers do not grow, whatever goes
// through them: the buffers to begin with are 2 Gbit/s over a millisecond. Where
// there is no way to speak of, the queue itself is what takes time, and a longer
// one only leaves the processor's caches.
const nearby = time.Millisecond

// rightSizing finds out how large the receive buffer must be: twice what the user
// reads in a round trip, so that the peer can double its window and the buffer never
// is what keeps it from that (dynamic right-sizing, Fisk and Feng, 2001; Linux's
// tcp_moderate_rcvbuf).
type rightSizing struct {
	arrived int32  // bytes that came in this round trip
	copied  int32  // bytes that the user has read in it: more, once a hole is filled
	most    int32  // the least of both in the best one before
	mark    uint32 // our timestamp when the round trip began
	rtt     uint32 // how long the last one took, ms
	fixed   bool   // the user has set the size
	began   bool   // mark is valid
	near    bool   // something took no time in this round trip
}

// SetRecvBuffer sets the size of the receive buffer in bytes, 4096 to 64 MiB, for
// good. What was advertised already stays valid.
func (c *Conn) SetRecvBuffer(n int) {
	c.rcvBufSize = n
	c.traffic().rcvSize.fixed = true
}

// rightSize takes note of a segment with n new bytes, which may end a round trip: it
// echoes a timestamp that was sent in it. Without timestamps the round trip of the
// handshake is all there is to go by.
func (c *Conn) rightSize(now clock.Time, s *Segment, n int) {
	d, stamp := &c.traffic().rcvSize, c.timestamp(now)
	d.arrived += int32(n)
	if !d.began {
		d.began, d.mark = true, stamp
		d.most = int32(c.set.InitialWindow) * c.advMSS
		return
	}
	if c.useTS && s.Options.HasTimestamps {
		echo := s.Options.TSEcr
		d.near = d.near || echo == stamp
		if int32(echo-d.mark) <= 0 {
			return
		}
		d.rtt = stamp - echo
	} else {
		d.near = c.rtt.srtt < nearby
		if time.Duration(stamp-d.mark)*time.Millisecond <= c.rtt.srtt {
			return
		}
		d.rtt = stamp - d.mark
	}
	if n := min(d.arrived, d.copied); n > d.most && !d.near && !d.fixed && !c.mem.pressure() {
		c.growRecvBuffer(int64(n), int64(d.most))
		d.most = n
	}
	d.arrived, d.copied, d.mark, d.near = 0, 0, stamp, false
}

// growRecvBuffer makes the receive buffer as large as is needed where n bytes came
// and were read in a round trip, and at most so many in those before.
func (c *Conn) growRecvBuffer(n, most int64) {
	want := 2*n + 16*int64(c.advMSS)
	// The peer has already sent what comes next, by as much again.
	want += 2 * want * min(n-most, most) / most
	c.rcvBufSize = max(c.rcvBufSize, int(min(want, int64(c.set.RcvBufMax))))
}

// sendSize is the size of the send buffer.
type sendSize struct {
	bytes int32
	far   uint8 // round trips in a row in which nothing took less than nearby
	fixed bool  // the user has set the size
}

// farEnough is how many round trips say that a peer is far. One alone may be long
// because this machine was busy.
const farEnough = 3

// SetSendBuffer sets the size of the send buffer in bytes, 4096 to 64 MiB, for good.
func (c *Conn) SetSendBuffer(n int) {
	c.sndSize.bytes = int32(n)
	c.sndSize.fixed = true
	c.wakeWriter()
}

// sizeSendBuffer takes note of an acknowledgement of new data, of the round-trip time
// that it measured (0: none), and of whether it ends a round trip. The buffer holds
// twice the congestion window: what is in flight, and as much for the user to write
// until he is woken, or to be sent beyond a hole.
func (c *Conn) sizeSendBuffer(measured time.Duration, round bool) {
	z := &c.sndSize
	switch {
	case measured > 0 && measured < nearby:
		z.far = 0
	case round && z.far < math.MaxUint8:
		z.far++
	}
	if z.far >= farEnough && !z.fixed && !c.mem.pressure() {
		z.bytes = max(z.bytes, int32(min(2*int64(c.cwnd.Window), int64(c.set.SndBufMax))))
	}
}

// wakeWriter lets a writer that waits go on when half of the buffer is free, not for
// every acknowledgement.
func (c *Conn) wakeWriter() {
	if c.buf.len <= c.sendLimit()/2 {
		c.events |= Writable
	}
}
