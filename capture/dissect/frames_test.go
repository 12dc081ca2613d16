package dissect

import (
	"net/netip"
	"time"

	"thinnet/capture"
	"thinnet/wire"
)

// The seed's hosts.
var (
	client = netip.MustParseAddr("192.168.190.1")
	server = netip.MustParseAddr("192.168.190.128")

	clientMAC = wire.MAC{2, 0, 0, 0, 0, 1}
	serverMAC = wire.MAC{2, 0, 0, 0, 0, 2}
)

// at returns a time of the day that the seed was recorded on.
func at(micros int) time.Time {
	return time.Date(2026, 3, 4, 22, 57, 44, 0, time.UTC).Add(time.Duration(micros) * time.Microsecond)
}

// packetOf wraps a frame.
func packetOf(t time.Time, frame []byte) capture.Packet {
	return capture.Packet{Time: t, Data: frame, OrigLen: len(frame), LinkType: capture.LinkTypeEthernet}
}

// ethernet4 makes an Ethernet frame with an IPv4 packet of a payload.
func ethernet4(f wire.IPv4Fields, payload []byte) []byte {
	src, dst := clientMAC, serverMAC
	if f.Src == server {
		src, dst = dst, src
	}
	f.TotalLen = uint16(wire.IPv4MinLen + len(f.Options) + len(payload))
	frame := make([]byte, wire.EthernetLen+int(f.TotalLen))
	wire.PutEthernet(frame, dst, src, wire.EtherTypeIPv4)
	n := wire.PutIPv4(frame[wire.EthernetLen:], &f)
	copy(frame[wire.EthernetLen+n:], payload)
	return frame
}

// ip4 returns the fields of an ordinary packet from the client to the server.
func ip4(proto wire.Protocol) wire.IPv4Fields {
	return wire.IPv4Fields{ID: 1, Flags: wire.IPv4DontFragment, TTL: 64, Protocol: proto, Src: client, Dst: server}
}

// tcp4 makes a TCP segment in a frame; options are padded.
func tcp4(f wire.IPv4Fields, t wire.TCPFields, options []byte, data string) []byte {
	for len(options)%4 != 0 {
		options = append(options, wire.TCPOptionEnd)
	}
	b := make([]byte, wire.TCPMinLen+len(options)+len(data))
	wire.PutTCP(b, &t, len(options))
	copy(b[wire.TCPMinLen:], options)
	copy(b[wire.TCPMinLen+len(options):], data)
	sum := wire.Sum(b, wire.PseudoHeader(f.Src, f.Dst, wire.ProtocolTCP, len(b)))
	wire.TCP(b).SetChecksum(^wire.Fold(sum))
	f.Protocol = wire.ProtocolTCP
	return ethernet4(f, b)
}

// udp4 makes a UDP datagram in a frame.
func udp4(f wire.IPv4Fields, src, dst uint16, data string) []byte {
	b := make([]byte, wire.UDPLen+len(data))
	wire.PutUDP(b, src, dst, len(b))
	copy(b[wire.UDPLen:], data)
	sum := wire.Sum(b, wire.PseudoHeader(f.Src, f.Dst, wire.ProtocolUDP, len(b)))
	wire.UDP(b).SetChecksum(^wire.Fold(sum))
	f.Protocol = wire.ProtocolUDP
	return ethernet4(f, b)
}

// icmp4 makes an ICMP message in a frame.
func icmp4(f wire.IPv4Fields, typ wire.ICMPv4Type, code uint8, rest uint32, data []byte) []byte {
	b := make([]byte, wire.ICMPv4Len+len(data))
	wire.PutICMPv4(b, typ, code, rest)
	copy(b[wire.ICMPv4Len:], data)
	wire.ICMPv4(b).SetChecksum(^wire.Fold(wire.Sum(b, 0)))
	f.Protocol = wire.ProtocolICMP
	return ethernet4(f, b)
}

// arpFrame makes an ARP packet in a frame.
func arpFrame(op wire.ARPOp, dst wire.MAC, targetMAC wire.MAC, target netip.Addr) []byte {
	b := make([]byte, wire.EthernetLen+wire.ARPLen)
	wire.PutEthernet(b, dst, clientMAC, wire.EtherTypeARP)
	wire.PutARP(b[wire.EthernetLen:], op, clientMAC, client, targetMAC, target)
	return b
}

// back turns the fields around.
func back(f wire.IPv4Fields) wire.IPv4Fields {
	f.Src, f.Dst = f.Dst, f.Src
	return f
}

// seedScene is the exchange that the seed's note shows: its sequence numbers,
// windows, options, lengths and times.
func seedScene() []capture.Packet {
	const isn, answer = 2853597369, 2954183642
	out, in := ip4(wire.ProtocolTCP), back(ip4(wire.ProtocolTCP))
	syn := []byte{2, 4, 5, 180, 1, 3, 3, 8, 4, 2}
	synAck := []byte{2, 4, 5, 180, 4, 2}
	stamps := func(before []byte, val, ecr uint32) []byte {
		return append(append([]byte{}, before...), 8, 10,
			byte(val>>24), byte(val>>16), byte(val>>8), byte(val), byte(ecr>>24), byte(ecr>>16), byte(ecr>>8), byte(ecr))
	}
	nops := []byte{1, 1}
	segment := func(micros int, f wire.IPv4Fields, t wire.TCPFields, options []byte, data string) capture.Packet {
		t.SrcPort, t.DstPort = 7804, 80
		if f.Src == server {
			t.SrcPort, t.DstPort = 80, 7804
		}
		return packetOf(at(micros), tcp4(f, t, options, data))
	}
	pad := func(s string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'x'
		}
		copy(b, s)
		copy(b[n-2:], "\r\n")
		return string(b)
	}
	return []capture.Packet{
		segment(252852, out, wire.TCPFields{Seq: isn, Flags: wire.FlagSYN, Window: 64240}, stamps(syn, 1341016658, 0), ""),
		segment(254039, in, wire.TCPFields{Seq: answer, Ack: isn + 1, Flags: wire.FlagSYN | wire.FlagACK, Window: 28960},
			append(stamps(synAck, 325271560, 1341016658), 1, 3, 3, 7), ""),
		segment(254290, out, wire.TCPFields{Seq: isn + 1, Ack: answer + 1, Flags: wire.FlagACK, Window: 514}, stamps(nops, 1341016660, 325271560), ""),
		segment(254640, out, wire.TCPFields{Seq: isn + 1, Ack: answer + 1, Flags: wire.FlagACK | wire.FlagPSH, Window: 514},
			stamps(nops, 1341016660, 325271560), pad("GET / HTTP/1.1\r\nHost: 192.168.190.128\r\n\r\n", 435)),
		segment(254685, in, wire.TCPFields{Seq: answer + 1, Ack: isn + 436, Flags: wire.FlagACK, Window: 235}, stamps(nops, 325271561, 1341016660), ""),
		segment(258058, in, wire.TCPFields{Seq: answer + 1, Ack: isn + 436, Flags: wire.FlagACK | wire.FlagPSH, Window: 235},
			stamps(nops, 325271564, 1341016660), pad("HTTP/1.1 200 OK\r\nServer: thinnet\r\n\r\n", 969)),
		segment(302716, out, wire.TCPFields{Seq: isn + 436, Ack: answer + 970, Flags: wire.FlagACK, Window: 510}, stamps(nops, 1341016706, 325271564), ""),
	}
}
