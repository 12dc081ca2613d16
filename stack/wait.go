package stack

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"thinnet/clock"
)

// wait blocks until somebody wakes the condition, which is made when it is first
// needed: most connections have nobody waiting. The lock is released meanwhile.
func (s *Stack) wait(c **sync.Cond) {
	if *c == nil {
		*c = sync.NewCond(&s.mu)
	}
	(*c).Wait()
}

// wake lets those who wait go on. In virtual time each is an event of its own, so
// that two of them do not race.
func (s *Stack) wake(c *sync.Cond) {
	switch {
	case c == nil:
	case s.clk.Ordered():
		s.clk.Wake(s.src, c.Broadcast)
	default:
		c.Broadcast()
	}
}

// maxYields is how often one who waits lets others run before he parks: the one he
// talks with may be on this processor, and parking and being woken take longer than
// what they say.
const maxYields = 1

// fullYields is the same for who has filled a send buffer, which the reader takes some
// microseconds to empty, and for who has read much and waits for more. Who parks is woken
// on the other one's processor, where another processor that idles finds him only after tens
// of microseconds: the two would take turns.
const fullYields = 16

// busyFor is how long a host counts as busy after much was written or read at once.
const busyFor = time.Millisecond

// yields returns how often who waits to read does well to let others run before he parks.
// Beside those who read and write much it is not at all, if he reads little: who yields
// queues up behind all of them, and who is woken goes first.
func (c *TCPConn) yields() int {
	switch {
	case c.long:
		return fullYields
	case c.s.busy():
		return 0
	}
	return maxYields
}

// busy reports whether much was written or read at once a moment ago.
func (s *Stack) busy() bool { return s.now.Sub(s.bulk) <= busyFor }

// Who lets others run is away for a microsecond or less, unless the processors are busy with
// something else: then each of those goes first, for 10 ms. So it is looked how long that
// takes if more than briefYield has passed since somebody did so last, as far as the host
// knows, or if it has learnt nothing of the time in lookEvery of them. If it was more than
// briefYield nobody does so for patience times as long, longAway being the most that counts.
const (
	lookEvery  = 8
	briefYield = time.Millisecond
	longAway   = 100 * time.Millisecond
	patience   = 16
)

// yield lets others run, with the lock released meanwhile. It does not, and reports false,
// where that takes long, and in virtual time: there the order of events is the clock's.
func (s *Stack) yield() bool {
	if s.ordered || s.now < s.crowded {
		return false
	}
	passed := s.now.Sub(s.yielded)
	s.yielded = s.now
	if passed != 0 {
		s.yields = 0
	}
	s.yields++
	if passed > briefYield || s.yields == lookEvery {
		s.yieldAndLook()
	} else {
		s.comeBack(s.letOthersRun())
	}
	return true
}

// yieldAndLook is yield, and looks how long that takes. What is worked off afterwards does
// not count.
//
//go:noinline // rare
func (s *Stack) yieldAndLook() {
	s.yields = 0
	s.readClock()
	was := s.now
	attends := s.letOthersRun()
	s.readClock()
	if away := s.now.Sub(was); away > briefYield {
		s.crowded = s.now.Add(patience * min(away, longAway))
	}
	s.comeBack(attends)
}

// letOthersRun lets others run, and reports whether they leave what they bring to the caller:
// see comeBack.
func (s *Stack) letOthersRun() (attends bool) {
	// Beside those who move much it may be a while until it is our turn again.
	attends = !s.busy()
	if attends {
		s.in.attend()
	}
	s.mu.Unlock()
	runtime.Gosched()
	s.mu.Lock()
	return attends
}

// comeBack works off what others have brought.
func (s *Stack) comeBack(attends bool) {
	if attends {
		s.pumpOn()
	}
}

// past reports whether a user's deadline is over.
func (s *Stack) past(t clock.Time) bool { return t != clock.Never && t <= s.clk.Now() }

// waiters are those who wait for something of a socket that is no connection, until
// a deadline.
type waiters struct {
	s        *Stack
	cond     *sync.Cond
	count    int
	deadline clock.Time
	timer    clock.Timer // for deadline; made when it is first set
	expired  atomic.Bool // the deadline is over
}

func newWaiters(s *Stack) waiters { return waiters{s: s, deadline: clock.Never} }

// late reports whether the deadline is over. That is for the timer to find out: who asks
// for each datagram does not read the clock.
func (w *waiters) late() bool { return w.expired.Load() }

// wait blocks until wake.
func (w *waiters) wait() {
	w.count++
	w.s.wait(&w.cond)
	w.count--
}

// wake lets those who wait look again.
func (w *waiters) wake() {
	if w.count > 0 {
		w.s.wake(w.cond)
	}
}

// setDeadline sets when those who wait give up, unless the socket is closed.
func (w *waiters) setDeadline(closed *bool, t clock.Time) error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if *closed || w.s.closed {
		return net.ErrClosed
	}
	w.deadline = t
	w.expired.Store(w.s.past(t))
	if w.timer == nil {
		w.timer = w.s.clk.NewTimer(w.s.src, func() {
			w.s.mu.Lock()
			w.expired.Store(w.s.past(w.deadline)) // it may have been moved meanwhile
			w.wake()
			w.s.mu.Unlock()
		})
	}
	w.timer.Set(t)
	return nil
}

// end wakes those who wait, for the last time and at once; see side.end.
func (w *waiters) end() {
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.count > 0 {
		w.cond.Broadcast()
	}
}
