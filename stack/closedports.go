package stack

import (
	"thinnet/clock"
	"thinnet/link/segment"
	"thinnet/network"
	"thinnet/packet"
	"thinnet/wire"
)

// closedPorts is UDP of a host that has had no UDP socket yet: every port is closed. All
// else comes with the first socket, and the host knows it as an interface only, so that a
// program that opens none is 24 KB smaller.
type closedPorts Stack

// Receive implements network.Transport.
func (t *closedPorts) Receive(now clock.Time, p *packet.Packet, h *network.Header) {
	s := (*Stack)(t)
	if s.checkDatagram(p, h) != nil {
		s.refuseDatagram(now, p, h)
	}
}

// Error implements network.Transport.
func (*closedPorts) Error(clock.Time, *network.Error) {}

// datagramHost is what a host asks of its UDP.
type datagramHost interface {
	closer
	// info is part of Stack.Sockets.
	info() []SocketInfo
	// eager has all that waits worked off: see lazy.go.
	eager()
}

// closer is what a host asks of all sockets of a kind when it closes.
type closer interface{ close() }

// checkDatagram returns the header of a datagram that came in, and cuts off what is behind
// its end. It drops one that is not sound, and returns nil.
func (s *Stack) checkDatagram(p *packet.Packet, h *network.Header) wire.UDP {
	hdr, err := wire.ParseUDP(p.Head())
	if err != nil || hdr.Len() > p.Len() {
		s.udpCnt.inErrors++
		p.Release()
		return nil
	}
	p.Truncate(hdr.Len())
	if p.Checksum == packet.ChecksumNone && hdr.Checksum() != 0 &&
		wire.Fold(segment.Sum(p, 0, wire.PseudoHeader(h.Src, h.Dst, wire.ProtocolUDP, p.Len()))) != 0xffff {
		s.udpCnt.inErrors++
		s.udpCnt.inCsumErrors++
		h.Dropped(p, "UDP checksum")
		p.Release()
		return nil
	}
	return hdr
}

// refuseDatagram drops a datagram that no socket is for, and says so.
func (s *Stack) refuseDatagram(now clock.Time, p *packet.Packet, h *network.Header) {
	s.udpCnt.noPorts++
	h.Dropped(p, "no socket")
	if !h.Broadcast {
		s.net.SendUnreachable(now, p, h, wire.ICMPv4PortUnreachable)
	}
	p.Release()
}
