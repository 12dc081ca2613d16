package tcp

import (
	"fmt"
	"testing"

	"thinnet/clock"
	"thinnet/packet"
)

// broken returns what is wrong with a connection whose Output was just called,
// nil if nothing is.
func (c *Conn) broken(now clock.Time) error {
	if c.set == nil {
		return nil // never opened
	}
	for _, check := range []func(clock.Time) error{
		c.brokenSender, c.brokenScoreboard, c.brokenReceiver, c.brokenTimers, c.brokenMemory,
	} {
		if err := check(now); err != nil {
			return fmt.Errorf("%v: %w", c.state, err)
		}
	}
	return c.buf.broken()
}

func (c *Conn) brokenSender(clock.Time) error {
	end := c.buf.end()
	if c.finSent {
		end++
	}
	switch {
	case c.ackNow || c.probeNow || c.rstQueued || c.synQueued || c.moreAcks > 0:
		return fmt.Errorf("something due was not sent")
	case c.sndNxt.Less(c.sndUna):
		return fmt.Errorf("SND.NXT is %d before SND.UNA", c.sndUna.Sub(c.sndNxt))
	case c.state == Closed && (c.buf.len > 0 || !c.out.empty() || c.early != nil):
		return fmt.Errorf("holds bytes")
	case c.transmits() && end.Less(c.sndNxt):
		return fmt.Errorf("SND.NXT is %d behind what was written", c.sndNxt.Sub(end))
	case c.transmits() && (c.cwnd.MSS < 1 || c.cwnd.Window < c.cwnd.MSS):
		return fmt.Errorf("window of %d with an MSS of %d", c.cwnd.Window, c.cwnd.MSS)
	case c.transmits() && c.pipe() < 0 && c.renoSacked == 0:
		return fmt.Errorf("%d bytes in the pipe", c.pipe())
	}
	return nil
}

func (c *Conn) brokenScoreboard(clock.Time) error {
	if !c.transmits() {
		return nil
	}
	var sums inflight
	at, wasSACKed := c.sndUna, false
	for i, r := range c.out.live() {
		switch m := r.mark; {
		case r.seq != at || r.len() <= 0:
			return fmt.Errorf("run %d is [%d,%d), want it at %d", i, r.seq, r.end, at)
		case m&markSACKed != 0 && m&(markLost|markResent) != 0:
			return fmt.Errorf("run %d arrived and is lost: %b", i, m)
		case m&markResent != 0 && m&markLost == 0:
			return fmt.Errorf("run %d was sent again and not lost: %b", i, m)
		case m&markSACKed != 0 && wasSACKed:
			return fmt.Errorf("runs %d and %d are not joined", i-1, i)
		case m&(markLost|markResent) == markLost && r.seq.Less(c.out.nextLost):
			return fmt.Errorf("run %d is lost, at %d, and not found from %d", i, r.seq, c.out.nextLost)
		}
		wasSACKed = r.mark&markSACKed != 0
		sums.forget(r.mark, -int32(r.len()))
		at = r.end
	}
	switch {
	case at != c.sndNxt:
		return fmt.Errorf("runs end at %d, SND.NXT is %d", at, c.sndNxt)
	case sums.sacked != c.out.sacked || sums.lost != c.out.lost || sums.resent != c.out.resent:
		return fmt.Errorf("SACKed, lost, resent: %d %d %d, want %d %d %d",
			c.out.sacked, c.out.lost, c.out.resent, sums.sacked, sums.lost, sums.resent)
	}
	return nil
}

func (c *Conn) brokenReceiver(clock.Time) error {
	if c.state == Closed || c.state == SynSent {
		return nil
	}
	if c.rcvAdv.Less(c.rcvNxt) {
		return fmt.Errorf("RCV.NXT is %d beyond the window", c.rcvNxt.Sub(c.rcvAdv))
	}
	if err := c.in.broken(); err != nil {
		return err
	}
	if c.early == nil {
		return nil
	}
	if err := c.early.broken(); err != nil {
		return err
	}
	first, last := c.early.pieces[0], c.early.pieces[len(c.early.pieces)-1]
	if first.seq.LessEq(c.rcvNxt) || c.rcvAdv.Less(last.end()) {
		return fmt.Errorf("early bytes [%d,%d), the window is [%d,%d)", first.seq, last.end(), c.rcvNxt, c.rcvAdv)
	}
	return nil
}

func (c *Conn) brokenTimers(now clock.Time) error {
	pending := c.buf.end() != c.sndNxt || c.finQueued
	switch {
	case c.Deadline() <= now:
		return fmt.Errorf("deadline %d is not after %d", c.Deadline(), now)
	case c.state == Closed:
		return nil
	case c.state == TimeWait:
		if c.waitAt == clock.Never {
			return fmt.Errorf("waits for ever")
		}
	case !c.state.synchronized():
		if c.rtoAt == clock.Never {
			return fmt.Errorf("a SYN is on its way and no timer runs")
		}
	case !c.out.empty() && c.rtoAt == clock.Never:
		return fmt.Errorf("%d bytes are in flight and no timer runs", c.sndNxt.Sub(c.sndUna))
	case c.out.empty() && pending && !c.finSent && c.rtoAt == clock.Never:
		return fmt.Errorf("%d bytes wait for the window, and it is not probed", c.buf.end().Sub(c.sndNxt))
	case c.unacked > 0 && c.ackAt == clock.Never:
		return fmt.Errorf("%d bytes will never be acknowledged", c.unacked)
	}
	return nil
}

func (c *Conn) brokenMemory(clock.Time) error {
	held := c.rcvHeld() + int(c.buf.held) + c.out.held()
	if c.mem != nil && int(c.held) != held {
		return fmt.Errorf("the host was told of %d bytes, want %d", c.held, held)
	}
	for _, a := range c.queues.frags.free {
		for _, f := range a.items[:cap(a.items)] {
			if f.Slab != nil {
				return fmt.Errorf("an array that nobody has borrowed holds what was sent or read")
			}
		}
	}
	return nil
}

func (b *sendBuffer) broken() error {
	n, at, held := 0, b.base, 0
	for i, f := range b.frags.live() {
		if f.Len <= 0 {
			return fmt.Errorf("send buffer: piece %d is empty", i)
		}
		if i == int(b.hint) && at != b.hintSeq {
			return fmt.Errorf("send buffer: hint is %d, want %d", b.hintSeq, at)
		}
		n += int(f.Len)
		at = at.Add(int(f.Len))
		held += len(f.Slab.B)
	}
	if b.brief() && b.len <= BriefSize {
		n = b.len
	}
	if n != b.len || held != int(b.held) {
		return fmt.Errorf("send buffer: %d bytes that hold %d, want %d and %d", b.len, b.held, n, held)
	}
	return nil
}

func (q *recvBuffer) broken() error {
	n, held := 0, 0
	var last *packet.Slab
	for i, f := range q.frags.live() {
		if f.Len <= 0 {
			return fmt.Errorf("receive buffer: piece %d is empty", i)
		}
		n += int(f.Len)
		held += heldBeside(last, f.Slab)
		last = f.Slab
	}
	if q.brief() && q.len <= BriefSize {
		n = q.len
	}
	if n != q.len || held != int(q.held) {
		return fmt.Errorf("receive buffer: %d bytes that hold %d, want %d and %d", q.len, q.held, n, held)
	}
	return nil
}

func (q *reorderQueue) broken() error {
	var islands []island
	n, held := 0, 0
	for i, p := range q.pieces {
		held += q.heldAt(i)
		if p.frag.Len <= 0 || i > 0 && p.seq.Less(q.pieces[i-1].end()) {
			return fmt.Errorf("reorder queue: piece %d is empty, or overlaps", i)
		}
		n += int(p.frag.Len)
		if k := len(islands); k > 0 && islands[k-1].right == p.seq {
			islands[k-1].right = p.end()
		} else {
			islands = append(islands, island{p.seq, p.end()})
		}
	}
	switch {
	case n == 0 || n != q.len || len(q.pieces) > maxEarly+q.len/copyBelow+1:
		return fmt.Errorf("reorder queue: %d bytes in %d pieces, want %d", q.len, len(q.pieces), n)
	case held != q.held:
		return fmt.Errorf("reorder queue: holds %d bytes, want %d", q.held, held)
	case fmt.Sprint(islands) != fmt.Sprint(q.islands):
		return fmt.Errorf("reorder queue: islands %v, want %v", q.islands, islands)
	}
	return nil
}

// An invariant that cannot fail holds nothing: these are broken on purpose.
func TestInvariantsFail(t *testing.T) {
	for name, spoil := range map[string]func(c *Conn){
		"timer":   func(c *Conn) { c.rtoAt = clock.Never },
		"past":    func(c *Conn) { c.keepAt = 1 },
		"sum":     func(c *Conn) { c.out.lost++ },
		"gap":     func(c *Conn) { c.out.live()[0].seq++ },
		"una":     func(c *Conn) { c.sndUna = c.sndNxt + 1 },
		"window":  func(c *Conn) { c.rcvAdv = c.rcvNxt - 1 },
		"buffer":  func(c *Conn) { c.buf.len++ },
		"receive": func(c *Conn) { c.in.len = BriefSize + 1 },
		"ack":     func(c *Conn) { c.ackNow = true },
		"memory":  func(c *Conn) { c.held++ },
		"slabs":   func(c *Conn) { c.buf.held-- },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSim(t, 1)
			s.memory = &MemLimits{}
			s.open(Settings{})
			for s.step(s.now.Add(50e6)) {
			}
			s.ends[0].write(1000)
			c := &s.ends[0].conn
			if err := c.broken(s.now); err != nil {
				t.Fatal(err)
			}
			saved := *c
			runs := append([]sent(nil), c.out.live()...)
			spoil(c)
			if c.broken(s.now) == nil {
				t.Error("was not noticed")
			}
			*c = saved
			copy(c.out.live(), runs)
		})
	}
}
