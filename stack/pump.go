package stack

import (
	"thinnet/clock"
	"thinnet/link"
	"thinnet/network"
	"thinnet/packet"
)

// maxRounds is how many batches one caller works off, and brings to the devices, before it
// leaves the rest to others: a Write must not work for the whole network.
const maxRounds = 64

// nic is a device with its interface.
type nic struct {
	s     *Stack
	iface *network.Interface
	dev   link.Device
	out   packet.Batch // on its way to dev, while sending
	held  packet.Batch // see Stack.hold
	// sending: somebody is bringing dev a batch, and will look for more.
	sending bool
}

// DeliverBatch implements link.Receiver.
func (n *nic) DeliverBatch(b *packet.Batch) {
	s := n.s
	for i := range b.Len() {
		p := b.At(i)
		p.Interface = int32(n.iface.Index)
		p.Note = "" // the sender's: what this host sends on it has no part in
	}
	at, told := b.Stamped(s.clk)
	ok, attended := s.in.put(b, s.backlog, clock.Time(at), told)
	if ok && attended && !s.ordered {
		return
	}
	s.mu.Lock()
	if !ok {
		s.refuse(n, b)
	}
	s.pumpEvent()
	s.mu.Unlock()
}

// refuse drops what the inbox has no room for.
func (s *Stack) refuse(n *nic, b *packet.Batch) {
	if !s.closed {
		s.overflow += uint64(b.Len())
		for i := range b.Len() {
			n.iface.Tell(b.At(i), "backlog full")
		}
	}
	b.Release()
}

// tick is the timer.
func (s *Stack) tick() {
	s.mu.Lock()
	s.armed = fired
	s.pumpEvent()
	s.mu.Unlock()
}

// pump does all there is to do. It is called with the lock held, and lets go of it while
// packets are handed to a device: others may do what there is to do then.
func (s *Stack) pump() {
	if !s.closed {
		s.in.attend()
		s.work()
		s.send()
	}
}

// pumpFor is pump for a user who has just read the clock, and done something to c that makes
// it send. If that is all there is to do it takes so little time that he does not attend.
func (s *Stack) pumpFor(c *TCPConn) {
	if s.closed || s.in.waiting.Load() || c.ready {
		s.touch(c)
		s.pumpNow()
		return
	}
	c.output()
	if len(s.ready) > 0 {
		s.pumpNow()
		return
	}
	s.send()
}

// pumpOn is pump for one who attends, and does not any more: if something has come in.
func (s *Stack) pumpOn() {
	if s.closed || !s.in.waiting.Load() {
		if s.in.leave() {
			s.pump()
		}
		return
	}
	s.work()
	s.send()
}

// pumpNow is pump for one who has just read the clock.
func (s *Stack) pumpNow() {
	s.told = true
	s.pump()
}

// sendNow is pump for one who brings nothing but something to send.
func (s *Stack) sendNow() {
	if !s.closed {
		s.send()
	}
}

// pumpEvent is pump for an event of the network's. In virtual time nobody else does
// anything meanwhile.
func (s *Stack) pumpEvent() {
	outer := s.event
	s.event = true
	s.pump()
	s.event = outer
}

// send ends a pump: it hands the devices what is to be sent.
func (s *Stack) send() {
	if n := s.sender(); n != nil {
		s.pumping++
		s.write(n)
	} else {
		s.arm()
	}
}

// write hands a device what is to be sent, and then others, until nothing is left. Each is
// handed one batch at a time: what comes meanwhile is for him who brings that one.
func (s *Stack) write(n *nic) {
	for rounds := 0; n != nil; n = s.sender() {
		if s.ofUsers() {
			s.hold()
			break
		}
		if rounds == maxRounds && !s.ordered {
			s.rest()
			return
		}
		rounds++
		n.sending = true
		n.out.MoveAll(&n.iface.Out)
		switch {
		case s.rough:
			n.out.Stamp(nil, 0)
		case !s.ordered:
			n.out.Stamp(s.clk, int64(s.now))
		}
		s.mu.Unlock()
		n.dev.WriteBatch(&n.out)
		s.mu.Lock()
		n.sending = false
	}
	s.pumping--
	if s.closed {
		s.idle.Broadcast()
	} else {
		s.arm()
	}
}

// sender returns an interface that has something to send and no one who does, or nil.
func (s *Stack) sender() *nic {
	if !s.net.Queued || s.closed {
		return nil
	}
	return s.findSender()
}

// findSender is sender if there may be one. What waits for one who is sending has a bound: he
// may be in a slow device for long.
func (s *Stack) findSender() (found *nic) {
	s.net.Queued = false
	for _, n := range s.nics {
		switch {
		case n.iface.Out.Len() == 0:
			continue
		case n.sending:
			s.net.TrimOut(n.iface, s.backlog)
		case found == nil:
			found = n // all of it
			continue
		}
		s.net.Queued = true
	}
	return found
}

// rest leaves the rest of a pump to a goroutine, which Close waits for.
func (s *Stack) rest() {
	s.readClock() // batches that tell one another the time would stop it
	s.net.Queued = true
	go func() {
		s.mu.Lock()
		s.write(s.sender())
		s.mu.Unlock()
	}()
}

// readClock is how a host learns what time it is, if nobody has told it. That never goes
// back, though what batches tell may be ahead of a clock that ticks slowly.
//
//go:noinline // asked for in a dozen places
func (s *Stack) readClock() {
	s.now = max(s.now, s.clk.Now())
	s.rough = false
}

// work runs the machines on what there is, for one who attends, and does not any more. After
// maxRounds he goes on alone: who goes on bringing packets then waits for the lock, and is
// behind those who wait already.
func (s *Stack) work() {
	s.round()
	for rounds := 1; s.in.leave(); rounds++ {
		if rounds == maxRounds {
			s.round()
			return
		}
		s.in.attend()
		s.round()
	}
}

// round is work on what there is now.
func (s *Stack) round() {
	if at, told := s.in.take(&s.inbox); told {
		// It was written just now, and what comes of it comes later.
		s.now = max(at, s.now) + 1
		s.rough = false
	} else if !s.told {
		s.readClock()
	}
	s.told = false
	for i := 0; i < s.inbox.Len(); i++ {
		p := s.inbox.At(i)
		if i+1 < s.inbox.Len() {
			i += s.net.Join(&s.inbox, i)
		}
		s.net.Input(s.now, s.nics[p.Interface-1].iface, p)
	}
	s.inbox.Clear()
	if s.armed <= s.now {
		s.due()
	}
	// Output may make another connection ready: one that ends frees a listener.
	for i := 0; i < len(s.ready); i++ {
		s.ready[i].output()
		s.ready[i] = nil
	}
	s.ready = s.ready[:0]
}

// due does what is due now.
func (s *Stack) due() {
	if s.burstEnds <= s.now {
		s.burstEnds = clock.Never
	}
	if s.net.Deadline() <= s.now {
		s.net.Tick(s.now)
	}
	for s.resting.first() <= s.now {
		s.resting.ends.newer.conn.kill()
	}
	for c := s.deadline.due(s.now); c != nil; c = s.deadline.due(s.now) {
		c.tick()
	}
}

// fired is what the timer is set to when it has gone off.
const fired = clock.Time(-1)

// arm sets the timer for the next deadline. Where that does not show it is not moved later:
// it goes off once with nothing to do, for all deadlines that came and went meanwhile.
func (s *Stack) arm() {
	at := min(s.net.Deadline(), s.deadline.first(), s.resting.first(), s.burstEnds)
	if at < s.armed || at > s.armed && (s.armed == fired || s.ordered) {
		s.setTimer(at)
	}
}

// setTimer sets the timer to at.
//
//go:noinline // rare
func (s *Stack) setTimer(at clock.Time) {
	s.armed = at
	if at == clock.Never {
		s.timer.Stop()
	} else {
		s.timer.Set(at)
	}
}
