package segment

import (
	"bytes"
	"encoding/binary"

	"thinnet/packet"
	"thinnet/wire"
)

// Join makes the TCP segment q the end of the segment or super-segment p, if Split
// would part them again as they are: the same headers but for what counts up, and no
// data in p's last segment left to fill. It reports false, and leaves both alone,
// otherwise. Checksums of which nothing is known are verified; what comes out is
// pending. NetworkOffset of both must be set.
//
// It is what generic receive offload is on Linux: a run of segments costs its receiver
// hardly more than one.
func Join(p, q *packet.Packet) bool {
	n := int(p.NetworkOffset)
	t := n + wire.IPv4MinLen
	a, b := p.Head(), q.Head()
	// Data that lies in the head would have to move.
	if len(a) != len(b) || len(a) < t+wire.TCPMinLen || p.NetworkOffset != q.NetworkOffset ||
		len(a) != t+int(a[t+12]>>4)*4 || a[n] != 0x45 {
		return false
	}
	size, have, more := int(p.SegmentSize), p.Len()-len(a), q.Len()-len(b)
	if p.Segmentation == packet.SegmentNone {
		size = have
	}
	if q.Segmentation != packet.SegmentNone || more == 0 || more > size || have%size != 0 ||
		len(a)-n+have+more > 65535 {
		return false
	}
	pip, qip := wire.IPv4(a[n:t]), wire.IPv4(b[n:t])
	if !follows(pip, qip, have/size, len(a)-n+have, len(b)-n+more) || !bytes.Equal(a[:n], b[:n]) ||
		!continues(a[t:], b[t:], have) {
		return false
	}
	if !sound(p, t) || !sound(q, t) {
		return false
	}
	push := wire.TCP(b[t:]).Flags() & wire.FlagPSH
	if !p.Extend(q) {
		return false
	}
	p.Segmentation, p.SegmentSize = packet.SegmentTCP, uint16(size)
	h := wire.TCP(a[t:])
	h.SetFlags(h.Flags() | push)
	// Corrected, not computed: a header that arrived damaged stays so.
	pip.SetTotalLen(p.Len() - n)
	partial(p, layout{network: n, transport: t}, wire.TCPChecksumOffset,
		wire.PseudoHeader(pip.Src(), pip.Dst(), wire.ProtocolTCP, p.Len()-t))
	return true
}

// follows reports whether the IP header q is that of the packet which Split makes nth
// of one with the header p. The lengths are those that the headers must tell.
func follows(p, q wire.IPv4, nth, plen, qlen int) bool {
	return p.Protocol() == wire.ProtocolTCP && p.TotalLen() == plen && q.TotalLen() == qlen &&
		q.ID() == p.ID()+uint16(nth) && [2]byte(p) == [2]byte(q) && [4]byte(p[6:]) == [4]byte(q[6:]) &&
		[8]byte(p[12:]) == [8]byte(q[12:]) && !p.IsFragment() && q.ChecksumOK()
}

// continues reports whether the TCP header q, of a segment with data, is that of the
// next one behind p, which has length bytes of it. Nothing may have to be said between
// the two.
func continues(p, q []byte, length int) bool {
	pf, qf := wire.TCP(p).Flags(), wire.TCP(q).Flags()
	return pf == wire.FlagACK && qf&^wire.FlagPSH == wire.FlagACK &&
		binary.BigEndian.Uint32(q[4:]) == binary.BigEndian.Uint32(p[4:])+uint32(length) &&
		[4]byte(p) == [4]byte(q) && [4]byte(p[8:]) == [4]byte(q[8:]) && p[12] == q[12] &&
		[2]byte(p[14:]) == [2]byte(q[14:]) && bytes.Equal(p[18:], q[18:])
}

// sound reports whether the TCP checksum of p, whose header starts at t, is right, or
// need not be looked at.
func sound(p *packet.Packet, t int) bool {
	if p.Checksum != packet.ChecksumNone {
		return true
	}
	ip := wire.IPv4(p.Head()[t-wire.IPv4MinLen : t])
	return wire.Fold(Sum(p, t, wire.PseudoHeader(ip.Src(), ip.Dst(), wire.ProtocolTCP, p.Len()-t))) == 0xffff
}
