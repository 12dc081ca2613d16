package flow

import (
	"net/netip"

	"thinnet/capture"
	"thinnet/wire"
)

// Headers are what the headers of a packet say, from the outside in, up to the
// first transport header. What a packet does not have, or what was not captured
// of it, has the zero value. Slices refer to the packet's Data.
type Headers struct {
	// HasMAC says whether there are IEEE 802 addresses.
	HasMAC         bool
	SrcMAC, DstMAC wire.MAC
	// HasVLAN says whether there is an 802.1Q or 802.1ad tag; VLAN is the number
	// in the outer one.
	HasVLAN bool
	VLAN    uint16
	// EtherType is what the link header says that it carries, behind all tags; 0
	// if it says nothing, or has a length there (IEEE 802.3).
	EtherType wire.EtherType
	// Interface is the index of the interface on the host that captured, where the
	// link header has it (Linux cooked v2); 0 elsewhere.
	Interface uint32

	// Version is that of IP: 4, 6, or 0 if this is not IP.
	Version  int
	Src, Dst netip.Addr
	// HopLimit is the TTL of IPv4.
	HopLimit uint8
	// ID tells which fragments belong together, if HasID.
	HasID bool
	ID    uint32
	// Fragment says whether this is a fragment; Offset is where it starts in the
	// whole payload, in bytes, and More whether others follow it.
	Fragment, More bool
	Offset         int
	// Protocol is what IP carries, behind all extension headers that were captured.
	Protocol wire.Protocol
	// Length is that of the IP packet on the wire, in bytes, with its header.
	Length int

	// HasPorts says whether there is a TCP or UDP header, at least its ports.
	HasPorts         bool
	SrcPort, DstPort uint16
	// TCP is the TCP header with its options, nil if there is none or it was cut.
	TCP wire.TCP
	// HasICMP says whether there is an ICMP or ICMPv6 header.
	HasICMP            bool
	ICMPType, ICMPCode uint8

	// Payload is what was captured of the payload of TCP or UDP. PayloadLen is how
	// long that was on the wire, in bytes.
	Payload    []byte
	PayloadLen int
}

// Parse reads the headers of a packet, as far as they make sense.
func (h *Headers) Parse(p *capture.Packet) {
	*h = Headers{}
	b, isIP := h.link(p)
	if !isIP || len(b) == 0 {
		return
	}
	// How long the link layer says that the IP packet is.
	onWire := p.OrigLen - (len(p.Data) - len(b))
	switch b[0] >> 4 {
	case 4:
		h.ipv4(b, onWire)
	case 6:
		h.ipv6(b, onWire)
	}
}

func (h *Headers) ipv4(b []byte, onWire int) {
	ip, err := wire.ParseIPv4(b)
	if err != nil {
		return
	}
	h.Version, h.Src, h.Dst = 4, ip.Src(), ip.Dst()
	h.HopLimit, h.HasID, h.ID = ip.TTL(), true, uint32(ip.ID())
	h.Fragment, h.Offset, h.More = ip.IsFragment(), ip.Offset(), ip.Flags()&wire.IPv4MoreFragments != 0
	h.Protocol, h.Length = ip.Protocol(), min(ip.TotalLen(), onWire)
	h.transport(b[ip.HeaderLen():min(len(b), max(h.Length, ip.HeaderLen()))], h.Length-ip.HeaderLen())
}

// transport reads the header behind IP's; n is how long all of it was on the wire.
func (h *Headers) transport(b []byte, n int) {
	if h.Offset != 0 {
		return
	}
	switch h.Protocol {
	case wire.ProtocolTCP:
		h.ports(b)
		if tcp, err := wire.ParseTCP(b); err == nil && len(tcp) <= n {
			h.TCP, h.Payload, h.PayloadLen = tcp, b[len(tcp):], n-len(tcp)
		}
	case wire.ProtocolUDP:
		h.ports(b)
		if udp, err := wire.ParseUDP(b); err == nil && udp.Len() <= n {
			h.PayloadLen = udp.Len() - wire.UDPLen
			h.Payload = b[wire.UDPLen:min(len(b), udp.Len())]
		}
	case wire.ProtocolICMP, wire.ProtocolICMPv6:
		if len(b) >= 2 {
			h.HasICMP, h.ICMPType, h.ICMPCode = true, b[0], b[1]
		}
	}
}

func (h *Headers) ports(b []byte) {
	if len(b) >= 4 {
		h.HasPorts = true
		h.SrcPort, h.DstPort = uint16(b[0])<<8|uint16(b[1]), uint16(b[2])<<8|uint16(b[3])
	}
}
