package flow

import (
	"encoding/hex"
	"strings"
	"testing"

	"thinnet/capture"
	"thinnet/wire"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// The same UDP datagram behind every kind of link header.
func TestLinkTypes(t *testing.T) {
	const udp = "4500 001e 1234 0000 4011 0000 0a000001 0a000002  0035 1000 000a 0000 6869"
	for _, tt := range []struct {
		link        capture.LinkType
		header      string
		vlan, iface int
	}{
		{link: capture.LinkTypeEthernet, header: "020000000002 020000000001 0800"},
		{link: capture.LinkTypeEthernet, header: "020000000002 020000000001 8100 2064 0800", vlan: 100},
		{link: capture.LinkTypeEthernet, header: "020000000002 020000000001 88a8 0005 8100 0006 0800", vlan: 5},
		{link: capture.LinkTypeLinuxSLL, header: "0000 0001 0006 0200000000010000 0800"},
		{link: capture.LinkTypeLinuxSLL2, header: "0800 0000 00000007 0001 00 06 0200000000010000", iface: 7},
		{link: capture.LinkTypeNull, header: "02000000"},
		{link: capture.LinkTypeNull, header: "00000002"},
		{link: capture.LinkTypeLoop, header: "00000002"},
		{link: capture.LinkTypeRaw},
		{link: capture.LinkTypeIPv4},
	} {
		b := unhex(tt.header + udp)
		h := parse(&capture.Packet{Data: b, OrigLen: len(b), LinkType: tt.link})
		if h.Version != 4 || h.Protocol != wire.ProtocolUDP || h.SrcPort != 53 || h.DstPort != 4096 ||
			string(h.Payload) != "hi" || h.PayloadLen != 2 || h.ID != 0x1234 || int(h.VLAN) != tt.vlan || int(h.Interface) != tt.iface {
			t.Errorf("%s %s: %+v", tt.link, tt.header, h)
		}
		if h.HasMAC != (tt.link == capture.LinkTypeEthernet) {
			t.Errorf("%s: HasMAC is %v", tt.link, h.HasMAC)
		}
	}
}

// Padding behind the IP packet is no payload, and what was cut off still counts.
func TestPaddingAndCut(t *testing.T) {
	p := tcp(client, server, wire.FlagACK, 1, 1, "data")
	whole := len(p.Data)
	p.Data = append(p.Data, 0, 0, 0)
	p.OrigLen = len(p.Data)
	if h := parse(p); string(h.Payload) != "data" || h.PayloadLen != 4 || h.Length != 44 {
		t.Errorf("padded: %q of %d", h.Payload, h.PayloadLen)
	}
	p.Data, p.OrigLen = p.Data[:whole-3], whole
	if h := parse(p); string(h.Payload) != "d" || h.PayloadLen != 4 {
		t.Errorf("cut: %q of %d", h.Payload, h.PayloadLen)
	}
}

func TestIPv6(t *testing.T) {
	tcpHeader := unhex("9c40 0050 00000001 00000000 5002 0400 00000000")
	join := func(ext string) []byte { return append(unhex(ext), tcpHeader...) }
	for _, tt := range []struct {
		name     string
		packet   *capture.Packet
		fragment bool
		hasTCP   bool
	}{
		{"plain", ipv6(6, tcpHeader...), false, true},
		{"hop-by-hop", ipv6(0, join("06 00 0104 00000000")...), false, true},
		{"routing and destination", ipv6(43, join("3c 00 0000 00000000 06 00 0104 00000000")...), false, true},
		{"authentication", ipv6(51, join("06 01 0000 00000001 00000001")...), false, true},
		{"first fragment", ipv6(44, join("06 00 0001 00000009")...), true, true},
		{"later fragment", ipv6(44, join("06 00 0008 00000009")...), true, false},
		{"an extension that was cut", ipv6(0, 6, 200, 1, 4, 0, 0, 0, 0), false, false},
	} {
		h := parse(tt.packet)
		if h.Version != 6 || h.Fragment != tt.fragment || (h.TCP != nil) != tt.hasTCP {
			t.Errorf("%s: %+v", tt.name, h)
		}
		if tt.hasTCP && (h.SrcPort != 40000 || h.DstPort != 80 || h.PayloadLen != 0) {
			t.Errorf("%s: ports %d, %d; payload %d", tt.name, h.SrcPort, h.DstPort, h.PayloadLen)
		}
	}
}

// Headers hold whatever the packet: payload lies in it, and what holds is no more
// than what was on the wire.
func FuzzHeaders(f *testing.F) {
	for _, p := range []*capture.Packet{
		tcp(client, server, wire.FlagSYN, 1, 0, "data"), ipv6(44, unhex("06 00 0001 00000009 9c40 0050")...),
	} {
		f.Add(p.Data, p.OrigLen, uint16(p.LinkType))
	}
	f.Fuzz(func(t *testing.T, data []byte, orig int, link uint16) {
		p := &capture.Packet{Data: data, OrigLen: orig, LinkType: capture.LinkType(link)}
		h := parse(p)
		if len(h.Payload) > len(data) || h.PayloadLen < 0 {
			t.Errorf("payload %d of %d, packet %d", len(h.Payload), h.PayloadLen, len(data))
		}
		if orig >= len(data) && len(h.Payload) > h.PayloadLen {
			t.Errorf("more captured than sent: %d of %d", len(h.Payload), h.PayloadLen)
		}
		new(Conversations).Add(h, p)
		new(Endpoints).Add(h, p)
	})
}
