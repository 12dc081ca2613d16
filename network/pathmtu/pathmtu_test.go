package pathmtu

import (
	"net/netip"
	"testing"
	"time"

	"thinnet/clock"
)

func host(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}) }

func TestReduce(t *testing.T) {
	for _, tt := range []struct {
		name         string
		mtu, current int
		ok           bool
		want         Path
	}{
		{"less", 1300, 1500, true, Path{MTU: 1300}},
		{"more", 1600, 1500, false, Path{}},
		{"as before", 1500, 1500, false, Path{}},
		{"the least", Minimum, 1500, true, Path{MTU: Minimum}},
		{"less than is believed", Minimum - 1, 1500, true, Path{MTU: Minimum, Locked: true}},
		{"the least of any link", 68, 1500, true, Path{MTU: Minimum, Locked: true}},
		{"less than any link takes", 67, 1500, false, Path{}},
		{"less on a link that takes little", 100, 296, true, Path{MTU: 296, Locked: true}},
		{"nothing", 0, 1500, false, Path{}},
		{"negative", -1, 1500, false, Path{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var table Table
			if ok := table.Reduce(1, host(1), tt.mtu, tt.current); ok != tt.ok {
				t.Errorf("Reduce says %v, want %v", ok, tt.ok)
			}
			if got, ok := table.Lookup(1, host(1)); got != tt.want || ok != tt.ok {
				t.Errorf("got %+v %v, want %+v", got, ok, tt.want)
			}
		})
	}
}

// What is told again is believed for longer, and what is not is forgotten; either way
// the generation says whether anything has changed.
func TestExpiry(t *testing.T) {
	var table Table
	at := func(d time.Duration) clock.Time { return clock.Time(d) }
	table.Reduce(0, host(1), 1300, 1500)
	table.Reduce(0, host(2), 1400, 1500)
	g := table.Generation(0)
	if !table.Reduce(at(5*time.Minute), host(1), 1300, 1300) || table.Generation(at(5*time.Minute)) != g {
		t.Error("the same MTU again is no change, but known for longer")
	}
	if e := table.Expires(host(1)); e != at(15*time.Minute) {
		t.Errorf("expires at %v, want 15 m", time.Duration(e))
	}
	if table.Generation(at(Lifetime)) == g {
		t.Error("the generation stays the same when a path is forgotten")
	}
	if _, ok := table.Lookup(at(Lifetime), host(2)); ok {
		t.Error("a path is known after its time")
	}
	if p, ok := table.Lookup(at(Lifetime), host(1)); !ok || p.MTU != 1300 {
		t.Errorf("a path that was told of again is forgotten: %+v %v", p, ok)
	}
	if _, ok := table.Lookup(at(15*time.Minute), host(1)); ok || table.Expires(host(1)) != clock.Never {
		t.Error("a path is known after its time")
	}
}

func TestBound(t *testing.T) {
	var table Table
	for i := range 2 * MaxPaths {
		table.Reduce(clock.Time(i), host(i), 1300, 1500)
	}
	if len(table.paths) != MaxPaths || len(table.order) != MaxPaths {
		t.Errorf("%d paths in an order of %d, want %d", len(table.paths), len(table.order), MaxPaths)
	}
	for _, tt := range []struct {
		i  int
		ok bool
	}{{MaxPaths - 1, false}, {MaxPaths, true}, {2*MaxPaths - 1, true}} {
		if _, ok := table.Lookup(clock.Time(2*MaxPaths), host(tt.i)); ok != tt.ok {
			t.Errorf("path %d is known: %v, want %v", tt.i, ok, tt.ok)
		}
	}
}

// RFC 1191, section 7.1, counts down the table.
func TestPlateau(t *testing.T) {
	for _, tt := range [][2]int{
		{65535, 32000}, {9000, 8166}, {1500, 1492}, {1492, 1006}, {1005, 508}, {296, 68}, {68, 68}, {20, 68},
	} {
		if got := Plateau(tt[0]); got != tt[1] {
			t.Errorf("below %d: %d, want %d", tt[0], got, tt[1])
		}
	}
}
