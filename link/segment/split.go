package segment

import (
	"encoding/binary"

	"thinnet/packet"
	"thinnet/wire"
)

// layout says where the parts of a super-segment lie, in bytes from the start of
// the frame.
type layout struct {
	network, transport, payload, end int
}

// parse finds the parts of a super-segment and reports whether they agree with
// one another. All headers lie in the head afterwards.
func parse(p *packet.Packet) (l layout, ok bool) {
	l.network = int(p.NetworkOffset)
	b := p.Pull(l.network + wire.IPv4MinLen)
	if b == nil {
		return l, false
	}
	l.transport = l.network + int(b[l.network]&15)*4
	if b = p.Pull(l.transport); b == nil {
		return l, false
	}
	ip, err := wire.ParseIPv4(b[l.network:])
	if err != nil || ip.IsFragment() {
		return l, false
	}
	l.end = l.network + ip.TotalLen()
	if l.end > p.Len() {
		return l, false
	}
	switch {
	case p.Segmentation == packet.SegmentTCP && ip.Protocol() == wire.ProtocolTCP:
		if b = p.Pull(l.transport + wire.TCPMinLen); b == nil {
			return l, false
		}
		l.payload = l.transport + int(b[l.transport+12]>>4)*4
		if b = p.Pull(l.payload); b == nil {
			return l, false
		}
		_, err = wire.ParseTCP(b[l.transport:])
	case p.Segmentation == packet.SegmentUDP && ip.Protocol() == wire.ProtocolUDP:
		l.payload = l.transport + wire.UDPLen
		if b = p.Pull(l.payload); b == nil {
			return l, false
		}
		var u wire.UDP
		if u, err = wire.ParseUDP(b[l.transport:]); err == nil && u.Len() != l.end-l.transport {
			return l, false
		}
	default:
		return l, false
	}
	return l, err == nil && l.payload <= l.end && p.SegmentSize > 0
}

// FrameLen returns the length of the longest frame that the packet becomes on a
// wire, in bytes with its link header. It reports false for a super-segment
// whose headers are impossible.
func FrameLen(p *packet.Packet) (n int, ok bool) {
	if p.Segmentation == packet.SegmentNone {
		return p.Len(), true
	}
	l, ok := parse(p)
	return min(l.payload+int(p.SegmentSize), l.end), ok
}

// Headers returns the length of a super-segment's headers, which lie in the head
// afterwards, and where the transport header starts, both in bytes from the start
// of the frame. It reports false if the headers are impossible.
func Headers(p *packet.Packet) (length, transport int, ok bool) {
	l, ok := parse(p)
	return l.payload, l.transport, ok
}

// Split ends the super-segment p and appends the packets that it stands for to
// out, which p is not in. They refer to the same slabs. A TCP segment's sequence
// number moves on, FIN and PSH stay with the last and CWR with the first (RFC
// 3168, section 6.1.2); the IPv4 identification counts up. Their checksums are
// left as ChecksumPartial ([Complete] fills them in), except those of datagrams
// that had none. A packet that is no super-segment moves to out unchanged.
//
// Split reports false, and leaves p and out alone, if the headers are impossible.
func Split(p *packet.Packet, out *packet.Batch) bool {
	if p.Segmentation == packet.SegmentNone {
		out.Move(p)
		return true
	}
	l, ok := parse(p)
	if !ok {
		return false
	}
	size, tcp := int(p.SegmentSize), p.Segmentation == packet.SegmentTCP
	ip := wire.IPv4(p.Head()[l.network:l.transport])
	id := ip.ID()
	pseudo := wire.PseudoHeader(ip.Src(), ip.Dst(), ip.Protocol(), 0)
	// p becomes the pattern of those that have their full length.
	p.Segmentation, p.SegmentSize = packet.SegmentNone, 0
	setLength(p, &l, size, tcp, pseudo)
	for i, off := 0, l.payload; i == 0 || off < l.end; i++ {
		n := min(size, l.end-off)
		s := out.CloneRange(p, l.payload, off, n)
		if n != size {
			setLength(s, &l, n, tcp, pseudo)
		}
		h := s.Head()[l.network:l.payload]
		wire.IPv4(h[:wire.IPv4MinLen]).SetID(id + uint16(i))
		if tcp {
			splitTCP(wire.TCP(h[l.transport-l.network:]), off-l.payload, off+n == l.end)
		}
		off += n
	}
	p.Release()
	return true
}

// setLength writes into the headers of a segment how many bytes of payload it has. pseudo is
// the sum of its pseudo-header without the length.
func setLength(p *packet.Packet, l *layout, n int, tcp bool, pseudo uint64) {
	b := p.Head()
	// The sum is corrected, not computed: a header that arrived damaged must not leave in
	// good order.
	wire.IPv4(b[l.network:l.transport]).SetTotalLen(l.payload - l.network + n)
	length := l.payload - l.transport + n
	if tcp {
		partial(p, l, wire.TCPChecksumOffset, pseudo+uint64(length))
		return
	}
	u := wire.UDP(b[l.transport:])
	u.SetLen(length)
	if p.Checksum == packet.ChecksumPartial || u.Checksum() != 0 {
		partial(p, l, wire.UDPChecksumOffset, pseudo+uint64(length))
	}
}

// splitTCP makes h the header of the segment whose payload starts off bytes into
// the super-segment's.
func splitTCP(h wire.TCP, off int, last bool) {
	h.SetSeq(h.Seq() + uint32(off))
	f := h.Flags()
	if off > 0 {
		f &^= wire.FlagCWR
	}
	if !last {
		f &^= wire.FlagFIN | wire.FlagPSH
	}
	h.SetFlags(f)
}

// partial makes the packet one whose checksum is pending, with the sum of its
// pseudo-header in the field.
func partial(p *packet.Packet, l *layout, off int, pseudo uint64) {
	p.Checksum = packet.ChecksumPartial
	p.ChecksumStart = uint16(l.transport - l.network)
	p.ChecksumOffset = uint8(off)
	binary.BigEndian.PutUint16(p.Head()[l.transport+off:], wire.Fold(pseudo))
}
