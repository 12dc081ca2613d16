package stack

import (
	"thinnet/clock"
	"thinnet/link"
	"thinnet/network"
	"thinnet/packet"
)

// maxRounds is how often one caller goes round the loop before it hands the rest
// to a goroutine: a Write must not work for the whole network.
const maxRounds = 64

// nic is a device with its interface.
type nic struct {
	s     *Stack
	iface *network.Interface
	dev   link.Device
	out   packet.Batch // on its way to dev; the loop's own
	held  packet.Batch // see Stack.hold
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
	s.armed = clock.Never
	s.pumpEvent()
	s.mu.Unlock()
}

// pump does all there is to do, unless a loop is running, which then does it. It
// is called with the lock held, and lets go of it meanwhile.
func (s *Stack) pump() {
	s.more = true
	if s.running || s.closed {
		return
	}
	s.running = true
	s.in.attend()
	s.loop()
}

// pumpNow is pump for one who has just read the clock.
func (s *Stack) pumpNow() {
	s.told = true
	s.pump()
}

// pumpEvent is pump for an event of the network's. In virtual time nobody else does
// anything meanwhile.
func (s *Stack) pumpEvent() {
	s.event = true
	s.pump()
}

func (s *Stack) loop() {
	for round := 0; ; round++ {
		if s.closed || !s.more && !s.in.waiting.Load() {
			if !s.in.leave() || s.closed {
				break
			}
			s.in.attend()
		}
		if round == maxRounds && !s.ordered {
			s.told = false // batches that tell one another the time would stop it
			s.in.forget()
			go func() { // Close waits for it, as running stays true
				s.mu.Lock()
				s.loop()
				s.mu.Unlock()
			}()
			return
		}
		s.more = false
		s.work()
		if !s.collect() {
			continue
		}
		if s.ofUsers() {
			s.hold()
			continue
		}
		nics, now := s.nics, s.now
		s.mu.Unlock()
		for _, n := range nics {
			if n.out.Len() > 0 {
				if !s.ordered {
					n.out.Stamp(s.clk, int64(now))
				}
				n.dev.WriteBatch(&n.out)
			}
		}
		s.mu.Lock()
	}
	s.running, s.event = false, false
	if s.closed {
		s.idle.Broadcast()
	} else {
		s.arm()
	}
}

// readClock is how a host learns what time it is, if nobody has told it. That never goes
// back, though what batches tell may be ahead of a clock that ticks slowly.
func (s *Stack) readClock() { s.now = max(s.now, s.clk.Now()) }

// work runs the machines on what there is.
func (s *Stack) work() {
	if at, told := s.in.take(&s.inbox); told {
		// It was written just now, and what comes of it comes later.
		s.now = max(at, s.now) + 1
	} else if !s.told {
		s.readClock()
	}
	s.told = false
	for i := 0; i < s.inbox.Len(); i++ {
		p := s.inbox.At(i)
		i += s.net.Join(&s.inbox, i)
		s.net.Input(s.now, s.nics[p.Interface-1].iface, p)
	}
	s.inbox.Clear()
	if s.net.Deadline() <= s.now {
		s.net.Tick(s.now)
	}
	for {
		c := s.deadline.due(s.now)
		if c == nil {
			break
		}
		c.tick()
	}
	// Output may make another connection ready: one that ends frees a listener.
	for i := 0; i < len(s.ready); i++ {
		s.ready[i].output()
		s.ready[i] = nil
	}
	s.ready = s.ready[:0]
}

// collect moves what is to be sent from the interfaces to their devices' batches,
// and reports whether there is anything.
func (s *Stack) collect() bool {
	some := false
	for _, n := range s.nics {
		if n.iface.Out.Len() > 0 {
			n.out.MoveAll(&n.iface.Out)
			some = true
		}
	}
	return some
}

// arm sets the timer for the next deadline.
func (s *Stack) arm() {
	at := min(s.net.Deadline(), s.deadline.first())
	if at == s.armed {
		return
	}
	s.armed = at
	if at == clock.Never {
		s.timer.Stop()
		return
	}
	s.timer.Set(at)
}
