//go:build linux

package packetdrill

import (
	"cmp"
	"slices"
	"time"

	"thinnet/clock"
)

// epoch is the date at which a script's time begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// virtual is a clock that stands still unless it is moved. Whoever uses it holds
// the Host's lock.
type virtual struct {
	now    clock.Time
	events []*event // that are set, by when they are due
}

// event is a timer of a virtual clock.
type event struct {
	c  *virtual
	f  func()
	at clock.Time
}

func (c *virtual) Now() clock.Time               { return c.now }
func (c *virtual) Wall(t clock.Time) time.Time   { return epoch.Add(time.Duration(t)) }
func (c *virtual) Wake(_ clock.Source, f func()) { f() }
func (c *virtual) Stir()                         {}
func (c *virtual) Close()                        { c.events = nil }

// Ordered is true: events come one by one, and a stack needs no goroutines.
func (c *virtual) Ordered() bool { return true }

func (c *virtual) NewTimer(_ clock.Source, f func()) clock.Timer { return &event{c: c, f: f} }

func (e *event) Set(at clock.Time) {
	e.Stop()
	if at == clock.Never {
		return
	}
	e.at = max(at, e.c.now)
	// Behind those that are due at the same instant.
	i, _ := slices.BinarySearchFunc(e.c.events, e.at, func(x *event, at clock.Time) int {
		if x.at == at {
			return -1
		}
		return cmp.Compare(x.at, at)
	})
	e.c.events = slices.Insert(e.c.events, i, e)
}

func (e *event) Stop() {
	e.c.events = slices.DeleteFunc(e.c.events, func(x *event) bool { return x == e })
}

// next returns when the first event is due.
func (c *virtual) next() clock.Time {
	if len(c.events) == 0 {
		return clock.Never
	}
	return c.events[0].at
}

// fire moves on to the first event and runs it.
func (c *virtual) fire() {
	e := c.events[0]
	c.events = slices.Delete(c.events, 0, 1)
	c.now = max(c.now, e.at)
	e.f()
}
