package wire

import (
	"bytes"
	"net/netip"
	"testing"
)

var arpRequest = []byte{
	0, 1, 8, 0, 6, 4, 0, 1,
	2, 0, 0, 0, 0, 1, 192, 168, 190, 1,
	0, 0, 0, 0, 0, 0, 192, 168, 190, 128,
}

func TestARP(t *testing.T) {
	sender, target := netip.MustParseAddr("192.168.190.1"), netip.MustParseAddr("192.168.190.128")
	b := make([]byte, ARPLen)
	PutARP(b, ARPRequest, MAC{2, 0, 0, 0, 0, 1}, sender, MAC{}, target)
	if !bytes.Equal(b, arpRequest) {
		t.Fatalf("% x, want % x", b, arpRequest)
	}
	a, err := ParseARP(append(b, make([]byte, 18)...)) // with Ethernet's padding
	if err != nil || len(a) != ARPLen {
		t.Fatal(err)
	}
	if a.Op() != ARPRequest || a.SenderMAC() != (MAC{2, 0, 0, 0, 0, 1}) || a.Sender() != sender || !a.TargetMAC().IsZero() || a.Target() != target {
		t.Errorf("% x", a)
	}
}

func TestBadARP(t *testing.T) {
	if _, err := ParseARP(arpRequest[:27]); err != ErrTruncated {
		t.Errorf("27 bytes: %v", err)
	}
	for i, what := range []string{"hardware", "hardware", "protocol", "protocol", "hardware length", "protocol length"} {
		b := bytes.Clone(arpRequest)
		b[i] ^= 2
		if _, err := ParseARP(b); err != ErrHardware {
			t.Errorf("other %s: %v", what, err)
		}
	}
}

func FuzzARP(f *testing.F) {
	f.Add(arpRequest)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseARP(b)
		if err != nil {
			return
		}
		again := make([]byte, ARPLen)
		PutARP(again, a.Op(), a.SenderMAC(), a.Sender(), a.TargetMAC(), a.Target())
		if !bytes.Equal(again, a) {
			t.Errorf("% x was written as % x", a, again)
		}
	})
}
