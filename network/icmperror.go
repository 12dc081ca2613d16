package network

import (
	"net/netip"

	"thinnet/clock"
	"thinnet/link/segment"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// maxError is the longest packet with an ICMP error, in bytes: every host takes
// it whole (RFC 1812, section 4.3.2.3).
const maxError = 576

// SendUnreachable tells the sender of p that p does not arrive: code is
// ICMPv4PortUnreachable, say. p starts with its transport header, as Receive got
// it together with h; it is taken over. Nothing is sent where RFC 1122, section
// 3.2.2, forbids it, or when too many errors were sent already.
func (l *Layer) SendUnreachable(now clock.Time, p *packet.Packet, h *Header, code uint8) {
	if b := p.Prepend(len(h.IP)); b != nil {
		copy(b, h.IP)
		p.NetworkOffset = 0
		l.sendError(now, p, wire.ICMPv4Unreachable, code, 0, h.Broadcast)
	}
	p.Release()
}

// sendError sends an ICMP error about p, which starts with its IP header and
// remains the caller's. rest is the second four bytes of the message; group: the
// packet was sent to many stations.
func (l *Layer) sendError(now clock.Time, p *packet.Packet, t wire.ICMPv4Type, code uint8, rest uint32, group bool) {
	ip, err := wire.ParseIPv4(p.Head())
	if err != nil || group || !l.mayReport(p, ip) {
		return
	}
	src := ip.Src()
	local := l.LocalAddr(src)
	if !local && !(t == wire.ICMPv4Unreachable && code == wire.ICMPv4FragmentationNeeded) {
		// Path MTU discovery stands still without its errors, and so is not limited.
		if c := l.limit.take(now, src); c != none {
			l.counters[c]++
			return
		}
	}
	l.counters[ICMPOutMsgs]++
	switch t {
	case wire.ICMPv4Unreachable:
		l.counters[ICMPOutDestUnreachs]++
	case wire.ICMPv4TimeExceeded:
		l.counters[ICMPOutTimeExcds]++
	case wire.ICMPv4ParamProblem:
		l.counters[ICMPOutParmProbs]++
	}
	if p.Segmentation == packet.SegmentNone {
		segment.Complete(p)
	}
	q := l.borrow()
	defer l.giveBack(q)
	m := wire.ICMPv4(q.Append(wire.ICMPv4Len))
	wire.PutICMPv4(m, t, code, rest)
	copyPayload(q, p, 0, min(p.Len(), maxError-wire.IPv4MinLen-wire.ICMPv4Len))
	m.SetChecksum(^wire.Fold(segment.Sum(q, 0, 0)))
	if local && l.loopback == nil {
		l.tell(now, m, src, q.Head()[wire.ICMPv4Len:])
		q.Release()
		return
	}
	var from netip.Addr // the address that the packet was for, or what is on the way back
	if l.LocalAddr(ip.Dst()) {
		from = ip.Dst()
	}
	const internetControl = 0xc0 // precedence: RFC 1812, section 4.3.2.5
	l.reply(now, q, src, from, ip.TOS()&0x1e|internetControl)
}

// mayReport reports whether an ICMP error about p may be sent: RFC 1122, section
// 3.2.2.
func (l *Layer) mayReport(p *packet.Packet, ip wire.IPv4) bool {
	src, dst := ip.Src(), ip.Dst()
	switch {
	case ip.Offset() != 0:
		return false
	case dst == limitedBroadcast || dst.IsMulticast() || l.kind(dst) == route.Broadcast:
		return false
	case reserved(src) || src.IsMulticast() || l.kind(src) == route.Broadcast:
		return false
	case src.IsLoopback() && !l.LocalAddr(src):
		return false
	case ip.Protocol() != wire.ProtocolICMP:
		return true
	}
	var t [1]byte
	if p.CopyTo(t[:], len(ip)) == 0 {
		return false
	}
	switch wire.ICMPv4Type(t[0]) {
	case wire.ICMPv4Echo, wire.ICMPv4EchoReply, 13, 14: // timestamp request and reply
		return true
	}
	return false // an error, or something that may be one
}
