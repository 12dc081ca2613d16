package wire

import (
	"bytes"
	"testing"
)

func TestMAC(t *testing.T) {
	m, err := ParseMAC("02:00:5e:10:aB:Ff")
	if err != nil || m != (MAC{2, 0, 0x5e, 0x10, 0xab, 0xff}) {
		t.Errorf("%v, %v", m, err)
	}
	if got := m.String(); got != "02:00:5e:10:ab:ff" {
		t.Errorf("String: %s", got)
	}
	if d, err := ParseMAC("02-00-5e-10-ab-ff"); err != nil || d != m {
		t.Errorf("with dashes: %v, %v", d, err)
	}
	if m.IsGroup() || !Broadcast.IsGroup() || !(MAC{1, 0, 0x5e, 0, 0, 1}).IsGroup() {
		t.Error("IsGroup")
	}
	if m.IsZero() || !(MAC{}).IsZero() {
		t.Error("IsZero")
	}
	for _, s := range []string{"", "02:00:00:00:00", "02:00:00:00:00:00:", "02:00:00:00:00:0g", "02.00.00.00.00.00", "0x:00:00:00:00:00", "+2:00:00:00:00:00", "_2:00:00:00:00:00"} {
		if m, err := ParseMAC(s); err == nil {
			t.Errorf("%q was read as %v", s, m)
		}
	}
}

func TestEthernet(t *testing.T) {
	b := make([]byte, 18)
	dst, src := MAC{1, 2, 3, 4, 5, 6}, MAC{7, 8, 9, 10, 11, 12}
	PutEthernet(b, dst, src, EtherTypeVLAN)
	PutVLAN(b[EthernetLen:], 0xabc, 5, EtherTypeARP)
	want := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0xaa, 0xbc, 0x08, 0x06}
	if !bytes.Equal(b, want) {
		t.Fatalf("% x, want % x", b, want)
	}
	e, err := ParseEthernet(b)
	if err != nil || e.Dst() != dst || e.Src() != src || e.Type() != EtherTypeVLAN || len(e) != EthernetLen {
		t.Errorf("% x, %v", e, err)
	}
	v, err := ParseVLAN(b[EthernetLen:])
	if err != nil || v.ID() != 0xabc || v.Priority() != 5 || v.DropEligible() || v.Type() != EtherTypeARP {
		t.Errorf("% x, %v", v, err)
	}
	b[EthernetLen] |= 0x10
	if !v.DropEligible() || v.Priority() != 5 || v.ID() != 0xabc {
		t.Errorf("% x", v)
	}
	if _, err := ParseEthernet(b[:13]); err != ErrTruncated {
		t.Errorf("13 bytes: %v", err)
	}
	if _, err := ParseVLAN(b[:3]); err != ErrTruncated {
		t.Errorf("3 bytes: %v", err)
	}
}

func FuzzEthernet(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0xaa, 0xbc, 0x08, 0x06})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEthernet(b)
		if err != nil {
			return
		}
		again := make([]byte, EthernetLen)
		PutEthernet(again, e.Dst(), e.Src(), e.Type())
		if !bytes.Equal(again, e) {
			t.Errorf("% x was written as % x", e, again)
		}
		if m, err := ParseMAC(e.Src().String()); err != nil || m != e.Src() {
			t.Errorf("%v, %v", m, err)
		}
	})
}

func FuzzVLAN(f *testing.F) {
	f.Add([]byte{0xaa, 0xbc, 0x08, 0x06})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := ParseVLAN(b)
		if err != nil {
			return
		}
		again := make([]byte, VLANLen)
		PutVLAN(again, v.ID(), v.Priority(), v.Type())
		if v.DropEligible() {
			again[0] |= 0x10
		}
		if !bytes.Equal(again, v) {
			t.Errorf("% x was written as % x", v, again)
		}
	})
}
