package clock_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
)

// journal notes what ran, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) note(format string, a ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, a...))
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, " ")
}

// ordered runs f in a bubble with an ordered clock, and compares the journal a
// second later.
func ordered(t *testing.T, want string, f func(clk clock.Clock, j *journal)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewOrdered(synctest.Wait)
		defer clk.Close()
		var j journal
		f(clk, &j)
		time.Sleep(time.Second)
		if got := j.String(); got != want {
			t.Errorf("ran %s, want %s", got, want)
		}
	})
}

func TestOrderIsTimeThenSourceThenTurn(t *testing.T) {
	ordered(t, "a@5 b@10 c@10 d@10 e@10", func(clk clock.Clock, j *journal) {
		at := func(name string, src clock.Source, due clock.Time) {
			clk.NewTimer(src, func() { j.note("%s@%d", name, clk.Now()) }).Set(due)
		}
		at("e", 3, 10)
		at("c", 2, 10)
		at("d", 2, 10)
		at("b", 1, 10)
		at("a", 9, 5)
	})
}

// A timer that is set again for its instant keeps its turn; one that is set for
// another and back goes to the end.
func TestSettingAgain(t *testing.T) {
	ordered(t, "keeps other moved", func(clk clock.Clock, j *journal) {
		timer := func(name string) clock.Timer { return clk.NewTimer(1, func() { j.note("%s", name) }) }
		keeps, moved, other := timer("keeps"), timer("moved"), timer("other")
		keeps.Set(10)
		moved.Set(10)
		other.Set(10)
		keeps.Set(10)
		moved.Set(20)
		moved.Set(10)
	})
}

// What an event schedules for its own instant runs in its turn among what is
// still due.
func TestEventsOfTheSameInstant(t *testing.T) {
	ordered(t, "first low high", func(clk clock.Clock, j *journal) {
		low := clk.NewTimer(1, func() { j.note("low") })
		high := clk.NewTimer(3, func() { j.note("high") })
		first := clk.NewTimer(2, func() { j.note("first"); low.Set(clk.Now()) })
		first.Set(10)
		high.Set(10)
	})
}

// An event runs when the goroutines that the one before it set going have come to
// rest, and what these schedule meanwhile has its turn.
func TestGoroutinesSettleBetweenEvents(t *testing.T) {
	for range 50 {
		ordered(t, "e1 g1 g1' mine e2 g2 g2'", func(clk clock.Clock, j *journal) {
			mine := clk.NewTimer(2, func() { j.note("mine") })
			wake := func(n int, then func()) func() {
				c := make(chan struct{})
				go func() {
					<-c
					j.note("g%d", n)
					done := make(chan struct{})
					go func() { j.note("g%d'", n); close(done) }()
					<-done
					then()
				}()
				return func() { j.note("e%d", n); close(c); clk.Stir() }
			}
			clk.NewTimer(1, wake(1, func() { mine.Set(clk.Now()) })).Set(10)
			clk.NewTimer(3, wake(2, func() {})).Set(10)
		})
	}
}

// The clock waits for goroutines once an instant, and when an event has set some going.
func TestSettlesWhenStirred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var settles atomic.Int32
		clk := clock.NewOrdered(func() { settles.Add(1); synctest.Wait() })
		defer clk.Close()
		for i, stirs := range []bool{false, true, false, false} {
			clk.NewTimer(clock.Source(i), func() {
				if stirs {
					clk.Stir()
				}
			}).Set(10)
		}
		clk.NewTimer(1, func() { clk.Wake(1, func() {}) }).Set(20)
		time.Sleep(15)
		if n := settles.Swap(0); n != 2 {
			t.Errorf("settled %d times in an instant with one event that stirs, want 2", n)
		}
		time.Sleep(15)
		if n := settles.Load(); n != 2 {
			t.Errorf("settled %d times in an instant with one that wakes, want 2", n)
		}
	})
}

// The goroutine that runs events ends when none is scheduled: a bubble need not wait
// for it.
func TestNothingRunsWithoutEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewOrdered(synctest.Wait)
		for range 3 {
			clk.NewTimer(1, func() {}).Set(clk.Now().Add(10))
			time.Sleep(20)
		}
	})
}

// Goroutines that one event wakes by Wake go on one after the other.
func TestWakesAreOrdered(t *testing.T) {
	for range 50 {
		ordered(t, "a a' b b' c c'", func(clk clock.Clock, j *journal) {
			event := clk.NewTimer(9, func() {
				for i, name := range []string{"c", "a", "b"} {
					woken := make(chan struct{})
					go func() {
						<-woken
						j.note("%s", name)
						j.note("%s'", name)
					}()
					clk.Wake(clock.Source((i+2)%3), func() { close(woken) })
				}
			})
			event.Set(10)
		})
	}
}

// Goroutines outside schedule at will while events run.
func TestManySchedulers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewOrdered(synctest.Wait)
		defer clk.Close()
		var mu sync.Mutex
		fired := 0
		var all sync.WaitGroup
		for g := range 8 {
			all.Go(func() {
				for i := range 50 {
					tm := clk.NewTimer(clock.Source(g), func() {
						mu.Lock()
						fired++
						mu.Unlock()
					})
					tm.Set(clk.Now().Add(time.Duration(i * g)))
					if i%10 == 9 {
						tm.Stop()
					}
					time.Sleep(time.Duration(i % 3))
				}
			})
		}
		all.Wait()
		time.Sleep(time.Second)
		mu.Lock()
		defer mu.Unlock()
		// Source 0 is due at once: a stopped one may have fired before.
		if fired < 8*45 || fired > 8*45+5 {
			t.Errorf("%d fired, want %d", fired, 8*45)
		}
	})
}
