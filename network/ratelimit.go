package network

import (
	"math/rand/v2"
	"net/netip"

	"thinnet/clock"
)

// rateLimit limits ICMP errors as Linux does: so many a second to everybody, and
// one a second with a burst of six to each destination (RFC 1812, section
// 4.3.2.8).
type rateLimit struct {
	all  bucket
	seed uint64
	// each is the buckets of destinations, by a hash. A destination that comes
	// to another's bucket takes it over: memory stays bounded, and the limit
	// for all holds whatever addresses are forged.
	each [256]struct {
		addr netip.Addr
		bucket
	}
	rate, burst int
}

// Limits for one destination.
const (
	hostRate  = 1 // errors a second
	hostBurst = 6
)

func (r *rateLimit) init(random *rand.Rand, rate, burst int) {
	r.seed = random.Uint64()
	r.rate, r.burst = rate, burst
	r.all = newBucket(0, burst)
}

// take asks for an error to be sent to dst. It returns none, or the counter of
// the limit that forbids it.
func (r *rateLimit) take(now clock.Time, dst netip.Addr) Counter {
	if !r.all.ready(now, r.rate, r.burst) {
		return ICMPOutRateLimitGlobal
	}
	e := &r.each[mix(r.seed, dst, dst)%uint64(len(r.each))]
	if e.addr != dst {
		e.addr, e.bucket = dst, newBucket(now, hostBurst)
	}
	if !e.ready(now, hostRate, hostBurst) {
		return ICMPOutRateLimitHost
	}
	r.all.tokens--
	e.tokens--
	return none
}

// bucket is a token bucket.
type bucket struct {
	tokens float64
	at     clock.Time // when the tokens were counted
}

func newBucket(now clock.Time, burst int) bucket { return bucket{float64(burst), now} }

// ready fills the bucket and reports whether it holds a token.
func (b *bucket) ready(now clock.Time, rate, burst int) bool {
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(float64(burst), b.tokens+d.Seconds()*float64(rate))
		b.at = now
	}
	return b.tokens >= 1
}
