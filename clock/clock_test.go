package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
)

func TestTime(t *testing.T) {
	for _, tt := range []struct {
		t    clock.Time
		d    time.Duration
		want clock.Time
	}{
		{5, 3, 8},
		{5, -3, 2},
		{clock.Never, 1, clock.Never},
		{clock.Never - 5, 10, clock.Never},
		{1, 1<<63 - 1, clock.Never},
	} {
		if got := tt.t.Add(tt.d); got != tt.want {
			t.Errorf("%d.Add(%d) = %d, want %d", tt.t, tt.d, got, tt.want)
		}
	}
	if d := clock.Time(9).Sub(4); d != 5 {
		t.Errorf("Sub: %d", d)
	}
}

// each runs f in a bubble with either clock: what it tests is in the contract.
func each(t *testing.T, f func(t *testing.T, clk clock.Clock)) {
	for name, newClock := range map[string]func() clock.Clock{
		"real":    func() clock.Clock { return clock.NewReal() },
		"ordered": func() clock.Clock { return clock.NewOrdered(synctest.Wait) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := newClock()
				defer clk.Close()
				f(t, clk)
			})
		})
	}
}

// firings returns a function for a timer, and a channel with the instants at
// which it ran.
func firings(clk clock.Clock) (f func(), at chan clock.Time) {
	at = make(chan clock.Time, 100)
	return func() { at <- clk.Now() }, at
}

// expect fails the test unless exactly these firings have come by now.
func expect(t *testing.T, at chan clock.Time, want ...clock.Time) {
	t.Helper()
	for _, w := range want {
		select {
		case got := <-at:
			if got != w {
				t.Errorf("fired at %d, want %d", got, w)
			}
		default:
			t.Errorf("has not fired at %d", w)
		}
	}
	select {
	case got := <-at:
		t.Errorf("fired at %d as well", got)
	default:
	}
}

func TestNowAndWall(t *testing.T) {
	each(t, func(t *testing.T, clk clock.Clock) {
		epoch := time.Now()
		if clk.Now() != 0 {
			t.Errorf("starts at %d", clk.Now())
		}
		time.Sleep(time.Hour)
		if clk.Now() != clock.Time(time.Hour) || !clk.Wall(clk.Now()).Equal(time.Now()) || !clk.Wall(0).Equal(epoch) {
			t.Errorf("%d, %v", clk.Now(), clk.Wall(clk.Now()))
		}
	})
}

func TestTimer(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(tm clock.Timer)
		want []clock.Time
	}{
		{"never set", func(tm clock.Timer) {}, nil},
		{"set", func(tm clock.Timer) { tm.Set(10) }, []clock.Time{10}},
		{"set for now", func(tm clock.Timer) { tm.Set(0) }, []clock.Time{0}},
		{"set for the past", func(tm clock.Timer) { time.Sleep(5); tm.Set(3) }, []clock.Time{5}},
		{"set twice for the same", func(tm clock.Timer) { tm.Set(10); tm.Set(10) }, []clock.Time{10}},
		{"later", func(tm clock.Timer) { tm.Set(10); tm.Set(20) }, []clock.Time{20}},
		{"earlier", func(tm clock.Timer) { tm.Set(20); tm.Set(10) }, []clock.Time{10}},
		{"later, then earlier", func(tm clock.Timer) { tm.Set(10); tm.Set(30); tm.Set(20) }, []clock.Time{20}},
		{"later while it waits", func(tm clock.Timer) { tm.Set(10); time.Sleep(5); tm.Set(30) }, []clock.Time{30}},
		{"again when it has fired", func(tm clock.Timer) { tm.Set(10); time.Sleep(15); tm.Set(20) }, []clock.Time{10, 20}},
		{"stopped", func(tm clock.Timer) { tm.Set(10); tm.Stop() }, nil},
		{"never", func(tm clock.Timer) { tm.Set(10); tm.Set(clock.Never) }, nil},
		{"stopped and set", func(tm clock.Timer) { tm.Set(10); tm.Stop(); tm.Set(20) }, []clock.Time{20}},
		{"stopped and set earlier", func(tm clock.Timer) { tm.Set(10); tm.Stop(); tm.Set(5) }, []clock.Time{5}},
		{"stopped before it is set", func(tm clock.Timer) { tm.Stop(); tm.Set(5) }, []clock.Time{5}},
		{"never, then set", func(tm clock.Timer) { tm.Set(10); tm.Set(clock.Never); tm.Set(12) }, []clock.Time{12}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, clk clock.Clock) {
				f, at := firings(clk)
				tt.do(clk.NewTimer(1, f))
				time.Sleep(time.Second)
				expect(t, at, tt.want...)
			})
		})
	}
}

// A function may set the timer that runs it, for now as well.
func TestTimerSetsItself(t *testing.T) {
	each(t, func(t *testing.T, clk clock.Clock) {
		f, at := firings(clk)
		var tm clock.Timer
		n := 0
		tm = clk.NewTimer(1, func() {
			f()
			n++
			switch {
			case n < 3:
				tm.Set(clk.Now())
			case n < 5:
				tm.Set(clk.Now().Add(10))
			}
		})
		tm.Set(5)
		time.Sleep(time.Second)
		expect(t, at, 5, 5, 5, 15, 25)
	})
}

// Two firings do not overlap, even if one takes longer than the next is due.
func TestTimerDoesNotOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		defer clk.Close()
		f, at := firings(clk)
		tm := clk.NewTimer(1, func() { f(); time.Sleep(100) })
		tm.Set(10)
		time.Sleep(20)
		tm.Set(30)
		time.Sleep(time.Second)
		expect(t, at, 10, 110)
	})
}

func TestWake(t *testing.T) {
	each(t, func(t *testing.T, clk clock.Clock) {
		f, at := firings(clk)
		clk.Wake(1, f)
		if n := len(at); (n == 0) != clk.Ordered() {
			t.Errorf("ran %d times at once, ordered: %t", n, clk.Ordered())
		}
		time.Sleep(1)
		expect(t, at, 0)
	})
}

func TestClose(t *testing.T) {
	each(t, func(t *testing.T, clk clock.Clock) {
		f, at := firings(clk)
		ended := false
		waiting, running := clk.NewTimer(1, f), clk.NewTimer(2, func() { time.Sleep(time.Minute); ended = true })
		waiting.Set(clock.Time(time.Hour))
		running.Set(0)
		time.Sleep(time.Second)
		clk.Close()
		if !ended {
			t.Error("Close has not waited for a function that was running")
		}
		waiting.Set(clk.Now())
		clk.NewTimer(3, f).Set(clk.Now())
		clk.Close()
		time.Sleep(2 * time.Hour)
		expect(t, at)
	})
}

// A function that sets its own timer without end does not keep Close waiting.
func TestCloseWithABusyTimer(t *testing.T) {
	clk := clock.NewReal()
	running := make(chan struct{})
	var tm clock.Timer
	n := 0
	tm = clk.NewTimer(1, func() {
		if n++; n == 100 {
			close(running)
		}
		tm.Set(0)
	})
	tm.Set(0)
	<-running
	closed := make(chan struct{})
	go func() {
		clk.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Fatal("Close waits for ever")
	}
}

func BenchmarkSetLater(b *testing.B) {
	clk := clock.NewReal()
	defer clk.Close()
	tm := clk.NewTimer(1, func() {})
	b.ReportAllocs()
	for b.Loop() {
		tm.Set(clk.Now().Add(time.Hour))
	}
	tm.Stop()
}
