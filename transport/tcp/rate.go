package tcp

import (
	"math"
	"time"

	"thinnet/clock"
)

// deliveryRate estimates how fast the path delivers: bytes that the peer was found to
// have got, by the time between two acknowledgements or between the two transmissions
// that they answer, whichever was longer (draft-cheng-iccrg-delivery-rate-estimation,
// Linux's tcp_rate.c). It feeds congestion control and tcp_info.
type deliveryRate struct {
	_ [0]func() // as in Conn

	delivered   uint32     // C.delivered, bytes, modulo 2^32
	deliveredAt clock.Time // C.delivered_time
	firstAt     clock.Time // C.first_sent_time
	limitedTo   uint32     // C.app_limited: until so much is delivered, the user had no more to send
	limited     bool       // limitedTo is valid

	newest sent // of what the acknowledgement at hand delivers
	some   bool // newest is valid

	rate        int64 // the last sample, bytes a second; 0: none
	rateLimited bool  // and the user had no more to send meanwhile
}

// ticks returns a time in units of 1024 ns, at most what fits: 73 minutes.
func ticks(d time.Duration) uint32 { return uint32(min(d>>10, math.MaxUint32)) }

func fromTicks(n uint32) time.Duration { return time.Duration(n) << 10 }

// send marks a run that is being sent; idle says that nothing else is on its way.
func (e *deliveryRate) send(r *sent, now clock.Time, idle bool) {
	if idle {
		e.firstAt, e.deliveredAt = now, now
	}
	r.delivered = e.delivered
	r.sinceDelivered = ticks(now.Sub(e.deliveredAt))
	r.sinceFirst = ticks(now.Sub(e.firstAt))
	r.limited = e.limited
}

// take takes note of a run that the acknowledgement at hand delivers.
func (e *deliveryRate) take(r *sent) {
	if e.some && !sentAfter(r.at, r.end, e.newest.at, e.newest.end) {
		return
	}
	e.some, e.newest = true, *r
}

// sample ends an acknowledgement that delivers n bytes. A sample over less than the
// least round-trip time would be too high, and is left out.
func (e *deliveryRate) sample(now clock.Time, n int, least time.Duration) (rate int64, limited bool) {
	if n > 0 {
		e.delivered += uint32(n)
		e.deliveredAt = now
	}
	if e.limited && int32(e.delivered-e.limitedTo) > 0 {
		e.limited = false
	}
	if !e.some {
		return 0, false
	}
	e.some = false
	m := &e.newest
	e.firstAt = m.at
	took := max(fromTicks(m.sinceFirst), now.Sub(m.at)+fromTicks(m.sinceDelivered))
	if took < least || took <= 0 {
		return 0, false
	}
	rate = int64(e.delivered-m.delivered) * int64(time.Second) / int64(took)
	// A user who had little to send shows what he sent, not what the path takes.
	if !m.limited || rate >= e.rate {
		e.rate, e.rateLimited = rate, m.limited
	}
	return rate, m.limited
}

// limit takes note that the user has nothing to send, with inFlight bytes on the way.
func (e *deliveryRate) limit(inFlight int) {
	e.limited, e.limitedTo = true, e.delivered+uint32(inFlight)
}
