package stack

import (
	"sync"
	"sync/atomic"

	"thinnet/clock"
	"thinnet/packet"
)

// inbox is what has come in and waits to be worked off. It has a lock of its own: who
// brings packets does not wait for those who work. Nor does he work them off himself
// while somebody attends, who will look into the inbox before he waits or goes away: one
// who works already, or a user in the midst of a call. So two hosts that talk may each be
// worked for by a processor of its own.
type inbox struct {
	attending atomic.Int32
	waiting   atomic.Bool // there is something in batch

	mu     sync.Mutex
	batch  packet.Batch
	at     clock.Time // when the last of it was written
	told   bool       // at is known
	closed bool

	// What may wait though nobody attends, see lazy.go: what isAlone says of alone. It is nil
	// for nothing, so that a host without UDP sockets has no code for it.
	isAlone func(flow, *packet.Batch) bool
	alone   flow
	bell    *packet.Doorbell // of who sends that, muted; or nil
}

// maxWaiting is how many packets wait for one who attends, before he who brings more
// looks after them: who attends may be held up.
const maxWaiting = 64

// attend promises to look: see leave.
func (i *inbox) attend() { i.attending.Add(1) }

// leave ends what attend has begun, and reports whether there is something to work off.
// The caller then sees to that.
func (i *inbox) leave() bool {
	i.attending.Add(-1)
	return i.waiting.Load()
}

// put adds the packets of b, which were written at an instant, if told, unless there are
// limit already. It reports whether there was room, and whether somebody will look.
func (i *inbox) put(b *packet.Batch, limit int, at clock.Time, told bool) (ok, attended bool) {
	i.mu.Lock()
	if i.closed || i.batch.Len()+b.Len() > limit {
		i.mu.Unlock()
		return false, false
	}
	lazy := i.isAlone != nil && i.isAlone(i.alone, b)
	if lazy && i.bell != b.Doorbell() {
		i.mute(b.Doorbell())
	}
	i.batch.MoveAll(b)
	i.at, i.told = at, told && !lazy // it may wait for long
	// In this order, as leave has the other one: one of the two sees it.
	if !i.waiting.Load() {
		i.waiting.Store(true)
	}
	attended = (lazy || i.attending.Load() > 0) && i.batch.Len() <= maxWaiting
	i.mu.Unlock()
	return true, attended
}

// take moves what waits to b, and returns when the last of it was written, if that is
// known.
func (i *inbox) take(b *packet.Batch) (at clock.Time, told bool) {
	if !i.waiting.Load() {
		return 0, false
	}
	i.mu.Lock()
	b.MoveAll(&i.batch)
	i.waiting.Store(false)
	at, told = i.at, i.told
	i.mu.Unlock()
	return at, told
}

// leaveAlone says what may wait though nobody attends: what is says of f, or, if it is nil,
// nothing. It returns the doorbell of who keeps some of what might until now, or nil.
func (i *inbox) leaveAlone(f flow, is func(flow, *packet.Batch) bool) *packet.Doorbell {
	i.mu.Lock()
	i.alone, i.isAlone = f, is
	d := i.bell
	i.mute(nil)
	i.mu.Unlock()
	return d
}

// mute mutes a doorbell for the datagrams that may wait, instead of the one before.
func (i *inbox) mute(d *packet.Doorbell) {
	if i.bell != nil {
		i.bell.Mute(0)
	}
	if i.bell = d; d != nil {
		d.Mute(i.alone.number())
	}
}

// doorbell returns the one that is muted, or nil.
func (i *inbox) doorbell() *packet.Doorbell {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.bell
}

// close drops what waits, and what is still to come.
func (i *inbox) close() {
	i.mu.Lock()
	i.closed = true
	i.mute(nil)
	i.batch.Release()
	i.mu.Unlock()
}
