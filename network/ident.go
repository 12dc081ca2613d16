package network

import (
	"math/rand/v2"
	"net/netip"
)

// identifiers numbers packets (RFC 791, section 3.2): from a random start for
// each of a few sets of destinations, so that neither a stranger learns how much
// this host sends nor do two packets that are on their way at once get the same
// number (RFC 7739, section 5.3).
type identifiers struct {
	seed uint64
	next [256]uint16
}

func (t *identifiers) init(r *rand.Rand) {
	t.seed = r.Uint64()
	for i := range t.next {
		t.next[i] = uint16(r.Uint32())
	}
}

func (t *identifiers) of(src, dst netip.Addr) *uint16 {
	return &t.next[mix(t.seed, src, dst)%uint64(len(t.next))]
}

// mix hashes two IPv4 addresses with a secret.
func mix(seed uint64, a, b netip.Addr) uint64 {
	x, y := a.As4(), b.As4()
	h := seed
	for _, v := range [8]byte{x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]} {
		h = (h ^ uint64(v)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h
}
