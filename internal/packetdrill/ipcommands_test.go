//go:build linux

package packetdrill

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"thinnet/network/route"
)

func TestParseRoute(t *testing.T) {
	single := netip.MustParsePrefix("192.0.2.1/32")
	for _, tt := range []struct {
		words []string
		want  route.Entry
		ok    bool
	}{
		{[]string{"192.0.2.1"}, route.Entry{Prefix: single}, true},
		{[]string{"192.0.2.0/24", "via", "192.168.0.2"}, route.Entry{Prefix: netip.MustParsePrefix("192.0.2.0/24")}, true},
		{[]string{"192.0.2.1", "advmss", "600", "mtu", "lock", "640", "initcwnd", "11"},
			route.Entry{Prefix: single, MTU: 640, LockMTU: true, InitCwnd: 11}, true},
		{[]string{"192.0.2.1", "mtu", "1400", "dev", "tun0"}, route.Entry{Prefix: single, MTU: 1400}, true},
		{[]string{"192.0.2.1", "mtu", "lock"}, route.Entry{}, false},
		{[]string{"192.0.2.1", "mtu", "wide"}, route.Entry{Prefix: single}, false},
		{[]string{"nowhere"}, route.Entry{}, false},
		{nil, route.Entry{}, false},
	} {
		got, err := parseRoute(tt.words)
		if (err == nil) != tt.ok || tt.ok && got != tt.want {
			t.Errorf("%q: %+v, %v", tt.words, got, err)
		}
	}
}

// Each command is obeyed once, when the next call is made.
func TestCommands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ip")
	t.Setenv("THINNET_IP", file)
	h, err := New(netip.MustParsePrefix("192.168.0.1/16"), "")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	say := func(line string) {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(line + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	mtu := func() int {
		r, err := h.stack.LookupRoute(netip.MustParseAddr("192.0.2.1"))
		if err != nil {
			t.Fatal(err)
		}
		return r.MTU()
	}
	for _, step := range []struct {
		line string
		want int
	}{
		{"route change 192.0.2.1 dev tun0 mtu lock 640", 640},
		{"tcp_metrics flush all", 640},
		{"link set tun0 up", 640},
		{"route change 192.0.2.1 dev tun0", 1500},
	} {
		say(step.line)
		if fd := h.Socket(2, 1, 6); fd < 0 {
			t.Fatalf("socket: %d", fd)
		}
		if got := mtu(); got != step.want {
			t.Errorf("after %q: MTU %d, want %d", step.line, got, step.want)
		}
	}
	say("route change 192.0.2.1 mtu 5")
	if fd := h.Socket(2, 1, 6); fd >= 0 {
		t.Error("an MTU of 5 is taken")
	}
}
