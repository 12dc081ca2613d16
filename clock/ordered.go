package clock

import (
	"container/heap"
	"sync"
	"time"
)

// Ordered is a clock for virtual time. Events of one instant run one by one,
// sorted by their [Source] and then by the order in which that source scheduled
// them; between two of them the settle hook lets every goroutine that the first
// one set going come to rest. Goroutines that wake at one instant would race
// otherwise, and one seed would not give one sequence of packets.
type Ordered struct {
	epoch  time.Time
	settle func()

	mu       sync.Mutex
	idle     sync.Cond // draining became false
	events   eventHeap
	seq      uint64
	timer    *time.Timer
	armed    Time // when timer fires; Never: it is not running
	draining bool
	closed   bool
}

// NewOrdered returns an ordered clock whose epoch is the present. settle must
// return when every other goroutine of the program under test is blocked:
// [testing/synctest.Wait], called inside the bubble that the clock was made in.
// It is called from one goroutine at a time.
func NewOrdered(settle func()) *Ordered {
	c := &Ordered{epoch: time.Now(), settle: settle, armed: Never}
	c.idle.L = &c.mu
	return c
}

// Now implements [Clock].
func (c *Ordered) Now() Time { return Time(time.Since(c.epoch)) }

// Wall implements [Clock].
func (c *Ordered) Wall(t Time) time.Time { return c.epoch.Add(time.Duration(t)) }

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

// Close implements [Clock]. What Wake was asked for still happens.
func (c *Ordered) Close() {
	c.mu.Lock()
	c.closed = true
	events := c.events
	c.events = nil
	for _, e := range events {
		e.index = -1
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	for c.draining {
		c.idle.Wait()
	}
	c.mu.Unlock()
	for _, e := range events {
		if e.wake {
			e.f()
		}
	}
}

// arm sets the runtime's timer for the first event, unless the events are being
// worked off, which ends with arm.
func (c *Ordered) arm() {
	if c.draining || c.closed || len(c.events) == 0 {
		return
	}
	at := c.events[0].at
	if c.armed == at {
		return
	}
	c.armed = at
	d := max(time.Duration(at-c.Now()), 0)
	if c.timer == nil {
		c.timer = time.AfterFunc(d, c.drain)
		return
	}
	c.timer.Reset(d)
}

// drain runs what is due.
func (c *Ordered) drain() {
	GrowStack()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining || c.closed {
		return
	}
	c.draining = true
	c.armed = Never
	for !c.closed {
		c.mu.Unlock()
		c.settle()
		c.mu.Lock()
		// A source that was busy while this one was settling may have
		// scheduled an earlier event, so the first is looked up afresh.
		if len(c.events) == 0 || c.events[0].at > c.Now() {
			break
		}
		e := heap.Pop(&c.events).(*event)
		e.at = Never
		c.mu.Unlock()
		e.f()
		c.mu.Lock()
	}
	c.draining = false
	c.idle.Broadcast()
	c.arm()
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
	e.remove()
	if at == Never {
		return true
	}
	c.seq++
	e.at, e.seq = at, c.seq
	heap.Push(&c.events, e)
	c.arm()
	return true
}

func (e *event) Stop() {
	e.c.mu.Lock()
	defer e.c.mu.Unlock()
	e.remove()
}

func (e *event) remove() {
	if e.index >= 0 {
		heap.Remove(&e.c.events, e.index)
	}
	e.at = Never
}

// eventHeap is a binary heap of events, the earliest first.
type eventHeap []*event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	if a.at != b.at {
		return a.at < b.at
	}
	if a.src != b.src {
		return a.src < b.src
	}
	return a.seq < b.seq
}
func (h eventHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *eventHeap) Push(x any) {
	e := x.(*event)
	e.index = len(*h)
	*h = append(*h, e)
}
func (h *eventHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.index = -1
	return e
}
