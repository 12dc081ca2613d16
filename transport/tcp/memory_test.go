package tcp

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"thinnet/packet"
	"thinnet/wire"
)

// Pressure begins above one bound and ends at another.
func TestMemoryPressure(t *testing.T) {
	var cnt Counters
	m := NewMemory(NewSettings(Settings{Mem: MemLimits{Low: 100, Pressure: 200, High: 300}}), &cnt)
	for i, step := range []struct {
		n        int
		pressure bool
		over     int
	}{{200, false, 0}, {1, true, 0}, {150, true, 51}, {-250, true, 0}, {-1, false, 0}, {100, false, 0}, {50, true, 0}} {
		m.charge(step.n)
		if m.pressure() != step.pressure || m.over(0) != step.over {
			t.Errorf("step %d, %d held: pressure %v, over by %d", i, m.held, m.pressure(), m.over(0))
		}
	}
	if cnt.TCPMemoryPressures != 2 {
		t.Errorf("%d pressures, want 2", cnt.TCPMemoryPressures)
	}
	if l := (MemLimits{High: 900}).withDefaults(); l != (MemLimits{Low: 450, Pressure: 600, High: 900}) {
		t.Errorf("limits with only High: %+v", l)
	}
	var none *Memory
	if none.pressure() || none.over(1<<30) != 0 || none.scarce(1<<30) || none.crowded() {
		t.Error("no memory has limits")
	}
}

// A host saves long before it drops: under pressure neither buffer grows, the peer is
// offered four segments, and what was offered before stays so.
func TestPressure(t *testing.T) {
	s := newStream(t, 1e9, 50*time.Millisecond, Settings{}, Settings{})
	a, b := s.ends[0], s.ends[1]
	s.run(100 * time.Millisecond)
	for _, e := range s.ends {
		e.mem = NewMemory(NewSettings(Settings{Mem: MemLimits{Low: -1, Pressure: 2, High: 1 << 30}}), &e.cnt)
		e.conn.mem, e.conn.held = e.mem, 0
		e.conn.become(roleUser)
	}
	edge := b.conn.rcvAdv
	s.unread = 1 << 30
	s.run(time.Second)
	if send, receive := s.sizes(); send != 256<<10 || receive != 256<<10 {
		t.Errorf("buffers grew to %d and %d KiB", send>>10, receive>>10)
	}
	if b.conn.rcvAdv.Less(edge) {
		t.Errorf("the window shrank by %d", edge.Sub(b.conn.rcvAdv))
	}
	if b.conn.in.len == 0 || a.cnt.TCPMemoryPressures != 1 || b.cnt.TCPMemoryPressures != 1 {
		t.Fatalf("no pressure: %d bytes, %d and %d", b.conn.in.len, a.cnt.TCPMemoryPressures, b.cnt.TCPMemoryPressures)
	}
	for b.conn.Readable() > 0 {
		b.readFast()
		if open := b.conn.rcvAdv.Sub(b.conn.rcvNxt); open > 4*int(b.conn.advMSS)+1<<b.conn.rcvScale {
			t.Fatalf("%d bytes are offered under pressure", open)
		}
	}
	s.unread = 0
	if got := s.run(time.Second); got == 0 {
		t.Error("the stream stands still under pressure")
	}
}

// Every byte arrives, however little memory there is, over a wire that loses and
// reorders; and the memory is never exceeded by more than is guaranteed, and one slab
// for what is written and one for what comes.
func TestTransferInLittleMemory(t *testing.T) {
	for seed := range uint64(few(20)) {
		s := newSim(t, seed)
		s.loss, s.reorder, s.jitter = 0.02, 0.2, 15*time.Millisecond
		high := 8192 << s.rng.IntN(6)
		s.memory = &MemLimits{High: high}
		if s.rng.IntN(2) == 0 {
			s.segmented = 65535
		}
		most := int64(0)
		s.trace = func(int, *Segment) {
			for _, e := range s.ends {
				if e.mem != nil {
					most = max(most, e.mem.Info().Held)
				}
			}
		}
		s.open(Settings{})
		s.transfer(1<<16, time.Hour)
		if bound := int64(high + 2*guaranteed + 2*packet.LargeSlab); most > bound {
			t.Errorf("seed %d: %d bytes are held, want at most %d", seed, most, bound)
		}
	}
}

// receiver returns an established connection that has advertised a large window, and
// whose host has high bytes of memory.
func receiver(t *testing.T, high int) *end {
	s := newSim(t, 1)
	s.memory = &MemLimits{High: high}
	s.open(Settings{})
	for s.step(s.now.Add(50 * time.Millisecond)) {
	}
	return s.ends[1]
}

// inject has n bytes of the pattern arrive, which start off bytes beyond what is
// expected, in a slab of their own.
func (e *end) inject(off, n int, large bool) {
	slab := packet.NewSlab(n)
	if large {
		slab.Release()
		slab = packet.NewSlab(packet.LargeSlab)
	}
	at := e.conn.rcvNxt.Sub(e.conn.irs) - 1 + off
	copy(slab.B, patterns()[at:at+n])
	e.injectFrag(off, slab, 0, n)
	slab.Release()
}

func (e *end) injectFrag(off int, slab *packet.Slab, from, n int) {
	c := &e.conn
	var p packet.Packet
	p.Reset()
	h := p.Append(wire.TCPMinLen)
	o := wire.TCPOptions{HasTimestamps: true, TSVal: c.tsRecent, TSEcr: c.timestamp(e.sim.now)}
	var b [40]byte
	optLen := wire.PutTCPOptions(b[:], &o)
	copy(p.Append(optLen), b[:optLen])
	wire.PutTCP(h, &wire.TCPFields{
		SrcPort: c.remotePort, DstPort: c.localPort, Seq: uint32(c.rcvNxt.Add(off)),
		Ack: uint32(c.sndUna), Flags: wire.FlagACK, Window: 1000,
	}, optLen)
	p.Attach(slab, from, n)
	var seg Segment
	if _, _, err := seg.Parse(&p); err != nil {
		e.sim.t.Fatal(err)
	}
	c.Input(e.sim.now, &seg)
	e.after()
}

// What came early goes first when memory runs out, the last of it before the rest, and
// what comes in order is still taken.
func TestPruneEarly(t *testing.T) {
	const high = 100 << 10
	e := receiver(t, high)
	c := &e.conn
	for i := range 100 { // 2 KiB each
		e.inject(60_000+2000*i, 1400, false)
	}
	if e.cnt.OfoPruned != 0 || e.cnt.TCPOFODrop == 0 {
		t.Errorf("coming in order: %d pruned, %d dropped", e.cnt.OfoPruned, e.cnt.TCPOFODrop)
	}
	had := len(c.early.pieces)
	e.inject(58_000, 800, false) // before all of them
	if e.cnt.OfoPruned != 1 || len(c.early.pieces) > had || c.early.pieces[0].seq != c.rcvNxt.Add(58_000) {
		t.Errorf("coming before: %d pruned, %d pieces of %d left", e.cnt.OfoPruned, len(c.early.pieces), had)
	}
	first := c.early.pieces[0]
	for i := 0; c.in.len < 40_000 && i < 100; i++ {
		e.inject(0, 999, false)
	}
	if c.in.len < 40_000 {
		t.Errorf("%d bytes in order were taken", c.in.len)
	}
	if c.early != nil && c.early.pieces[0].seq != first.seq {
		t.Error("the first of what came early went before the last")
	}
	if held := e.mem.Info().Held; held > high+2*guaranteed {
		t.Errorf("%d bytes are held of %d", held, high)
	}
	if e.cnt.PruneCalled == 0 {
		t.Error("nothing was counted")
	}
}

// A connection that has nothing gets what is guaranteed from a host that has nothing
// left, and its peer goes on.
func TestGuaranteed(t *testing.T) {
	e := receiver(t, 1<<20)
	e.mem.charge(2 << 20) // by others
	c := &e.conn
	for range 10 {
		e.inject(0, 1400, true)
	}
	if c.in.len != guaranteed || e.cnt.TCPRcvQDrop == 0 {
		t.Errorf("%d bytes were taken, and %d segments dropped; want %d", c.in.len, e.cnt.TCPRcvQDrop, guaranteed)
	}
	if c.in.held > 2*guaranteed {
		t.Errorf("they hold %d bytes", c.in.held)
	}
	for range 3 {
		e.inject(2000, 1400, false)
	}
	if c.early != nil {
		t.Error("something early was kept")
	}
	if n := c.SendSpace(); n == 0 || n > packet.SmallSlab {
		t.Errorf("the user may write %d bytes", n)
	}
	for c.SendSpace() > 0 {
		e.write(1 << 20)
	}
	if c.buf.len < guaranteed/2 || c.buf.held > guaranteed {
		t.Errorf("he wrote %d bytes, which hold %d", c.buf.len, c.buf.held)
	}
	e.mem.charge(-2 << 20)
	if c.SendSpace() < 200<<10 {
		t.Errorf("in better times he may write %d bytes", c.SendSpace())
	}
}

// Pieces that lie thinly in large slabs are copied together before they hold many times
// what the receive buffer allows; every byte stays what it was.
func TestCollapse(t *testing.T) {
	for _, early := range []bool{false, true} {
		t.Run(fmt.Sprint("early ", early), func(t *testing.T) {
			e := receiver(t, 1<<30)
			c := &e.conn
			off := 0
			if early {
				off = 1000
			}
			for range 150 {
				e.inject(off, 1000, true)
				if early {
					off += 1000
				}
				if held, n := c.rcvHeld(), 1000+off+c.in.len; held > 5*n+3*packet.LargeSlab {
					t.Fatalf("%d bytes hold %d", n, held)
				}
			}
			if e.cnt.TCPRcvCollapsed < 140 {
				t.Errorf("%d pieces were copied together of 150", e.cnt.TCPRcvCollapsed)
			}
			if early {
				e.inject(0, 1000, false)
			}
			for c.Readable() > 0 {
				e.readSome(1 << 20) // checks the bytes
			}
			if e.read < 150_000 {
				t.Errorf("%d bytes were read", e.read)
			}
		})
	}
	// Segments that fill their slabs are left where they are.
	e := receiver(t, 1<<30)
	r := rand.New(rand.NewPCG(1, 1))
	slab := packet.NewSlab(packet.LargeSlab)
	copy(slab.B, patterns())
	for _, i := range r.Perm(60) {
		e.injectFrag(1000+1000*i, slab, 1000+1000*i, 1000)
	}
	if e.cnt.TCPRcvCollapsed != 0 || e.conn.early.held > 31*packet.LargeSlab {
		t.Errorf("%d pieces of one slab copied, %d bytes held", e.cnt.TCPRcvCollapsed, e.conn.early.held)
	}
	if e.conn.collapse(); e.cnt.TCPRcvCollapsed != 0 || e.conn.early.held != packet.LargeSlab {
		t.Errorf("all pieces of one slab hold %d bytes, %d were copied", e.conn.early.held, e.cnt.TCPRcvCollapsed)
	}
	slab.Release()
}

// One connection too many without a user is reset, and one in TIME-WAIT forgotten.
func TestOrphans(t *testing.T) {
	var cnt Counters
	mem := NewMemory(NewSettings(Settings{MaxOrphans: 2, MaxTWBuckets: 1}), &cnt)
	var sims []*sim
	for i := range 4 {
		s := newSim(t, uint64(i))
		s.ends[0].mem = mem
		s.memory = &MemLimits{}
		s.open(Settings{})
		for s.step(s.now.Add(50 * time.Millisecond)) {
		}
		s.ends[0].cnt = Counters{}
		s.ends[0].conn.cnt = &cnt
		sims = append(sims, s)
	}
	if i := mem.Info(); i.Sockets != 4 || i.Orphans != 0 {
		t.Fatalf("%+v", i)
	}
	for i, s := range sims[:3] {
		e := s.ends[0]
		e.conn.Close(s.now)
		e.after()
		if got, want := e.conn.State(), []State{FinWait1, FinWait1, Closed}[i]; got != want {
			t.Errorf("connection %d is %v, want %v", i, got, want)
		}
	}
	if i := mem.Info(); i.Sockets != 3 || i.Orphans != 2 || cnt.TCPAbortOnMemory != 1 {
		t.Errorf("%+v, %d aborted", i, cnt.TCPAbortOnMemory)
	}
	for i, s := range sims[:2] {
		for s.step(s.now.Add(50 * time.Millisecond)) {
		}
		if got, want := s.ends[0].conn.State(), []State{FinWait2, Closed}[i]; got != want {
			t.Errorf("connection %d is %v, want %v", i, got, want)
		}
	}
	s := sims[0]
	s.ends[1].conn.Close(s.now)
	s.ends[1].after()
	for s.step(s.now.Add(50 * time.Millisecond)) {
	}
	if a, b := s.ends[0].conn.State(), s.ends[1].conn.State(); a != TimeWait || b != Closed {
		t.Errorf("the connection that waits ends in %v and %v", a, b)
	}
	if i := mem.Info(); i.TimeWait != 1 || i.Orphans != 0 || cnt.TCPTimeWaitOverflow != 1 {
		t.Errorf("%+v, %d overflowed", i, cnt.TCPTimeWaitOverflow)
	}
	sims[3].ends[0].conn.Kill()
	sims[3].ends[0].after()
	if i := mem.Info(); i.Sockets != 0 || i.Held != 0 {
		t.Errorf("%+v", i)
	}
	for _, s := range sims {
		s.ends[0].conn.finish(nil)
	}
	for _, s := range sims {
		s.ends[0].mem = nil
	}
}
