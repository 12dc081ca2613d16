// Package clock is the time that a network lives in: what it reads, and the
// order in which its events happen.
//
// Nothing in thinnet reads the computer's clock by itself. A machine takes now
// as an argument; a cable and a host are given a [Clock]. In a lab and on real
// wires that is [Real]. In a test under virtual time it is [Ordered], which
// delivers the events of one instant one by one, in an order that does not
// depend on how goroutines were scheduled.
package clock

import "time"

// Time is an instant: nanoseconds since the epoch of the [Clock] it came from.
// Instants of two clocks cannot be compared. The zero Time is the epoch.
type Time int64

// Never is later than every instant. A machine without a pending timer says
// that its next deadline is Never.
const Never Time = 1<<63 - 1

// Add returns t+d, and Never if that is out of range.
func (t Time) Add(d time.Duration) Time {
	s := t + Time(d)
	if d > 0 && s < t {
		return Never
	}
	return s
}

// Sub returns the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Source names who schedules an event. Events due at one instant run in the
// order of their sources, and those of one source in the order they were
// scheduled. Every host and every direction of a cable has a number of its own.
type Source uint32

// Clock tells the time and runs functions later. Its methods may be called from
// any goroutine; Wake and Close not from one that holds a lock which an event
// takes. Two that are equal (==) are one clock.
type Clock interface {
	// Now returns the present instant.
	Now() Time
	// Wall returns the instant t as a date, for time stamps that people read.
	Wall(t Time) time.Time
	// NewTimer returns a stopped timer that runs f when it fires. f runs in a
	// goroutine of the clock's; two firings of one timer never overlap. It sets
	// other goroutines going by Wake, or says so by Stir.
	NewTimer(src Source, f func()) Timer
	// Wake runs f, which unblocks a goroutine that waits for something of src.
	// Real runs it at once; Ordered runs it as an event of this instant, so
	// that two goroutines which one event unblocks go on one after the other.
	Wake(src Source, f func())
	// Stir says that the event which runs has set goroutines going, or may have.
	// Ordered lets them come to rest before the next event, for which it would
	// not wait otherwise.
	Stir()
	// Ordered reports whether events of one instant are delivered one by one.
	// A cable without delay then schedules what a Real clock's cable hands over
	// directly.
	Ordered() bool
	// Close stops every timer, and returns when no function of the clock's is
	// running. No function runs afterwards.
	Close()
}

// Timer is one event of a clock, scheduled or not.
type Timer interface {
	// Set makes the timer fire at t, at once if t is past, instead of any
	// instant set before. Never stops it.
	Set(t Time)
	// Stop makes the timer not fire. A function that is running goes on.
	Stop()
}
