package cable

import (
	"sync"
	"sync/atomic"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

const (
	// burst is how many frames one delivery has at most.
	burst = 256
	// rounds is how many deliveries one caller of WriteBatch makes before the
	// clock goes on with them: receivers that answer each other without end
	// would keep it for ever.
	rounds = 16
)

// way is one direction of a cable.
type way struct {
	clk     clock.Clock
	ordered bool
	mtu     int
	strict  bool
	timer   clock.Timer
	dropped func(p *packet.Packet, why link.DropReason) // may be nil

	// A perfect cable passes batches on without the lock: see write.
	turn     turn
	receiver atomic.Pointer[link.Receiver] // nil: nobody

	mu         sync.Mutex // see lock
	idle       sync.Cond  // delivering became false
	imp        Impairment
	framed     bool // it carries frames as a wire does: strict or impaired
	fates      dice
	unplugged  bool
	closed     bool
	delivering bool // some goroutine hands frames to the receiver

	delayed ring       // on their way
	early   ring       // those that skip the delay
	bytes   int        // of both
	free    clock.Time // when the transmitter has sent what was written so far

	arrived packet.Batch // frames handed over
	pieces  packet.Batch // frames of one super-segment

	tx, rx count
}

// count is what was sent, or what arrived.
type count struct {
	packets, bytes uint64
	drops          link.Drops
}

func (w *way) impair(i Impairment) {
	w.imp = i
	if i.QueueLimit == 0 {
		w.imp.QueueLimit = DefaultQueueLimit
	}
	if i.QueueBytes == 0 {
		w.imp.QueueBytes = DefaultQueueBytes
	}
	w.framed = w.strict || !i.Perfect()
}

// lock takes the lock. Nothing passes without it until unlock: who is about to hand a
// batch over counts as delivering, and calls finish.
func (w *way) lock() {
	w.mu.Lock()
	taken, packets, bytes := w.turn.stop()
	if taken {
		w.delivering = true
	}
	w.tx.packets += packets
	w.tx.bytes += bytes
	w.rx.packets += packets
	w.rx.bytes += bytes
}

// unlock lets go of the lock. From then on batches pass without it if nothing is to be done
// with them but to hand them over.
func (w *way) unlock() {
	if !w.framed && !w.ordered && !w.closed && !w.unplugged && !w.delivering && w.held() == 0 && w.receiver.Load() != nil {
		w.turn.open()
	}
	w.mu.Unlock()
}

// write sends the frames of b, which is empty afterwards.
func (w *way) write(b *packet.Batch) {
	if now, ok := w.turn.free(); ok {
		r := w.receiver.Load()
		if bytes := w.measure(b); bytes > 0 && w.turn.take(now, b.Len(), bytes) {
			(*r).DeliverBatch(b)
			if !w.turn.give() {
				w.finish()
			}
			return
		}
	}
	w.lock()
	switch {
	case w.closed || w.unplugged:
		for i := range b.Len() {
			w.drop(b.At(i), link.DropDown)
		}
		b.Clear()
	case w.framed || w.ordered || w.delivering || w.held() > 0:
		now := w.clk.Now()
		for i := range b.Len() {
			w.enter(b.At(i), now)
		}
		b.Clear()
		w.arm()
	default:
		bytes := w.admitAll(b)
		w.delivering = true
		w.deliver(b, bytes)
	}
	w.unlock()
}

// finish is the end of a delivery without the lock, if somebody has taken that meanwhile.
func (w *way) finish() {
	w.lock()
	w.turn.end()
	w.deliverMore()
	w.unlock()
}

// measure returns the length in bytes of all frames of b, 0 if one of them may not enter the
// cable.
func (w *way) measure(b *packet.Batch) (bytes int) {
	longest := w.mtu + wire.EthernetLen
	for i := range b.Len() {
		p := b.At(i)
		p.Interface, p.Mark = 0, 0 // as check does, which most frames need not be asked
		n := p.Len()
		if p.Segmentation != packet.SegmentNone || n < wire.EthernetLen || n > longest {
			if _, why := w.check(p); why != fits {
				return 0
			}
		}
		bytes += n
	}
	return bytes
}

// admit returns the length in bytes of a frame that may enter the cable. One that may not
// is released and counted, and its length is 0.
func (w *way) admit(p *packet.Packet) (length int) {
	length, why := w.check(p)
	if why != fits {
		return w.drop(p, why)
	}
	return length
}

// fits: there is no reason to drop.
const fits = link.NumDropReasons

// check returns the length of a frame in bytes, and why it may not enter the cable.
func (w *way) check(p *packet.Packet) (length int, why link.DropReason) {
	// What a host noted on its packet is no concern of the next one.
	p.Interface, p.Mark = 0, 0
	length = p.Len()
	longest, ok := length, true
	if p.Segmentation != packet.SegmentNone {
		longest, ok = segment.FrameLen(p)
	}
	switch {
	case !ok:
		return 0, link.DropBadFrame
	case longest < wire.EthernetLen:
		return 0, link.DropTooShort
	case longest > w.mtu+wire.EthernetLen && !(tagged(p) && longest <= w.mtu+wire.EthernetLen+wire.VLANLen),
		length > packet.MaxLen:
		return 0, link.DropTooLong
	}
	return length, fits
}

// tagged reports whether the frame has an 802.1Q tag, which the MTU does not
// count.
func tagged(p *packet.Packet) bool {
	e, err := wire.ParseEthernet(p.Head())
	return err == nil && e.Type() == wire.EtherTypeVLAN
}

// drop releases a frame and counts it. It returns 0, what is left of it.
func (w *way) drop(p *packet.Packet, why link.DropReason) int {
	w.tx.drops[why]++
	w.tell(p, why)
	p.Release()
	return 0
}

// tell tells who wants to know that p is dropped.
func (w *way) tell(p *packet.Packet, why link.DropReason) {
	if w.dropped != nil {
		w.dropped(p, why)
	}
}

// admitAll removes the frames that may not enter, and counts the others as sent. It
// returns their length in bytes.
func (w *way) admitAll(b *packet.Batch) (bytes int) {
	admitted := true
	for i := range b.Len() {
		n := w.admit(b.At(i))
		if n == 0 {
			admitted = false
			continue
		}
		w.tx.packets++
		bytes += n
	}
	w.tx.bytes += uint64(bytes)
	if admitted {
		return bytes
	}
	for i := range b.Len() {
		if p := b.At(i); p.Len() > 0 { // was not released
			w.pieces.Move(p)
		}
	}
	b.Clear()
	b.MoveAll(&w.pieces)
	return bytes
}

// enter puts a packet on its way, as frames if the cable is a wire.
func (w *way) enter(p *packet.Packet, now clock.Time) {
	if w.admit(p) == 0 {
		return
	}
	if !w.framed {
		w.push(p, now, &fate{})
		return
	}
	if p.Segmentation == packet.SegmentNone {
		w.frame(p, now)
		return
	}
	if !segment.Split(p, &w.pieces) {
		w.drop(p, link.DropBadFrame)
		return
	}
	for i := range w.pieces.Len() {
		w.frame(w.pieces.At(i), now)
	}
	w.pieces.Clear()
}

// frame puts one frame on its way, as a wire takes it.
func (w *way) frame(p *packet.Packet, now clock.Time) {
	if !segment.Complete(p) {
		w.drop(p, link.DropBadFrame)
		return
	}
	p.Checksum = packet.ChecksumNone
	w.meet(p, now)
}

// Notes on frames that the cable has changed.
const (
	noteCorrupted = "corrupted on the way"
	noteDuplicate = "duplicated on the way"
)

// meet lets the frame meet its fate.
func (w *way) meet(p *packet.Packet, now clock.Time) {
	var f fate
	f.draw(&w.imp, &w.fates)
	if f.lost {
		if !f.duplicated {
			w.drop(p, link.DropLoss)
			return
		}
		w.tx.drops[link.DropLoss]++
		f.duplicated = false
	}
	var twin *packet.Packet // hardly ever there, so it does not lie on the stack
	if f.duplicated {
		twin = new(packet.Packet)
		p.CloneTo(twin)
		twin.Note = noteDuplicate
	}
	if f.corrupted {
		flip(p, f.bit)
		p.Note = noteCorrupted
	}
	w.push(p, now, &f)
	if f.duplicated {
		w.push(twin, now, &f)
	}
}

// push puts one frame on its way, or drops it if there is no room.
func (w *way) push(p *packet.Packet, now clock.Time, f *fate) {
	n := p.Len()
	if w.held() >= w.imp.QueueLimit || w.bytes+n > w.imp.QueueBytes {
		w.drop(p, link.DropQueueFull)
		return
	}
	w.tx.packets++
	w.tx.bytes += uint64(n)
	w.bytes += n
	sent := now
	if w.imp.Rate > 0 {
		sent = max(now, w.free).Add(time.Duration(int64(n) * 8 * int64(time.Second) / w.imp.Rate))
		w.free = sent
	}
	if f.reordered {
		w.early.push(p, sent)
	} else {
		w.delayed.push(p, sent.Add(f.delay))
	}
}

// held returns how many frames are on their way.
func (w *way) held() int { return w.delayed.n + w.early.n }

// next returns when the next frame arrives.
func (w *way) next() clock.Time { return min(w.delayed.next(), w.early.next()) }

// arm sets the timer for the next frame, unless somebody delivers, which ends
// with arm.
func (w *way) arm() {
	if !w.delivering && w.held() > 0 {
		w.timer.Set(w.next())
	}
}

// arrive is the timer's function.
func (w *way) arrive() {
	w.lock()
	if !w.delivering {
		w.delivering = true
		bytes := w.collect(w.clk.Now())
		w.deliver(&w.arrived, bytes)
	}
	w.unlock()
}

// deliver hands b, which is so many bytes, to the receiver and then, on a real clock, what has arrived
// meanwhile. An ordered clock gives each delivery an event of its own. mu is held
// and delivering is true; hand lets go of mu for the time of the call.
func (w *way) deliver(b *packet.Batch, bytes int) {
	w.hand(b, bytes)
	w.deliverMore()
}

// deliverMore is the rest of deliver.
func (w *way) deliverMore() {
	for i := 1; i < rounds && !w.ordered && w.held() > 0; i++ {
		bytes := w.collect(w.clk.Now())
		if w.arrived.Len() == 0 {
			break
		}
		w.hand(&w.arrived, bytes)
	}
	w.delivering = false
	w.idle.Broadcast()
	w.arm()
}

// hand gives b, which is so many bytes, to the receiver with the lock released. b is empty
// afterwards.
func (w *way) hand(b *packet.Batch, bytes int) {
	if b.Len() == 0 {
		return
	}
	r := w.receiver.Load()
	if r == nil || w.closed {
		w.rx.drops[link.DropDown] += uint64(b.Len())
		for i := range b.Len() {
			w.tell(b.At(i), link.DropDown)
		}
		b.Release()
		return
	}
	w.rx.packets += uint64(b.Len())
	w.rx.bytes += uint64(bytes)
	w.mu.Unlock()
	(*r).DeliverBatch(b)
	w.mu.Lock()
}

// collect moves what has arrived by now to arrived, burst frames at most, and returns their
// length in bytes. Of two frames that arrive at one instant the one that was delayed was
// sent first.
func (w *way) collect(now clock.Time) (bytes int) {
	for w.arrived.Len() < burst && w.next() <= now {
		first := &w.delayed
		if w.early.next() < first.next() {
			first = &w.early
		}
		bytes += first.pop(&w.arrived)
	}
	w.bytes -= bytes
	return bytes
}

// purge drops what is on its way.
func (w *way) purge() {
	w.timer.Stop()
	w.rx.drops[link.DropDown] += uint64(w.held())
	down := func(p *packet.Packet) { w.tell(p, link.DropDown) }
	w.delayed.clear(down)
	w.early.clear(down)
	w.bytes, w.free = 0, 0
}

func (w *way) setReceiver(r link.Receiver) {
	w.lock()
	defer w.unlock()
	if r == nil {
		w.receiver.Store(nil)
		return
	}
	w.receiver.Store(&r)
}

func (w *way) plug(in bool) {
	w.lock()
	defer w.unlock()
	w.unplugged = !in
	if !in {
		w.purge()
	}
}

func (w *way) counters() (tx, rx count) {
	w.lock()
	defer w.unlock()
	return w.tx, w.rx
}

func (w *way) close() {
	w.lock()
	defer w.unlock()
	w.closed = true
	w.purge()
}

// wait returns when no delivery is under way.
func (w *way) wait() {
	w.lock()
	defer w.unlock()
	for w.delivering {
		w.idle.Wait()
	}
}
