package neighbor

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

var (
	mac1 = wire.MAC{2, 0, 0, 0, 0, 1}
	mac2 = wire.MAC{2, 0, 0, 0, 0, 2}
	host = netip.MustParseAddr("192.0.2.7")
)

// rig is a table whose link writes down what it is asked.
type rig struct {
	t *testing.T
	*Table
	log  []string
	sent []byte // first byte of each packet that went out
}

func newRig(t *testing.T, c Config) *rig {
	c.Random = rand.New(rand.NewPCG(1, 1))
	r := &rig{t: t}
	r.Table = New(c, r)
	before := packet.Live()
	t.Cleanup(func() {
		var failed packet.Batch
		r.RemoveInterface(1, &failed)
		failed.Release()
		if n := packet.Live() - before; n != 0 {
			t.Errorf("%d slabs were not released", n)
		}
		if r.waiting != 0 {
			t.Errorf("%d packets wait in an empty table", r.waiting)
		}
	})
	return r
}

func (r *rig) Solicit(now clock.Time, iface int, target netip.Addr, mac wire.MAC) {
	r.log = append(r.log, fmt.Sprintf("%v ask %v at %v", time.Duration(now), target, mac))
}

func (r *rig) Transmit(iface int, mac wire.MAC, p *packet.Packet) {
	r.sent = append(r.sent, p.Head()[0])
	p.Release()
}

// wait hands a packet to the table that holds a slab and starts with a mark.
func (r *rig) wait(now clock.Time, e *Entry, mark byte) int {
	var p packet.Packet
	p.Reset()
	p.Append(1)[0] = mark
	s := packet.NewSlab(1)
	p.Attach(s, 0, 1)
	s.Release()
	return r.Wait(now, e, &p)
}

func (r *rig) state(now clock.Time) State {
	for _, n := range r.Snapshot(now) {
		if n.Addr == host {
			return n.State
		}
	}
	return gone
}

func (r *rig) want(now clock.Time, s State) {
	r.t.Helper()
	if got := r.state(now); got != s {
		r.t.Errorf("at %v: %v, want %v", time.Duration(now), got, s)
	}
}

func (r *rig) wantLog(want ...string) {
	r.t.Helper()
	if !slices.Equal(r.log, want) {
		r.t.Errorf("asked %q, want %q", r.log, want)
	}
	r.log = nil
}

const second = clock.Time(time.Second)

func TestAnsweredInTime(t *testing.T) {
	r := newRig(t, Config{})
	e := r.Entry(0, 1, host)
	r.want(0, None)
	r.wait(0, e, 'a')
	r.wait(0, e, 'b')
	r.want(0, Incomplete)
	r.wantLog("0s ask 192.0.2.7 at 00:00:00:00:00:00")
	r.Learn(1, 1, host, mac1, true, false)
	r.want(1, Reachable)
	if string(r.sent) != "ab" {
		t.Errorf("sent %q", r.sent)
	}
	if mac, ok := r.Resolve(2, e); !ok || mac != mac1 {
		t.Errorf("Resolve: %v, %v", mac, ok)
	}
	var failed packet.Batch
	r.Tick(2*second, &failed)
	if r.Deadline() != clock.Never || len(r.log) != 0 {
		t.Errorf("a reachable neighbour is asked: %q", r.log)
	}
}

func TestNotAnswered(t *testing.T) {
	r := newRig(t, Config{})
	e := r.Entry(0, 1, host)
	r.wait(0, e, 'a')
	r.wait(0, e, 'b')
	var failed packet.Batch
	for now := range clock.Time(4) {
		r.Tick(now*second, &failed)
	}
	r.wantLog("0s ask 192.0.2.7 at 00:00:00:00:00:00", "1s ask 192.0.2.7 at 00:00:00:00:00:00", "2s ask 192.0.2.7 at 00:00:00:00:00:00")
	r.want(3*second, Failed)
	if failed.Len() != 2 || failed.At(0).Interface != 1 || failed.At(0).Head()[0] != 'a' || r.Stats().Failures != 1 {
		t.Errorf("%d packets failed, %+v", failed.Len(), r.Stats())
	}
	failed.Release()
	if r.Deadline() != clock.Never {
		t.Errorf("deadline %v", r.Deadline())
	}
	r.wait(4*second, e, 'c') // in use again
	r.want(4*second, Incomplete)
	r.wantLog("4s ask 192.0.2.7 at 00:00:00:00:00:00")
}

func TestStaleIsProbed(t *testing.T) {
	r := newRig(t, Config{})
	e := r.Entry(0, 1, host)
	r.Learn(0, 1, host, mac1, true, false)
	r.want(15*second-1, Reachable)
	r.want(45*second+1, Stale)
	now := 50 * second
	if _, ok := r.Resolve(now, e); !ok {
		t.Error("a stale neighbour is not used")
	}
	r.want(now, Delay)
	var failed packet.Batch
	for range 9 {
		now += second
		r.Tick(now, &failed)
	}
	r.want(58*second, Failed)
	r.wantLog("55s ask 192.0.2.7 at 02:00:00:00:00:01", "56s ask 192.0.2.7 at 02:00:00:00:00:01", "57s ask 192.0.2.7 at 02:00:00:00:00:01")
	if _, ok := r.Resolve(now, e); ok {
		t.Error("a failed neighbour is used")
	}
}

func TestProbeAnswered(t *testing.T) {
	r := newRig(t, Config{})
	e := r.Entry(0, 1, host)
	r.Learn(0, 1, host, mac1, false, false)
	r.want(0, Stale)
	r.Resolve(0, e)
	var failed packet.Batch
	r.Tick(5*second, &failed)
	r.want(5*second, Probe)
	r.Learn(5*second+1, 1, host, mac1, true, false)
	r.want(6*second, Reachable)
	r.Tick(100*second, &failed)
	r.wantLog("5s ask 192.0.2.7 at 02:00:00:00:00:01")
}

func TestTransportConfirms(t *testing.T) {
	r := newRig(t, Config{})
	e := r.Entry(0, 1, host)
	r.Confirm(0, e)
	r.want(0, None) // there is nothing to confirm
	r.Learn(0, 1, host, mac1, false, false)
	r.Resolve(0, e)
	r.want(0, Delay)
	r.Confirm(second, e)
	var failed packet.Batch
	r.Tick(10*second, &failed)
	r.want(10*second, Reachable)
	r.Confirm(15*second, e)
	r.want(29*second, Reachable)
	r.wantLog()
}

func TestMerge(t *testing.T) {
	tests := []struct {
		name             string
		start            func(r *rig, e *Entry)
		answered, create bool
		want             State
		mac              wire.MAC
	}{
		{"unknown, not asked", nil, false, false, gone, wire.MAC{}},
		{"unknown, answer", nil, true, false, gone, wire.MAC{}},
		{"unknown, asked", nil, false, true, Stale, mac2},
		{"reachable, same", func(r *rig, e *Entry) { r.Learn(0, 1, host, mac2, true, false) }, false, true, Reachable, mac2},
		{"reachable, moved", func(r *rig, e *Entry) { r.Learn(0, 1, host, mac1, true, false) }, false, false, Stale, mac2},
		{"waiting", func(r *rig, e *Entry) { r.wait(0, e, 'a') }, false, false, Delay, mac2},
		{"permanent", func(r *rig, e *Entry) { _ = r.Set(0, 1, host, mac1) }, true, true, Permanent, mac1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, Config{})
			if tt.start != nil {
				tt.start(r, r.Entry(0, 1, host))
			}
			r.Learn(0, 1, host, mac2, tt.answered, tt.create)
			r.want(0, tt.want)
			if s := r.Snapshot(0); len(s) > 0 && s[0].MAC != tt.mac {
				t.Errorf("MAC %v, want %v", s[0].MAC, tt.mac)
			}
		})
	}
}

func TestQueueDropsTheOldest(t *testing.T) {
	r := newRig(t, Config{MaxQueue: 3})
	e := r.Entry(0, 1, host)
	dropped := 0
	for i := range 8 {
		dropped += r.wait(0, e, byte('a'+i))
	}
	if err := r.Set(0, 1, host, mac1); err != nil {
		t.Fatal(err)
	}
	if dropped != 5 || string(r.sent) != "fgh" {
		t.Errorf("dropped %d, sent %q", dropped, r.sent)
	}
}

func TestWaitingIsBoundedInAll(t *testing.T) {
	r := newRig(t, Config{MaxWaiting: 2})
	other := r.Entry(0, 1, netip.MustParseAddr("192.0.2.8"))
	e := r.Entry(0, 1, host)
	if n := r.wait(0, e, 'a') + r.wait(0, e, 'b'); n != 0 {
		t.Errorf("dropped %d with room", n)
	}
	if r.wait(0, other, 'c') != 1 || r.wait(0, e, 'd') != 1 {
		t.Error("nothing dropped without room")
	}
	r.Learn(0, 1, host, mac1, true, false)
	if string(r.sent) != "bd" {
		t.Errorf("sent %q", r.sent)
	}
}

func TestTableIsBounded(t *testing.T) {
	r := newRig(t, Config{MaxEntries: 3})
	a := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}) }
	_ = r.Set(0, 1, a(1), mac1)
	r.wait(0, r.Entry(0, 1, a(2)), 'a')
	used := r.Entry(0, 1, a(3))
	r.Learn(0, 1, a(3), mac1, true, false)
	r.Resolve(5, used)
	if r.Entry(6, 1, a(4)) == nil || !used.Gone() {
		t.Error("the only entry that could go has not")
	}
	r.wait(6, r.Entry(6, 1, a(4)), 'b')
	if r.Entry(7, 1, a(5)) != nil || r.Stats().TableFull != 1 {
		t.Error("a full table has made an entry")
	}
	if err := r.Set(7, 1, a(5), mac1); err != ErrFull {
		t.Errorf("Set: %v", err)
	}
	if _, ok := r.Resolve(7, used); ok {
		t.Error("an entry that has gone is used")
	}
}

func TestEvictsTheLeastRecentlyUsed(t *testing.T) {
	r := newRig(t, Config{MaxEntries: 3})
	var e [3]*Entry
	for i := range e {
		a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
		e[i] = r.Entry(clock.Time(i), 1, a)
		r.Learn(clock.Time(i), 1, a, mac1, true, false)
	}
	r.Resolve(10, e[0])
	r.Entry(11, 1, host)
	if e[0].Gone() || !e[1].Gone() || e[2].Gone() {
		t.Error("another one than the least recently used has gone")
	}
}

// However many neighbours are looked for that are not there, those that are stay, and
// more become known.
func TestUnknownNeighboursTakeHalfOfTheTable(t *testing.T) {
	r := newRig(t, Config{MaxEntries: 8})
	a := func(net, i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(net), 0, byte(i)}) }
	var known [4]*Entry
	for i := range known {
		r.Learn(0, 1, a(0, i), mac1, false, true)
		known[i] = r.Entry(0, 1, a(0, i))
	}
	var failed packet.Batch
	for s := range 20 {
		now := clock.Time(s) * second
		r.Tick(now, &failed)
		failed.Release()
		looked := 0
		for i := range 10 {
			if e := r.Entry(now, 1, a(1+s, i)); e != nil {
				r.wait(now, e, 'x')
				looked++
			}
		}
		if looked > 4 {
			t.Errorf("at %d s: %d neighbours are looked for at a time", s, looked)
		}
	}
	for i, e := range known {
		if e.Gone() {
			t.Errorf("neighbour %d was forgotten", i)
		}
	}
	r.Learn(20*second, 1, host, mac2, false, true)
	r.want(20*second, Stale)
	if n := r.unknown; n != 4 {
		t.Errorf("%d entries are counted as unknown, want 4", n)
	}
}

func TestRemove(t *testing.T) {
	r := newRig(t, Config{})
	r.wait(0, r.Entry(0, 1, host), 'a')
	var failed packet.Batch
	if r.Remove(2, host, &failed) || !r.Remove(1, host, &failed) || failed.Len() != 1 {
		t.Errorf("Remove: %d failed", failed.Len())
	}
	failed.Release()
	r.Tick(10*second, &failed)
	r.want(10*second, gone)
}

func TestStateNames(t *testing.T) {
	for s := range numStates {
		if s.String() == "" {
			t.Errorf("state %d has no name", s)
		}
	}
	if got := State(99).String(); got != "State(99)" {
		t.Error(got)
	}
}

func BenchmarkResolve(b *testing.B) {
	t := New(Config{Random: rand.New(rand.NewPCG(1, 1))}, nil)
	e := t.Entry(0, 1, host)
	t.Learn(0, 1, host, mac1, true, false)
	b.ReportAllocs()
	for b.Loop() {
		t.Confirm(1, e)
		t.Resolve(1, e)
	}
}
