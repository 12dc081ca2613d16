package tcp

import (
	"encoding/binary"
	"net/netip"

	"thinnet/clock"
	"thinnet/siphash"
)

// ISN returns an initial sequence number (RFC 6528, section 3): a 4-microsecond
// clock plus a keyed hash of the two ends, which is TupleHash's.
func ISN(now clock.Time, hash uint64) Seq { return Seq(uint32(now/4000) + uint32(hash)) }

// TSOffset returns where a connection's timestamps begin (RFC 7323, section
// 5.4): the same for two connections between the same ends, so that the later
// one's timestamps are larger.
func TSOffset(k siphash.Key, local, remote netip.Addr) uint32 {
	k.K0 ^= 0x7473 // another function than the ISN's
	return uint32(TupleHash(k, netip.AddrPortFrom(local, 0), netip.AddrPortFrom(remote, 0)))
}

// TupleHash returns a keyed hash of the two ends of a connection.
func TupleHash(k siphash.Key, local, remote netip.AddrPort) uint64 {
	ports := uint64(local.Port())<<16 | uint64(remote.Port())
	if local.Addr().Is4() && remote.Addr().Is4() {
		l, r := local.Addr().As4(), remote.Addr().As4()
		return k.Words(uint64(binary.BigEndian.Uint32(l[:]))<<32|uint64(binary.BigEndian.Uint32(r[:])), ports)
	}
	l, r := local.Addr().As16(), remote.Addr().As16()
	return k.Words(
		binary.BigEndian.Uint64(l[:8]), binary.BigEndian.Uint64(l[8:]),
		binary.BigEndian.Uint64(r[:8]), binary.BigEndian.Uint64(r[8:]), ports)
}
