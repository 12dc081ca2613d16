package segment

import (
	"encoding/binary"

	"thinnet/packet"
	"thinnet/wire"
)

// Joiner makes one super-segment of a run of TCP segments, if Split would part them
// again as they are: the same headers but for what counts up, and no data missing in any
// but the last. Checksums of which nothing is known are verified; what comes out is
// pending.
//
// It is what generic receive offload is on Linux: a run of segments costs its receiver
// hardly more than one.
type Joiner struct {
	p         *packet.Packet
	head      []byte // p's
	transport int    // where p's TCP header starts
	size      int    // bytes of payload in each segment but the last
	have      int    // bytes of payload in all so far
	seq       uint32
	id        uint16
	sound     bool // p's checksums were looked at
	joined    bool // something was added
	full      bool // nothing more can be: the last segment was short, or pushed
	push      wire.TCPFlags
}

// Begin starts a run with p, a segment or a super-segment whose NetworkOffset is set. It
// reports false if p cannot be the first of a run.
func (j *Joiner) Begin(p *packet.Packet) bool {
	n := int(p.NetworkOffset)
	t := n + wire.IPv4MinLen
	b := p.Head()
	// Data that lies in the head would have to move.
	if len(b) < t+wire.TCPMinLen || b[n] != 0x45 || len(b) != t+int(b[t+12]>>4)*4 {
		return false
	}
	ip, tcp := wire.IPv4(b[n:t]), wire.TCP(b[t:])
	have := p.Len() - len(b)
	size := have
	if p.Segmentation != packet.SegmentNone {
		size = int(p.SegmentSize)
	}
	if have == 0 || size == 0 || have%size != 0 || tcp.Flags() != wire.FlagACK ||
		ip.Protocol() != wire.ProtocolTCP || ip.IsFragment() || ip.TotalLen() != len(b)-n+have {
		return false
	}
	*j = Joiner{
		p: p, head: b, transport: t, size: size, have: have,
		seq: tcp.Seq() + uint32(have), id: ip.ID() + uint16(have/size),
	}
	return true
}

// Add makes q, whose NetworkOffset is set, the end of the run, and leaves it empty. It
// reports false, and leaves q alone, if it does not continue the run.
func (j *Joiner) Add(q *packet.Packet) bool {
	p, t := j.p, j.transport
	n := t - wire.IPv4MinLen
	b := q.Head()
	more := q.Len() - len(b)
	if j.full || len(b) != len(j.head) || int(q.NetworkOffset) != n || q.Segmentation != packet.SegmentNone ||
		more == 0 || more > j.size || len(b)-n+j.have+more > 65535 || !j.continues(b, len(b)-n+more) {
		return false
	}
	if !j.sound {
		if !wire.IPv4(j.head[n:t]).ChecksumOK() || !sound(p, t) {
			return false // what is sound behind it is not to be lost with it
		}
		j.sound = true
	}
	if !sound(q, t) {
		return false
	}
	push := wire.TCP(b[t:]).Flags() & wire.FlagPSH
	if !p.Extend(q) {
		return false
	}
	j.joined, j.full, j.push = true, more < j.size || push != 0, push
	j.have += more
	j.seq += uint32(more)
	j.id++
	return true
}

// End completes the headers of the packet that the run has become.
func (j *Joiner) End() {
	if !j.joined {
		return
	}
	p, t := j.p, j.transport
	n := t - wire.IPv4MinLen
	p.Segmentation, p.SegmentSize = packet.SegmentTCP, uint16(j.size)
	b := p.Head()
	tcp, ip := wire.TCP(b[t:]), wire.IPv4(b[n:t])
	tcp.SetFlags(tcp.Flags() | j.push)
	ip.SetTotalLen(p.Len() - n)
	partial(p, &layout{network: n, transport: t}, wire.TCPChecksumOffset,
		wire.PseudoHeader(ip.Src(), ip.Dst(), wire.ProtocolTCP, p.Len()-t))
}

// continues reports whether the headers b are those that Split gives the next segment, an
// IP packet of length bytes. Nothing may have to be said between it and the first.
func (j *Joiner) continues(b []byte, length int) bool {
	a, t := j.head, j.transport
	n := t - wire.IPv4MinLen
	ip, tcp := (*[wire.IPv4MinLen]byte)(a[n:]), (*[wire.TCPMinLen]byte)(a[t:])
	nextIP, next := (*[wire.IPv4MinLen]byte)(b[n:]), (*[wire.TCPMinLen]byte)(b[t:])
	return int(binary.BigEndian.Uint16(nextIP[2:])) == length && binary.BigEndian.Uint16(nextIP[4:]) == j.id &&
		[2]byte(nextIP[:2]) == [2]byte(ip[:2]) && [4]byte(nextIP[6:10]) == [4]byte(ip[6:10]) &&
		[8]byte(nextIP[12:]) == [8]byte(ip[12:]) &&
		binary.BigEndian.Uint32(next[4:]) == j.seq && wire.TCP(next[:]).Flags()&^wire.FlagPSH == wire.FlagACK &&
		[4]byte(next[:4]) == [4]byte(tcp[:4]) && [4]byte(next[8:12]) == [4]byte(tcp[8:12]) && next[12] == tcp[12] &&
		[2]byte(next[14:16]) == [2]byte(tcp[14:16]) && string(b[t+18:]) == string(a[t+18:]) &&
		string(b[:n]) == string(a[:n]) && wire.IPv4(nextIP[:]).ChecksumOK()
}

// sound reports whether the TCP checksum of p, whose header starts at t, is right, or
// need not be looked at.
func sound(p *packet.Packet, t int) bool {
	return p.Checksum != packet.ChecksumNone || verify(p, t)
}

func verify(p *packet.Packet, t int) bool {
	ip := wire.IPv4(p.Head()[t-wire.IPv4MinLen : t])
	return wire.Fold(Sum(p, t, wire.PseudoHeader(ip.Src(), ip.Dst(), wire.ProtocolTCP, p.Len()-t))) == 0xffff
}
