package link_test

import (
	"strings"
	"testing"

	"thinnet/link"
	"thinnet/wire"
)

func TestDropReasons(t *testing.T) {
	seen := map[string]bool{}
	for r := range link.NumDropReasons {
		s := r.String()
		if s == "" || strings.HasPrefix(s, "DropReason") || seen[s] {
			t.Errorf("reason %d is called %q", uint8(r), s)
		}
		seen[s] = true
	}
	if got := link.NumDropReasons.String(); !strings.HasPrefix(got, "DropReason(") {
		t.Errorf("a reason that does not exist is called %q", got)
	}
}

func TestDropsTotal(t *testing.T) {
	d := link.Drops{link.DropQueueFull: 1, link.DropStorm: 5}
	if n := d.Total(); n != 6 {
		t.Errorf("%d, want 6", n)
	}
}

func TestLocalMAC(t *testing.T) {
	seen := map[wire.MAC]bool{}
	for _, id := range []uint64{0, 1, 255, 256, 1 << 32, 1<<40 - 1} {
		m := link.LocalMAC(id)
		if m.IsGroup() || m[0]&2 == 0 || seen[m] {
			t.Errorf("%d: %v", id, m)
		}
		seen[m] = true
	}
	if m := link.LocalMAC(0x0102030405); m.String() != "02:01:02:03:04:05" {
		t.Errorf("%v", m)
	}
}
