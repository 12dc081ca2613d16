package clock

import (
	"sync"
	"time"
)

// Real is the computer's monotonic clock. Inside a [testing/synctest] bubble it
// is the bubble's.
type Real struct {
	epoch time.Time

	mu      sync.Mutex
	idle    sync.Cond // running fell to 0
	running int       // functions under way
	closed  bool
}

// NewReal returns a clock whose epoch is the present.
func NewReal() *Real {
	c := &Real{epoch: time.Now()}
	c.idle.L = &c.mu
	return c
}

// Now implements [Clock].
func (c *Real) Now() Time { return Time(time.Since(c.epoch)) }

// Wall implements [Clock].
func (c *Real) Wall(t Time) time.Time { return c.epoch.Add(time.Duration(t)) }

// Ordered implements [Clock]: a real clock delivers as it comes.
func (c *Real) Ordered() bool { return false }

// Wake implements [Clock]: it calls f.
func (c *Real) Wake(_ Source, f func()) { f() }

// Stir implements [Clock]: a real clock waits for nobody.
func (c *Real) Stir() {}

// Close implements [Clock].
func (c *Real) Close() {
	c.mu.Lock()
	c.closed = true
	for c.running > 0 {
		c.idle.Wait()
	}
	c.mu.Unlock()
}

// enter reports whether a function may start.
func (c *Real) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.running++
	return true
}

func (c *Real) leave() {
	c.mu.Lock()
	c.running--
	if c.running == 0 {
		c.idle.Broadcast()
	}
	c.mu.Unlock()
}

// NewTimer implements [Clock].
func (c *Real) NewTimer(_ Source, f func()) Timer {
	return &realTimer{c: c, f: f}
}

// realTimer is a lazy timer: moving the deadline later does not touch the
// runtime's timer, which fires early once and is then set again. A host moves
// its deadline with nearly every segment, and a Reset each time was measured to
// cost a quarter of a small exchange.
type realTimer struct {
	c *Real
	f func()

	mu      sync.Mutex
	at      Time        // when f is due; Never: stopped
	armed   Time        // when the runtime's timer fires; Never: it is not running
	started bool        // t exists
	t       *time.Timer // made with the first Set
	firing  bool        // f is running
}

func (t *realTimer) Set(at Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = at
	t.arm()
}

func (t *realTimer) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = Never
	if t.started {
		t.t.Stop()
		t.armed = Never
	}
}

// arm makes sure that the runtime's timer fires no later than at.
func (t *realTimer) arm() {
	if t.at == Never || t.firing || (t.started && t.armed <= t.at) {
		return
	}
	d := max(time.Duration(t.at-t.c.Now()), 0)
	t.armed = t.at
	if !t.started {
		t.started = true
		t.t = time.AfterFunc(d, t.fire)
		return
	}
	t.t.Reset(d)
}

func (t *realTimer) fire() {
	t.mu.Lock()
	t.armed = Never
	for !t.firing && t.at != Never {
		if t.at > t.c.Now() {
			t.arm()
			break
		}
		// Asked each time: a function that sets its own timer must not keep
		// Close waiting.
		if !t.c.enter() {
			break
		}
		t.at = Never
		t.firing = true
		t.mu.Unlock()
		GrowStack()
		t.f()
		t.c.leave()
		t.mu.Lock()
		t.firing = false
	}
	t.mu.Unlock()
}
