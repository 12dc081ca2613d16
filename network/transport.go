package network

import (
	"net/netip"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// Header is what a transport needs to know of the IP header of a packet that it
// receives. It is valid until Receive returns.
type Header struct {
	Src, Dst  netip.Addr
	Protocol  wire.Protocol
	TTL, TOS  uint8
	Interface *Interface // that the packet came in by
	// Broadcast: the packet was sent to many stations, by its IP or by its
	// link address. No ICMP error and no TCP reset may answer it (RFC 1122,
	// section 3.2.2).
	Broadcast bool
	IP        []byte // the IP header, with its options
}

// Transport is a protocol above IP.
type Transport interface {
	// Receive takes over p, a whole datagram for this host. p.Head() starts at
	// the transport header and holds at least its first 60 bytes, or all there
	// are; p.Len() is the length of header and data, without link padding.
	Receive(now clock.Time, p *packet.Packet, h *Header)
	// Error tells of an ICMP error about a packet that this host sent. Whether
	// it is true is for the transport to judge (RFC 5927): anybody can send
	// one.
	Error(now clock.Time, e *Error)
}

// Error is an ICMP error about a packet that this host sent.
type Error struct {
	Type wire.ICMPv4Type
	Code uint8
	MTU  int        // next hop's, in bytes, of ICMPv4FragmentationNeeded; 0 if it was not given
	From netip.Addr // who reports it
	// Of the packet that it is about:
	Src, Dst  netip.Addr
	Protocol  wire.Protocol
	Length    int    // of the packet in bytes, as it is quoted
	Transport []byte // at least the first 8 bytes of the transport header; valid until the call returns
}

// Handle makes t the transport of a protocol; nil takes it away again.
func (l *Layer) Handle(proto wire.Protocol, t Transport) { l.transports[proto] = t }

// HandleICMP makes f be called for every ICMP message received whose checksum is
// right, the errors and the echo requests that the layer itself deals with
// included. msg starts at the ICMP header; f must not keep or change it, nor h.
func (l *Layer) HandleICMP(f func(now clock.Time, h *Header, msg *packet.Packet)) { l.rawICMP = f }
