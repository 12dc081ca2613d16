package wire

import (
	"bytes"
	"testing"
)

func TestUDP(t *testing.T) {
	b := unhex("ffffffffffffffff")
	PutUDP(b, 40000, 53, 1000)
	h, err := ParseUDP(b)
	if err != nil || h.SrcPort() != 40000 || h.DstPort() != 53 || h.Len() != 1000 || h.Checksum() != 0 {
		t.Errorf("% x, %v", h, err)
	}
	h.SetLen(65535)
	h.SetChecksum(0xabcd)
	if want := unhex("9c400035ffffabcd"); !bytes.Equal(h, want) || h.Checksum() != 0xabcd {
		t.Errorf("% x, want % x", h, want)
	}
	if _, err := ParseUDP(b[:7]); err != ErrTruncated {
		t.Errorf("7 bytes: %v", err)
	}
	h.SetLen(7)
	if _, err := ParseUDP(b); err != ErrLength {
		t.Errorf("a length of 7: %v", err)
	}
}

func FuzzUDP(f *testing.F) {
	f.Add(unhex("9c400035ffffabcd"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseUDP(b)
		if err != nil {
			return
		}
		again := make([]byte, UDPLen)
		PutUDP(again, h.SrcPort(), h.DstPort(), h.Len())
		UDP(again).SetChecksum(h.Checksum())
		if !bytes.Equal(again, h) || h.Len() < UDPLen {
			t.Errorf("% x was written as % x", h, again)
		}
	})
}
