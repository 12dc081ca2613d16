package cable

import "sync/atomic"

// turn is whose turn it is to hand batches over in one direction of a perfect cable, and
// in the same word how much was handed over: passing a batch takes two atomic operations,
// where a lock that is not held meanwhile takes four.
//
//	bit 0        taken: somebody hands a batch over
//	bit 1        stopped: nobody may begin to
//	bits 2-18    how often it was opened
//	bits 19-32   packets that were handed over since it was stopped last
//	bits 33-63   their bytes
type turn struct{ word atomic.Uint64 }

const (
	turnTaken   = 1 << 0
	turnStopped = 1 << 1
	turnOpened  = 1 << 2
	turnPacket  = 1 << 19
	turnByte    = 1 << 33

	turnOpenings = turnPacket - turnOpened
	// turnFull says that the counters want to be emptied: there is room for as many
	// packets again, and for the bytes of all of them.
	turnFull = turnByte >> 1
	// maxTurn is how many packets a batch may have that is handed over.
	maxTurn = turnFull/turnPacket - 1
)

// free reports whether somebody may hand a batch over. now is for take: whatever was
// read in between is true still if take succeeds.
func (t *turn) free() (now uint64, ok bool) {
	now = t.word.Load()
	return now, now&(turnTaken|turnStopped|turnFull) == 0
}

// take takes the turn for so many packets and bytes, if nobody has taken, stopped or opened
// it since free.
func (t *turn) take(now uint64, packets, bytes int) bool {
	return packets <= maxTurn &&
		t.word.CompareAndSwap(now, now+turnTaken+uint64(packets)*turnPacket+uint64(bytes)*turnByte)
}

// give ends the turn. It reports false, and has done nothing, if somebody has stopped it
// meanwhile.
func (t *turn) give() bool {
	now := t.word.Load()
	return now&turnStopped == 0 && t.word.CompareAndSwap(now, now-turnTaken)
}

// end ends a turn that was stopped.
func (t *turn) end() { t.word.And(^uint64(turnTaken)) }

// stop sees to it that nobody takes the turn until it is opened. It reports whether
// somebody has taken it already, and what was handed over since the last time.
func (t *turn) stop() (taken bool, packets, bytes uint64) {
	t.word.Or(turnStopped)
	old := t.word.And(turnTaken | turnStopped | turnOpenings)
	return old&turnTaken != 0, old % turnByte / turnPacket, old / turnByte
}

// open lets the turn be taken again. Nobody may have it, and who stopped it calls this.
func (t *turn) open() {
	now := t.word.Load()
	t.word.Store((now + turnOpened) & turnOpenings)
}
