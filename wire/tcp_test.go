package wire

import (
	"bytes"
	"testing"
)

// The SYN of the study note that thinnet was built from, without its checksum.
var synHeader = unhex("1e7c0050aa1670b900000000a002faf000000000" +
	"020405b4" + "0402080a4fee4a5200000000" + "01030308")

func TestTCP(t *testing.T) {
	f := TCPFields{SrcPort: 7804, DstPort: 80, Seq: 2853597369, Flags: FlagSYN, Window: 64240}
	b := make([]byte, 40)
	PutTCP(b, &f, 20)
	h, err := ParseTCP(append(b, "data"...))
	if err != nil || !bytes.Equal(h[:20], synHeader[:20]) {
		t.Fatalf("% x, %v; want % x", h, err, synHeader)
	}
	if h.HeaderLen() != 40 || h.SrcPort() != 7804 || h.DstPort() != 80 || h.Seq() != 2853597369 || h.Ack() != 0 ||
		h.Flags() != FlagSYN || h.Window() != 64240 || h.Urgent() != 0 || h.Checksum() != 0 || len(h.Options()) != 20 {
		t.Errorf("% x", h)
	}
	h.SetSeq(0xfffffffe)
	h.SetFlags(FlagAE | FlagCWR | FlagFIN | 0xfe00)
	h.SetChecksum(0x1234)
	if h.Seq() != 0xfffffffe || h.Flags() != FlagAE|FlagCWR|FlagFIN || h.Checksum() != 0x1234 || h.HeaderLen() != 40 || h[12] != 0xa1 {
		t.Errorf("% x", h)
	}
}

func TestBadTCP(t *testing.T) {
	for _, tt := range []struct {
		name string
		off  byte
		n    int
		want error
	}{
		{"cut short", 0x50, 19, ErrTruncated},
		{"header of 16 bytes", 0x40, 40, ErrHeaderLen},
		{"header of nothing", 0x00, 40, ErrHeaderLen},
		{"options cut short", 0xf0, 59, ErrTruncated},
		{"the longest", 0xf0, 60, nil},
	} {
		b := make([]byte, tt.n)
		b[12] = tt.off
		if _, err := ParseTCP(b); err != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func FuzzTCP(f *testing.F) {
	f.Add(synHeader)
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseTCP(b)
		if err != nil {
			return
		}
		again := make([]byte, h.HeaderLen())
		copy(again[TCPMinLen:], h.Options())
		PutTCP(again, &TCPFields{
			SrcPort: h.SrcPort(), DstPort: h.DstPort(), Seq: h.Seq(), Ack: h.Ack(),
			Flags: h.Flags(), Window: h.Window(), Urgent: h.Urgent(),
		}, len(h.Options()))
		TCP(again).SetChecksum(h.Checksum())
		again[12] |= h[12] & 0x0e // reserved
		if !bytes.Equal(again, h) {
			t.Errorf("% x was written as % x", h, again)
		}
		var o TCPOptions
		ParseTCPOptions(h.Options(), &o)
	})
}
