package bridge_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/bridge"
	"thinnet/link/cable"
	"thinnet/link/internal/linktest"
	"thinnet/wire"
)

// loop is two bridges with a host each, joined by two cables or more.
type loop struct {
	bridges [2]*bridge.Bridge
	hosts   [2]link.Device
	sinks   [2]linktest.Sink
	cables  []*cable.Cable
}

func newLoop(t testing.TB, clk clock.Clock, cfg bridge.Config, between cable.Config, cables int) *loop {
	l := &loop{}
	source := clock.Source(1)
	next := func() clock.Source { source++; return source }
	for i := range l.bridges {
		cfg.Source = next()
		l.bridges[i] = newBridge(t, clk, cfg)
		c := newCable(t, clk, cable.Config{Sources: [2]clock.Source{next(), next()}})
		attach(t, l.bridges[i], c.B())
		c.A().SetReceiver(&l.sinks[i])
		l.hosts[i] = c.A()
	}
	for range cables {
		between.Sources = [2]clock.Source{next(), next()}
		c := newCable(t, clk, between)
		attach(t, l.bridges[0], c.A())
		attach(t, l.bridges[1], c.B())
		l.cables = append(l.cables, c)
	}
	return l
}

func (l *loop) drops(why link.DropReason) uint64 {
	var n uint64
	for _, b := range l.bridges {
		for p := range 1 + len(l.cables) {
			n += b.Stats(p).Drops[why]
		}
	}
	return n
}

// usable fails the test unless the hosts reach each other on one cable.
func (l *loop) usable(t *testing.T) {
	t.Helper()
	for _, c := range l.cables[1:] {
		c.Down()
	}
	time.Sleep(300 * time.Millisecond)
	for i := range l.hosts { // so that the bridges learn where they are now
		send(l.hosts[i], wire.Broadcast, mac(i), 0)
		time.Sleep(300 * time.Millisecond)
	}
	l.sinks[0].Frames()
	l.sinks[1].Frames()
	send(l.hosts[0], mac(1), mac(0), 7)
	time.Sleep(100 * time.Millisecond)
	if got := linktest.Numbers(l.sinks[1].Frames()); !slices.Equal(got, []uint32{7}) {
		t.Errorf("after the storm %v arrived, want [7]", got)
	}
}

// A broadcast in a loop of cables without delay: the caller returns, memory does
// not grow, the storm ends, and the network goes on.
func TestStormEnds(t *testing.T) {
	for _, cables := range []int{2, 3} {
		t.Run(fmt.Sprint(cables, " cables"), func(t *testing.T) { stormEnds(t, cables) })
	}
}

func stormEnds(t *testing.T, cables int) {
	linktest.NoLeaks(t)
	linktest.NoGoroutines(t)
	clk := clock.NewReal()
	defer clk.Close()
	l := newLoop(t, clk, bridge.Config{StormLimit: 10_000}, cable.Config{}, cables)
	done := make(chan struct{})
	go func() {
		send(l.hosts[0], wire.Broadcast, mac(0), 1)
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("WriteBatch has not returned")
	}
	for range 100 {
		time.Sleep(20 * time.Millisecond)
		if l.drops(link.DropStorm) > 0 {
			break
		}
	}
	if l.drops(link.DropStorm) == 0 {
		t.Error("storm control has dropped nothing")
	}
	l.usable(t)
	if n := len(l.sinks[1].Frames()); n > 0 {
		t.Errorf("the storm goes on: %d frames", n)
	}
}

// The same where no time passes while frames go round.
func TestStormEndsInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		linktest.NoLeaks(t)
		clk := clock.NewOrdered(synctest.Wait)
		defer clk.Close()
		l := newLoop(t, clk, bridge.Config{StormLimit: 10_000}, cable.Config{}, 3)
		send(l.hosts[0], wire.Broadcast, mac(0), 1)
		time.Sleep(time.Second)
		if l.drops(link.DropStorm) == 0 {
			t.Error("storm control has dropped nothing")
		}
		l.usable(t)
	})
}

// Cables with a delay keep a storm alive; the queues bound it.
func TestStormIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		linktest.NoLeaks(t)
		clk := clock.NewReal()
		defer clk.Close()
		l := newLoop(t, clk, bridge.Config{StormLimit: 2000},
			cable.Config{Impairments: [2]cable.Impairment{{Delay: time.Millisecond, QueueLimit: 50}, {Delay: time.Millisecond, QueueLimit: 50}}}, 3)
		send(l.hosts[0], wire.Broadcast, mac(0), 1)
		time.Sleep(time.Second)
		l.sinks[1].Frames()
		time.Sleep(10 * time.Second)
		// Each bridge floods 2000 a second, so no host hears more.
		if n := len(l.sinks[1].Frames()); n > 22_000 {
			t.Errorf("%d frames in 10 s", n)
		}
		l.usable(t)
	})
}

// A bridge may be closed in the middle of a storm.
func TestCloseInAStorm(t *testing.T) {
	linktest.NoLeaks(t)
	linktest.NoGoroutines(t)
	clk := clock.NewReal()
	l := newLoop(t, clk, bridge.Config{StormLimit: 1 << 30, Rate: 1 << 30}, cable.Config{}, 3)
	send(l.hosts[0], wire.Broadcast, mac(0), 1)
	time.Sleep(20 * time.Millisecond)
	var before, after runtime.MemStats
	// What the hosts of the test keep does not count, nor garbage.
	clean := func() {
		for i := range l.sinks {
			l.sinks[i].Frames()
		}
		runtime.GC()
	}
	clean()
	runtime.ReadMemStats(&before)
	time.Sleep(200 * time.Millisecond)
	clean()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if l.drops(link.DropQueueFull) == 0 {
		t.Error("no storm: nothing was dropped")
	}
	start := time.Now()
	clk.Close() // it waits for the pumps
	l.bridges[0].Close()
	l.bridges[1].Close()
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("Close took %v", d)
	}
}
