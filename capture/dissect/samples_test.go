package dissect

import (
	"encoding/binary"
	"encoding/hex"
	"strings"

	"thinnet/capture"
	"thinnet/wire"
)

// sample is a packet made for the golden files.
type sample struct {
	name string
	link capture.LinkType
	data []byte
}

// unhex reads bytes in hexadecimal; blanks and line feeds between them do not
// count.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "\n", "", "\t", "").Replace(s))
	if err != nil {
		panic(err)
	}
	return b
}

// bytesOf joins what numbers in network byte order and strings make.
func bytesOf(parts ...any) (b []byte) {
	for _, p := range parts {
		switch v := p.(type) {
		case byte:
			b = append(b, v)
		case int:
			b = append(b, byte(v))
		case uint16:
			b = binary.BigEndian.AppendUint16(b, v)
		case uint32:
			b = binary.BigEndian.AppendUint32(b, v)
		case string:
			b = append(b, v...)
		case []byte:
			b = append(b, v...)
		default:
			panic("bytesOf: unknown type")
		}
	}
	return b
}

// ether makes an Ethernet frame.
func ether(typ uint16, payload []byte) []byte {
	return bytesOf(serverMAC[:], clientMAC[:], typ, payload)
}

// ip6 makes an IPv6 packet between two link-local addresses.
func ip6(next byte, payload []byte) []byte {
	return bytesOf(uint32(0x60000000), uint16(len(payload)), next, byte(255), ip6Src, ip6Dst, payload)
}

var (
	ip6Src = unhex("fe80 0000 0000 0000 0000 00ff fe00 0001")
	ip6Dst = unhex("fe80 0000 0000 0000 0000 00ff fe00 0002")
)

// icmp6 makes an ICMPv6 message in a frame, with its checksum.
func icmp6(typ, code byte, rest ...any) []byte {
	b := bytesOf(typ, code, uint16(0), bytesOf(rest...))
	sum := uint64(58) + uint64(len(b))
	sum = wire.Sum(ip6Dst, wire.Sum(ip6Src, sum))
	binary.BigEndian.PutUint16(b[2:], ^wire.Fold(wire.Sum(b, sum)))
	return ether(0x86dd, ip6(58, b))
}

// udp6 makes a UDP datagram over IPv6 in a frame, with its checksum.
func udp6(src, dst uint16, data []byte) []byte {
	b := bytesOf(src, dst, uint16(8+len(data)), uint16(0), data)
	sum := uint64(17) + uint64(len(b))
	sum = wire.Sum(ip6Dst, wire.Sum(ip6Src, sum))
	binary.BigEndian.PutUint16(b[6:], ^wire.Fold(wire.Sum(b, sum)))
	return ether(0x86dd, ip6(17, b))
}

// summed sets the internet checksum at an offset.
func summed(b []byte, at int) []byte {
	binary.BigEndian.PutUint16(b[at:], ^wire.Fold(wire.Sum(b, 0)))
	return b
}

func name(labels ...string) (b []byte) {
	for _, l := range labels {
		b = append(append(b, byte(len(l))), l...)
	}
	return append(b, 0)
}

// inner is a small IPv4 packet to be carried by others.
func inner() []byte { return udp4(ip4(0), 5000, 9999, "hello")[wire.EthernetLen:] }

func samples() []sample {
	en := capture.LinkTypeEthernet
	u16, u32 := func(v int) uint16 { return uint16(v) }, func(v uint32) uint32 { return v }
	www := name("www", "example", "com")
	question := bytesOf(www, u16(1), u16(1))
	dns := func(id, flags int, counts [4]int, body ...any) []byte {
		return bytesOf(u16(id), u16(flags), u16(counts[0]), u16(counts[1]), u16(counts[2]), u16(counts[3]), bytesOf(body...))
	}
	record := func(typ, ttl int, data []byte) []byte {
		return bytesOf(u16(0xc00c), u16(typ), u16(1), u32(uint32(ttl)), u16(len(data)), data)
	}
	answer := dns(7, 0x8180, [4]int{1, 5, 0, 1}, question,
		record(5, 300, name("web", "example", "com")), record(1, 300, []byte{192, 0, 2, 1}),
		record(28, 86399, unhex("2001 0db8 0000 0000 0000 0000 0000 0001")),
		record(15, 60, bytesOf(u16(10), name("mail", "example", "com"))),
		record(16, 60, bytesOf(5, "hello", 2, "\x01!")),
		0, u16(41), u16(1232), u32(0x8000), u16(0))
	dhcp := func(op byte, options ...any) []byte {
		return bytesOf(op, 1, 6, 0, u32(0x12345678), u16(3), u16(0x8000), make([]byte, 16), clientMAC[:],
			make([]byte, 10+64+128), u32(0x63825363), bytesOf(options...), 255)
	}
	mptcp := bytesOf(2, 4, u16(1460), 30, 4, 1, 1, 30, 12, 0x10, 1, u32(0x11223344), u32(0x55667788))
	ppp := func(proto int, body ...any) []byte { return bytesOf(u16(proto), bytesOf(body...)) }
	session := func(body []byte) []byte { return ether(0x8864, bytesOf(0x11, 0, u16(5), u16(len(body)), body)) }
	sctp := func(chunks ...any) []byte {
		return ethernet4(ip4(132), bytesOf(u16(1000), u16(2000), u32(1), u32(0), bytesOf(chunks...)))
	}
	rtmac := bytesOf(1, 1, clientMAC[:])
	return []sample{
		{"arp reply", en, arpFrame(wire.ARPReply, serverMAC, serverMAC, server)},
		{"rarp request", en, func() []byte {
			b := arpFrame(3, wire.Broadcast, clientMAC, client)
			b[12], b[13] = 0x80, 0x35
			return b
		}()},
		{"snap", en, bytesOf(serverMAC[:], clientMAC[:], u16(8+len(inner())), unhex("aaaa03 000000 0800"), inner())},
		{"snap unknown", en, bytesOf(serverMAC[:], clientMAC[:], u16(12), unhex("aaaa03 00000c 1234"), "data")},
		{"llc", en, bytesOf(serverMAC[:], clientMAC[:], u16(6), unhex("e0e0bf 010203"))},
		{"stp", en, bytesOf(serverMAC[:], clientMAC[:], u16(38), unhex(`424203 0000 00 00 00 8000 020000000001 00000000
			8000 020000000001 8001 0000 1400 0200 0f00`))},
		{"qinq", en, ether(0x88a8, bytesOf(u16(0x6064), u16(0x8100), u16(0x0065), u16(0x0800), inner()))},
		{"mpls", en, ether(0x8847, bytesOf(u32(0x00010040), u32(0x00020140), inner()))},
		{"gre", en, ethernet4(ip4(47), bytesOf(u16(0x3000), u16(0x0800), u32(7), u32(8), inner()))},
		{"gre keep-alive", en, ethernet4(ip4(47), bytesOf(u32(0)))},
		{"ip in ip", en, ethernet4(ip4(4), inner())},
		{"vxlan", en, udp4(ip4(0), 50000, 4789, string(bytesOf(u32(0x08000000), u32(42<<8), ether(0x0800, inner()))))},
		{"geneve", en, udp4(ip4(0), 50000, 6081, string(bytesOf(u16(0x0200), u16(0x6558), u32(42<<8), unhex("0100 80 01 deadbeef"), ether(0x0800, inner()))))},
		{"igmp query", en, ethernet4(ip4(2), summed(bytesOf(0x11, 100, u16(0), u32(0)), 2))},
		{"igmp report", en, ethernet4(ip4(2), summed(bytesOf(0x22, 0, u16(0), u16(0), u16(1), 4, 0, u16(1), unhex("e0000105 c0000201")), 2))},
		{"vrrp 2", en, ethernet4(ip4(112), summed(unhex("21 01 64 01 00 01 0000 c0a8be0a 0000000000000000"), 6))},
		{"vrrp 3", en, ethernet4(ip4(112), unhex("31 01 64 02 0064 0000 c0a8be0a c0a8be0b"))},
		{"sctp init", en, sctp(1, 0, u16(20), u32(11), u32(65536), u16(10), u16(2048), u32(100))},
		{"sctp data", en, sctp(0, 3, u16(21), u32(100), u16(1), u16(2), u32(0), "hello", 0, 0, 0)},
		{"sctp sack", en, sctp(3, 0, u16(28), u32(100), u32(65536), u16(2), u16(1), u16(2), u16(3), u16(5), u16(6), u32(99))},
		{"sctp bundle", en, sctp(11, 0, u16(4), 10, 0, u16(6), "ab", 0, 0, 7, 0, u16(8), u32(5))},
		{"mptcp", en, tcp4(ip4(0), wire.TCPFields{SrcPort: 40000, DstPort: 443, Flags: wire.FlagSYN}, mptcp, "")},
		{"tftp read", en, udp4(ip4(0), 50000, 69, "\x00\x01boot.img\x00octet\x00blksize\x001428\x00")},
		{"tftp error", en, udp4(ip4(0), 69, 50000, "\x00\x05\x00\x01not here\x00")},
		{"dns query", en, udp4(ip4(0), 50000, 53, string(dns(7, 0x0100, [4]int{1, 0, 0, 0}, question)))},
		{"dns answer", en, udp4(ip4(0), 53, 50000, string(answer))},
		{"dns refused", en, udp4(ip4(0), 53, 50000, string(dns(7, 0x8185, [4]int{1, 0, 0, 0}, question)))},
		{"dns over tcp", en, tcp4(ip4(0), wire.TCPFields{SrcPort: 53, DstPort: 50000, Flags: wire.FlagACK}, nil, string(bytesOf(u16(len(answer)), answer)))},
		{"mdns", en, udp4(ip4(0), 5353, 5353, string(dns(0, 0, [4]int{1, 0, 0, 0}, name("_http", "_tcp", "local"), u16(12), u16(0x8001))))},
		{"dhcp discover", en, udp4(ip4(0), 68, 67, string(dhcp(1, 53, 1, 1, 50, 4, client.AsSlice(), 12, 6, "client", 55, 4, 1, 3, 6, 15, 61, 7, 1, clientMAC[:])))},
		{"dhcp ack", en, udp4(ip4(0), 67, 68, string(dhcp(2, 53, 1, 5, 54, 4, server.AsSlice(), 51, 4, u32(3600), 1, 4, u32(0xffffff00), 3, 4, server.AsSlice(), 15, 3, "lan")))},
		{"ntp", en, udp4(ip4(0), 123, 123, string(unhex(`23 00 06 ec 00000000 00000000 00000000 0000000000000000
			0000000000000000 0000000000000000 ed4d1234 80000000`)))},
		{"http over ipv6 names", en, udp6(5000, 53, dns(9, 0x0100, [4]int{1, 0, 0, 0}, www, u16(28), u16(1)))},
		{"ipv6 options", en, ether(0x86dd, ip6(0, bytesOf(58, 0, unhex("0502 0000 0100"), 128, 0, u16(0), u16(1), u16(2))))},
		{"ipv6 fragment", en, ether(0x86dd, ip6(44, bytesOf(17, 0, u16(0x0058), u32(0xabcd), "more data")))},
		{"ipv6 authenticated", en, ether(0x86dd, ip6(51, bytesOf(59, 4, u16(0), u32(1), u32(2), make([]byte, 12))))},
		{"ipv6 routing", en, ether(0x86dd, ip6(43, bytesOf(59, 2, 2, 1, u32(0), ip6Src)))},
		{"ipv6 mobility", en, ether(0x86dd, ip6(135, bytesOf(59, 1, 5, 0, u16(0), u16(7), u16(0x8000), u16(10), unhex("0102 0000"))))},
		{"icmpv6 echo", en, icmp6(128, 0, u16(7), u16(3), "data")},
		{"icmpv6 unreachable", en, icmp6(1, 4, u32(0), udp6(5000, 53, []byte("x"))[14:])},
		{"icmpv6 too big", en, icmp6(2, 0, u32(1280), ip6(59, nil))},
		{"neighbor solicitation", en, icmp6(135, 0, u32(0), ip6Dst, rtmac)},
		{"neighbor advertisement", en, icmp6(136, 0, u32(0x60000000), ip6Dst, bytesOf(2, 1, serverMAC[:]))},
		{"router advertisement", en, icmp6(134, 0, 64, 0xc0, u16(1800), u32(0), u32(0), rtmac, 5, 1, u16(0), u32(1500),
			3, 4, 64, 0xc0, u32(86400), u32(14400), u32(0), ip6Src, 25, 3, u16(0), u32(600), ip6Dst)},
		{"listener report", en, icmp6(143, 0, u16(0), u16(1), 4, 0, u16(0), unhex("ff02 0000 0000 0000 0000 0001 ff00 0002"))},
		{"dhcpv6 solicit", en, udp6(546, 547, bytesOf(1, 1, 2, 3, u16(1), u16(10), u16(3), u16(1), clientMAC[:],
			u16(6), u16(4), u16(23), u16(24), u16(8), u16(2), u16(0), u16(3), u16(12), u32(1), u32(0), u32(0)))},
		{"pppoe discovery", en, ether(0x8863, bytesOf(0x11, 9, u16(0), u16(16), u16(0x101), u16(0), u16(0x103), u16(8), u32(0), u32(0x01020304)))},
		{"pppoe ip", en, session(ppp(0x21, inner()))},
		{"pppoe lcp", en, session(ppp(0xc021, 1, 1, u16(14), 1, 4, u16(1492), 5, 6, u32(0xcafe)))},
		{"pppoe ipcp", en, session(ppp(0x8021, 2, 1, u16(10), 3, 6, client.AsSlice()))},
		{"pppoe chap", en, session(ppp(0xc223, 1, 1, u16(11), 4, u32(0x01020304), "gw"))},
		{"pppoe pap", en, session(ppp(0xc023, 1, 1, u16(12), 2, "me", 4, "pass"))},
		{"cooked", capture.LinkTypeLinuxSLL, bytesOf(u16(4), u16(1), u16(6), clientMAC[:], u16(0), u16(0x0800), inner())},
		{"cooked 2", capture.LinkTypeLinuxSLL2, bytesOf(u16(0x0800), u16(0), u32(2), u16(1), 0, 6, clientMAC[:], u16(0), inner())},
		{"loopback", capture.LinkTypeNull, bytesOf(2, 0, 0, 0, inner())},
		{"raw", capture.LinkTypeRaw, inner()},
		{"raw 6", capture.LinkTypeRaw, ip6(59, nil)},
		{"ppp", capture.LinkTypePPP, bytesOf(u16(0xff03), ppp(0x21, inner()))},
	}
}
