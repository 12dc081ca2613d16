package stack

import (
	"net/netip"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/network"
	"thinnet/packet"
)

// Who reads little parks at once while others of his host read or write much, and who does
// so himself waits for more a while.
func TestYields(t *testing.T) {
	for _, tt := range []struct {
		long  bool
		since time.Duration // that much was read or written
		want  int
	}{
		{long: false, since: time.Second, want: maxYields},
		{long: false, since: busyFor / 2, want: 0},
		{long: true, since: busyFor / 2, want: fullYields},
	} {
		s := &Stack{now: clock.Time(time.Hour)}
		s.bulk = s.now.Add(-tt.since)
		if got := (&TCPConn{s: s, long: tt.long}).yields(); got != tt.want {
			t.Errorf("long %v, %v ago: %d times, want %d", tt.long, tt.since, got, tt.want)
		}
	}
}

// late is a clock that is asked before somebody lets others run, and when he is back. In
// between so much time goes by.
type late struct {
	clock.Clock
	now   clock.Time
	away  time.Duration
	asked int
}

func (c *late) Now() clock.Time {
	if c.asked++; c.asked%2 == 0 {
		c.now = c.now.Add(c.away)
	}
	return c.now
}

// Who lets others run does so seldom where it takes long.
func TestYieldCrowded(t *testing.T) {
	for _, tt := range []struct {
		away, pause time.Duration
	}{
		{away: briefYield, pause: 0},
		{away: 50 * time.Millisecond, pause: patience * 50 * time.Millisecond},
		{away: 10 * longAway, pause: patience * longAway}, // a computer that slept
	} {
		s := &Stack{clk: &late{away: tt.away}}
		s.mu.Lock()
		for range lookEvery {
			if !s.yield() {
				t.Fatalf("away for %v: it was not looked yet, and nobody yields", tt.away)
			}
		}
		for _, x := range []struct {
			after time.Duration
			want  bool
		}{{tt.pause - 1, tt.pause == 0}, {tt.pause, true}} {
			s.now = s.clk.(*late).now.Add(x.after)
			if got := s.yield(); got != x.want {
				t.Errorf("%v after one was away for %v: yields %v", x.after, tt.away, got)
			}
		}
		s.mu.Unlock()
	}
}

// Whether it takes long is looked at soon after it may have, and seldom otherwise.
func TestYieldLooks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		passes time.Duration // from one to the next, as far as the host knows
		n      int
		want   bool
	}{
		{"at once", briefYield + 1, 1, true},
		{"the host learns of the time, and it is little", 3 * time.Microsecond, 10 * lookEvery, false},
		{"it learns nothing", 0, lookEvery - 1, false},
		{"it has learnt nothing for long", 0, lookEvery, true},
	} {
		c := &late{}
		s := &Stack{clk: c}
		s.mu.Lock()
		for range tt.n {
			s.now = s.now.Add(tt.passes)
			s.yield()
		}
		s.mu.Unlock()
		if got := c.asked > 0; got != tt.want {
			t.Errorf("%s: looked %v", tt.name, got)
		}
	}
}

// What somebody works off when he is back is not time that he was away: however long it
// takes, others may go on letting each other run.
func TestYieldWorks(t *testing.T) {
	c := &slow{Clock: clock.NewReal(), now: clock.Time(time.Hour)}
	defer c.Close()
	s := New(Config{Clock: c})
	defer s.Close()
	lo := InterfaceConfig{Name: "lo", Loopback: true, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}}
	if err := s.AddInterface(lo, Loopback()); err != nil {
		t.Fatal(err)
	}
	s.net.Handle(experiment, c)
	b := &busy{s: s, frame: experimental()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for range 2 * lookEvery {
		b.bring()
		if !s.yield() {
			t.Fatal("nobody yields any more")
		}
	}
	if c.worked != 2*lookEvery {
		t.Errorf("worked off %d of %d packets", c.worked, 2*lookEvery)
	}
}

// slow is a clock by which nothing takes time but the work that it is for.
type slow struct {
	clock.Clock
	now    clock.Time
	worked int
}

func (c *slow) Now() clock.Time { return c.now }

func (c *slow) Receive(_ clock.Time, p *packet.Packet, _ *network.Header) {
	p.Release()
	c.worked++
	c.now = c.now.Add(2 * briefYield)
}

func (c *slow) Error(clock.Time, *network.Error) {}

// When it took long, the first one afterwards looks again.
func TestYieldStillCrowded(t *testing.T) {
	c := &late{away: longAway}
	s := &Stack{clk: c}
	s.mu.Lock()
	defer s.mu.Unlock()
	for range lookEvery {
		s.yield()
	}
	c.now = s.crowded
	s.now = c.now
	if !s.yield() || s.yield() {
		t.Error("not one yields, and then nobody")
	}
}

// early is a clock that keeps what its last timer does.
type early struct {
	clock.Clock
	fire func()
}

func (c *early) NewTimer(src clock.Source, f func()) clock.Timer {
	c.fire = f
	return c.Clock.NewTimer(src, f)
}

// A timer that went off just when its deadline was moved says nothing of the new one.
func TestDeadlineMoved(t *testing.T) {
	clk := &early{Clock: clock.NewReal()}
	defer clk.Close()
	s := New(Config{Clock: clk})
	defer s.Close()
	var closed bool
	w := newWaiters(s)
	if err := w.setDeadline(&closed, clk.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if clk.fire(); w.late() {
		t.Error("a deadline in an hour is over")
	}
	w.end()
}
