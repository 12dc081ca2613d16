package clock

import (
	"sync"
	"sync/atomic"
	"time"
)

// Ordered is a clock for virtual time. Events of one instant run one by one,
// sorted by their [Source] and then by the order in which that source scheduled
// them. Before the first of them, and behind each that has set goroutines going, the
// settle hook lets all goroutines come to rest. Those that wake at one instant would
// race otherwise, and one seed would not give one sequence of packets.
//
// Events run in one goroutine, which is there as long as an event is scheduled:
// starting one for each instant, as [time.AfterFunc] does, was measured to take a
// tenth of the time of a quiet network.
type Ordered struct {
	start  int64 // nanoseconds since 1970
	settle func()

	present atomic.Int64 // the instant whose events run; Never: none do
	stirred atomic.Bool  // the event that runs has set goroutines going

	mu      sync.Mutex
	idle    sync.Cond // running became false
	events  eventHeap
	seq     uint64
	running bool // the goroutine that runs events is there
	timer   *time.Timer
	armed   Time // when timer fires, for which the goroutine waits; Never: it does not
	closed  bool
}

// NewOrdered returns an ordered clock whose epoch is the present. settle must
// return when every other goroutine of the program under test is blocked:
// [testing/synctest.Wait], called inside the bubble that the clock was made in.
// It is called from one goroutine at a time. The bubble ends when the clock is
// closed, or no event is scheduled.
func NewOrdered(settle func()) *Ordered {
	c := &Ordered{start: time.Now().UnixNano(), settle: settle, armed: Never}
	c.idle.L = &c.mu
	c.present.Store(int64(Never))
	return c
}

// Now implements [Clock]. While events run it is their instant: they take no time.
func (c *Ordered) Now() Time {
	if at := Time(c.present.Load()); at != Never {
		return at
	}
	return Time(time.Now().UnixNano() - c.start)
}

// Wall implements [Clock].
func (c *Ordered) Wall(t Time) time.Time { return time.Unix(0, c.start+int64(t)) }

// Ordered implements [Clock].
func (c *Ordered) Ordered() bool { return true }

// NewTimer implements [Clock].
func (c *Ordered) NewTimer(src Source, f func()) Timer {
	return &event{c: c, src: src, f: f, at: Never, index: -1}
}

// Wake implements [Clock]: f runs as an event of this instant.
func (c *Ordered) Wake(src Source, f func()) {
	e := &event{c: c, src: src, f: f, at: Never, index: -1, wake: true}
	if !e.set(c.Now()) {
		f() // nobody is to wait for a clock that is closed
	}
}

// Stir implements [Clock].
func (c *Ordered) Stir() { c.stirred.Store(true) }

// Close implements [Clock]. What Wake was asked for still happens.
func (c *Ordered) Close() {
	c.mu.Lock()
	c.closed = true
	events := c.events
	c.events = nil
	for _, e := range events {
		e.index = -1
	}
	if c.armed != Never {
		c.timer.Reset(0)
	}
	for c.running {
		c.idle.Wait()
	}
	c.mu.Unlock()
	for _, e := range events {
		if e.wake {
			e.f()
		}
	}
}

// scheduled sees to it that the first event runs when it is due.
func (c *Ordered) scheduled() {
	switch at := c.events[0].at; {
	case !c.running:
		c.running = true
		go c.run()
	case at < c.armed && c.armed != Never:
		c.armed = at
		c.timer.Reset(time.Duration(at - c.Now()))
	}
}

// run runs events until none is scheduled.
func (c *Ordered) run() {
	GrowStack()
	c.mu.Lock()
	for !c.closed && len(c.events) > 0 {
		now := c.Now()
		if at := c.events[0].at; at > now {
			c.sleep(at, now)
		} else {
			c.instant(now)
		}
	}
	c.running = false
	c.idle.Broadcast()
	c.mu.Unlock()
}

// sleep waits until at, or until an earlier event is scheduled.
func (c *Ordered) sleep(at, now Time) {
	c.armed = at
	if d := at.Sub(now); c.timer == nil {
		c.timer = time.NewTimer(d)
	} else {
		c.timer.Reset(d)
	}
	c.mu.Unlock()
	<-c.timer.C
	c.mu.Lock()
	c.armed = Never
}

// instant runs what is due now, when all goroutines that wake at this instant have
// come to rest.
func (c *Ordered) instant(now Time) {
	c.present.Store(int64(now))
	c.comeToRest()
	// What was busy meanwhile may have scheduled an earlier event, so the first is
	// looked up afresh.
	for !c.closed && len(c.events) > 0 && c.events[0].at <= now {
		e := c.events[0]
		e.stop()
		c.mu.Unlock()
		e.f()
		c.mu.Lock()
		if e.wake || c.stirred.Load() {
			c.stirred.Store(false)
			c.comeToRest()
		}
	}
	c.present.Store(int64(Never))
}

// comeToRest lets all goroutines come to rest.
func (c *Ordered) comeToRest() {
	c.mu.Unlock()
	c.settle()
	c.mu.Lock()
}

// event is a timer of an ordered clock.
type event struct {
	c     *Ordered
	src   Source
	f     func()
	at    Time
	seq   uint64
	index int  // in the heap; -1: not there
	wake  bool // made by Wake
}

func (e *event) Set(at Time) { e.set(at) }

// set is Set, and reports false if the clock is closed.
func (e *event) set(at Time) bool {
	c := e.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	if now := c.Now(); at < now {
		at = now
	}
	if at == e.at && e.index >= 0 {
		return true
	}
	e.stop()
	if at == Never {
		return true
	}
	c.seq++
	e.at, e.seq = at, c.seq
	c.events.push(e)
	c.scheduled()
	return true
}

func (e *event) Stop() {
	e.c.mu.Lock()
	defer e.c.mu.Unlock()
	e.stop()
}

func (e *event) stop() {
	e.c.events.remove(e)
	e.at = Never
}
