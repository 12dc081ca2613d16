package flow

import (
	"encoding/binary"
	"net/netip"

	"thinnet/capture"
	"thinnet/wire"
)

var (
	client = netip.MustParseAddrPort("10.0.0.1:40000")
	server = netip.MustParseAddrPort("10.0.0.2:80")
)

// tcp returns an Ethernet frame with a TCP segment.
func tcp(src, dst netip.AddrPort, flags wire.TCPFlags, seq, ack uint32, data string) *capture.Packet {
	b := make([]byte, wire.EthernetLen+wire.IPv4MinLen+wire.TCPMinLen, 200)
	wire.PutEthernet(b, wire.MAC{2, 2}, wire.MAC{2, 1}, wire.EtherTypeIPv4)
	ip := b[wire.EthernetLen:]
	wire.PutIPv4(ip, &wire.IPv4Fields{TotalLen: uint16(40 + len(data)), TTL: 64, Protocol: wire.ProtocolTCP, Src: src.Addr(), Dst: dst.Addr()})
	wire.PutTCP(ip[wire.IPv4MinLen:], &wire.TCPFields{SrcPort: src.Port(), DstPort: dst.Port(), Seq: seq, Ack: ack, Flags: flags, Window: 1000}, 0)
	return ethernet(append(b, data...))
}

func ethernet(b []byte) *capture.Packet {
	return &capture.Packet{Data: b, OrigLen: len(b), LinkType: capture.LinkTypeEthernet}
}

// ipv6 returns a raw IPv6 packet with what follows the header.
func ipv6(next byte, rest ...byte) *capture.Packet {
	b := make([]byte, ipv6Len, ipv6Len+len(rest))
	b[0], b[6], b[7] = 0x60, next, 64
	binary.BigEndian.PutUint16(b[4:], uint16(len(rest)))
	b[23], b[39] = 1, 2
	b = append(b, rest...)
	return &capture.Packet{Data: b, OrigLen: len(b), LinkType: capture.LinkTypeRaw}
}

func parse(p *capture.Packet) *Headers {
	h := &Headers{}
	h.Parse(p)
	return h
}
