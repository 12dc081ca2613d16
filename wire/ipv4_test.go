package wire

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"testing"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// A header with a well-known checksum: 115 bytes of UDP, don't fragment.
var ipv4Header = unhex("45000073000040004011b861c0a80001c0a800c7")

func TestIPv4(t *testing.T) {
	f := IPv4Fields{
		TotalLen: 115, Flags: IPv4DontFragment, TTL: 64, Protocol: ProtocolUDP,
		Src: netip.MustParseAddr("192.168.0.1"), Dst: netip.MustParseAddr("192.168.0.199"),
	}
	b := make([]byte, IPv4MinLen)
	if n := PutIPv4(b, &f); n != IPv4MinLen || !bytes.Equal(b, ipv4Header) {
		t.Fatalf("%d bytes: % x, want % x", n, b, ipv4Header)
	}
	h, err := ParseIPv4(append(b, 1, 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	if h.HeaderLen() != 20 || h.TOS() != 0 || h.TotalLen() != 115 || h.ID() != 0 || h.Flags() != IPv4DontFragment ||
		h.Offset() != 0 || h.IsFragment() || h.TTL() != 64 || h.Protocol() != ProtocolUDP || h.Src() != f.Src || h.Dst() != f.Dst ||
		len(h.Options()) != 0 || !h.ChecksumOK() {
		t.Errorf("% x", h)
	}
}

func TestIPv4OptionsAndFragments(t *testing.T) {
	f := IPv4Fields{
		TOS: 0xb8, TotalLen: 1000, ID: 0x1234, Flags: IPv4MoreFragments, Offset: 1480, TTL: 1, Protocol: ProtocolICMP,
		Src: netip.MustParseAddr("::ffff:10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2"),
		Options: []byte{IPv4OptionRouterAlert, 4, 0, 0},
	}
	b := make([]byte, IPv4MaxLen)
	if n := PutIPv4(b, &f); n != 24 {
		t.Fatalf("%d bytes, want 24", n)
	}
	h, err := ParseIPv4(b)
	if err != nil {
		t.Fatal(err)
	}
	if h.HeaderLen() != 24 || h.TOS() != 0xb8 || h.ID() != 0x1234 || h.Flags() != IPv4MoreFragments || h.Offset() != 1480 ||
		!h.IsFragment() || h.Src() != netip.MustParseAddr("10.0.0.1") || !bytes.Equal(h.Options(), f.Options) || !h.ChecksumOK() {
		t.Errorf("% x", h)
	}
	h.SetFragment(0, 0)
	if h.IsFragment() {
		t.Error("still a fragment")
	}
	h.SetFragment(0, 65528)
	if h.Offset() != 65528 || !h.IsFragment() {
		t.Errorf("offset %d", h.Offset())
	}
}

// Whatever is set, the checksum stays right; and a wrong one stays wrong.
func TestIPv4Setters(t *testing.T) {
	h := IPv4(bytes.Clone(ipv4Header))
	for _, step := range []struct {
		name string
		set  func()
	}{
		{"total length", func() { h.SetTotalLen(65535) }},
		{"identification", func() { h.SetID(0xffff) }},
		{"fragment", func() { h.SetFragment(IPv4MoreFragments, 8) }},
		{"TTL", func() { h.DecrementTTL() }},
	} {
		step.set()
		if !h.ChecksumOK() {
			t.Errorf("wrong checksum after the %s", step.name)
		}
	}
	for range 63 {
		h.DecrementTTL()
		if !h.ChecksumOK() {
			t.Fatalf("wrong checksum at a TTL of %d", h.TTL())
		}
	}
	if h.TTL() != 0 || h.Protocol() != ProtocolUDP || h.TotalLen() != 65535 || h.ID() != 0xffff {
		t.Errorf("% x", h)
	}
	h[15] ^= 1
	h.SetID(5)
	if h.ChecksumOK() {
		t.Error("a wrong checksum was made right")
	}
	h.SetChecksum()
	if !h.ChecksumOK() {
		t.Error("SetChecksum")
	}
}

func TestBadIPv4(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, ErrTruncated},
		{"cut short", ipv4Header[:19], ErrTruncated},
		{"version 6", unhex("65000073000040004011b861c0a80001c0a800c7"), ErrVersion},
		{"header of 16 bytes", unhex("44000073000040004011b861c0a80001c0a800c7"), ErrHeaderLen},
		{"options cut short", unhex("46000073000040004011b861c0a80001c0a800c7"), ErrTruncated},
		{"total length below the header", unhex("45000013000040004011b861c0a80001c0a800c7"), ErrLength},
	} {
		if _, err := ParseIPv4(tt.b); err != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestNextIPv4Option(t *testing.T) {
	for _, tt := range []struct {
		name  string
		b     []byte
		types []byte
		err   error
	}{
		{"none", nil, nil, nil},
		{"end", []byte{0, 7, 7}, nil, nil},
		{"no-operations", []byte{1, 1, 1}, nil, nil},
		{"two and an end", []byte{1, 148, 4, 0, 0, 7, 3, 4, 0}, []byte{148, 7}, nil},
		{"no length", []byte{7}, nil, ErrOption},
		{"length 0", []byte{7, 0}, nil, ErrOption},
		{"length 1", []byte{7, 1}, nil, ErrOption},
		{"beyond the end", []byte{148, 4, 0, 0, 7, 4, 4}, []byte{148}, ErrOption},
	} {
		var types []byte
		var err error
		for b := tt.b; ; {
			var typ byte
			if typ, _, b, err = NextIPv4Option(b); err != nil || typ == IPv4OptionEnd {
				break
			}
			types = append(types, typ)
		}
		if !bytes.Equal(types, tt.types) || err != tt.err {
			t.Errorf("%s: %v, %v; want %v, %v", tt.name, types, err, tt.types, tt.err)
		}
	}
}

func FuzzIPv4(f *testing.F) {
	f.Add(ipv4Header)
	f.Add(unhex("46000073000040004011b861c0a80001c0a800c794040000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseIPv4(b)
		if err != nil {
			return
		}
		for o := h.Options(); ; {
			typ, data, rest, err := NextIPv4Option(o)
			if err != nil || typ == IPv4OptionEnd {
				break
			}
			if len(data)+len(rest)+2 > len(o) {
				t.Fatal("an option grew")
			}
			o = rest
		}
		// Written from its fields it is the same, checksum aside; the reserved
		// flag survives as well.
		again := make([]byte, h.HeaderLen())
		PutIPv4(again, &IPv4Fields{
			TOS: h.TOS(), TotalLen: uint16(h.TotalLen()), ID: h.ID(), Flags: h.Flags(), Offset: uint16(h.Offset()),
			TTL: h.TTL(), Protocol: h.Protocol(), Src: h.Src(), Dst: h.Dst(), Options: h.Options(),
		})
		if !IPv4(again).ChecksumOK() {
			t.Error("wrong checksum")
		}
		h.SetChecksum()
		if !bytes.Equal(again, h) {
			t.Errorf("% x was written as % x", h, again)
		}
		if h.TTL() > 0 {
			h.DecrementTTL()
		}
		h.SetTotalLen(20)
		h.SetID(1)
		h.SetFragment(IPv4DontFragment, 0)
		if !h.ChecksumOK() {
			t.Error("wrong checksum after the setters")
		}
	})
}

func BenchmarkParseIPv4(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		h, err := ParseIPv4(ipv4Header)
		if err != nil || !h.ChecksumOK() {
			b.Fatal(err)
		}
	}
}
