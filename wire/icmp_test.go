package wire

import (
	"bytes"
	"testing"
)

func TestICMPv4(t *testing.T) {
	b := unhex("ffffffffffffffff")
	PutICMPv4(b, ICMPv4Echo, 0, 0x00070102)
	h, err := ParseICMPv4(b)
	if err != nil || !bytes.Equal(h, unhex("0800000000070102")) {
		t.Fatalf("% x, %v", h, err)
	}
	h.SetChecksum(^Fold(Sum(h, 0)))
	if h.Type() != ICMPv4Echo || h.Code() != 0 || h.ID() != 7 || h.Seq() != 0x102 || h.Rest() != 0x70102 || h.Checksum() != 0xf6f6 {
		t.Errorf("% x", h)
	}
	PutICMPv4(b, ICMPv4Unreachable, ICMPv4FragmentationNeeded, 1400)
	if h.MTU() != 1400 || h.Code() != ICMPv4FragmentationNeeded {
		t.Errorf("% x", h)
	}
	if _, err := ParseICMPv4(b[:7]); err != ErrTruncated {
		t.Errorf("7 bytes: %v", err)
	}
}

func FuzzICMPv4(f *testing.F) {
	f.Add(unhex("0800f6f600070102"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseICMPv4(b)
		if err != nil {
			return
		}
		again := make([]byte, ICMPv4Len)
		PutICMPv4(again, h.Type(), h.Code(), h.Rest())
		ICMPv4(again).SetChecksum(h.Checksum())
		if !bytes.Equal(again, h) || uint32(h.ID())<<16|uint32(h.Seq()) != h.Rest() || h.MTU() != int(h.Seq()) {
			t.Errorf("% x was written as % x", h, again)
		}
	})
}
