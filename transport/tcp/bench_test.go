package tcp

import (
	"encoding/binary"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// pair is two machines that hand each other their segments, without a wire in
// between.
type pair struct {
	now   clock.Time
	ends  [2]Conn
	p     [2]packet.Packet
	cnt   Counters
	inbox [2]packet.Batch
	seg   Segment
	frags []packet.Frag
	sides [2]side
}

// side is one end's sink.
type side struct {
	*pair
	i int
}

func (s *side) Packet() *packet.Packet {
	s.p[s.i].Reset()
	return &s.p[s.i]
}

func (s *side) Send(p *packet.Packet, _ uint8) { s.inbox[1-s.i].Move(p) }

func newPair(tb testing.TB, segmented int, set Settings) *pair {
	q := &pair{now: 1, frags: make([]packet.Frag, 0, 64)}
	q.sides = [2]side{{q, 0}, {q, 1}}
	config := func(i int) *Config {
		return &Config{
			Local: addrPort(i), Remote: addrPort(1 - i), Settings: NewSettings(set), Counters: &q.cnt,
			ISS: Seq(i), MTU: 1500, HeaderLen: 20, MaxSegmented: segmented, NoDelay: true,
		}
	}
	q.ends[0].Open(q.now, config(0))
	q.ends[0].Output(q.now, &q.sides[0])
	q.seg.Parse(q.inbox[1].At(0))
	q.ends[1].OpenPassive(q.now, config(1), &q.seg)
	q.inbox[1].Clear()
	q.ends[1].Output(q.now, &q.sides[1])
	q.run()
	if q.ends[0].State() != Established || q.ends[1].State() != Established {
		tb.Fatalf("%v, %v", q.ends[0].State(), q.ends[1].State())
	}
	live := packet.Live()
	tb.Cleanup(func() {
		for i := range q.ends {
			q.ends[i].CloseNow()
			q.ends[i].Kill()
			q.ends[i].Release()
		}
		if n := packet.Live() - live; n > 0 {
			tb.Errorf("%d slabs are still in use", n)
		}
	})
	return q
}

// run delivers until nobody has anything to say.
func (q *pair) run() {
	for {
		idle := true
		for i := range q.ends {
			in := &q.inbox[i]
			if in.Len() == 0 {
				continue
			}
			idle = false
			for k := range in.Len() {
				q.seg.Parse(in.At(k))
				q.ends[i].Input(q.now, &q.seg)
			}
			in.Clear()
			q.ends[i].Output(q.now, &q.sides[i])
			q.ends[i].TakeEvents()
		}
		if idle {
			return
		}
		q.now = q.now.Add(10 * time.Microsecond)
	}
}

// write appends n bytes of some slab to what end i sends.
func (q *pair) write(i, n int) {
	c := &q.ends[i]
	s, off := c.Tail()
	if s != nil && len(s.B)-off < n {
		s.Release()
		s = nil
	}
	if s == nil {
		s, off = packet.NewSlab(n), 0
	}
	c.Append(s, off, n)
	c.Output(q.now, &q.sides[i])
}

// read takes and drops what has arrived at end i, and returns how much it was.
func (q *pair) read(i int) int {
	total := 0
	for {
		frags, n := q.ends[i].Take(q.frags[:0], 1<<20)
		if n == 0 {
			break
		}
		total += n
		for _, f := range frags {
			f.Slab.Release()
		}
	}
	q.ends[i].Output(q.now, &q.sides[i])
	return total
}

// transferOnce moves n bytes from end 0 to end 1.
func (q *pair) transferOnce(n int) {
	q.write(0, n)
	q.run()
	q.read(1)
	q.run()
}

func (q *pair) requestOnce() {
	for i := range q.ends {
		q.write(i, 100)
		q.run()
		q.read(1 - i)
	}
}

// No segment costs an allocation, on neither end.
func TestNoAllocation(t *testing.T) {
	if race {
		t.Skip("pools forget under the race detector")
	}
	for _, tt := range []struct {
		name      string
		segmented int
		once      func(q *pair)
	}{
		{"segments", 0, func(q *pair) { q.transferOnce(32 << 10) }},
		{"super-segments", 65535, func(q *pair) { q.transferOnce(64 << 10) }},
		{"requests", 0, (*pair).requestOnce},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := newPair(t, tt.segmented, Settings{})
			for range 100 {
				tt.once(q)
			}
			if n := testing.AllocsPerRun(200, func() { tt.once(q) }); n >= 1 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func benchmarkTransfer(b *testing.B, segmented, n int, set Settings) {
	q := newPair(b, segmented, set)
	for range 50 {
		q.transferOnce(n)
	}
	before := q.cnt.OutSegs
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		q.transferOnce(n)
	}
	segs := float64(q.cnt.OutSegs - before)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/segs, "ns/segment")
}

func BenchmarkSegments(b *testing.B) { benchmarkTransfer(b, 0, 32<<10, Settings{}) }

func BenchmarkSuperSegments(b *testing.B) { benchmarkTransfer(b, 65535, 64<<10, Settings{}) }

func BenchmarkRequestResponse(b *testing.B) {
	q := newPair(b, 0, Settings{})
	b.ReportAllocs()
	for b.Loop() {
		q.requestOnce()
	}
}

// One full segment after the other into a machine that acknowledges every second.
func BenchmarkReceive(b *testing.B) {
	q := newPair(b, 0, Settings{QuickAck: -1})
	c := &q.ends[1]
	s := packet.NewSlab(packet.LargeSlab)
	defer s.Release()
	const n = 1448
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		p := &q.p[0]
		p.Reset()
		h := p.Append(wire.TCPMinLen + 12)
		wire.PutTCP(h, &wire.TCPFields{
			Seq: uint32(c.rcvNxt), Ack: uint32(c.sndNxt), Flags: wire.FlagACK, Window: 1000,
		}, 12)
		binary.BigEndian.PutUint32(h[wire.TCPMinLen:], 0x0101080a) // timestamps
		binary.BigEndian.PutUint32(h[wire.TCPMinLen+4:], c.tsRecent)
		binary.BigEndian.PutUint32(h[wire.TCPMinLen+8:], c.tsOffset)
		p.Attach(s, 0, n)
		q.seg.Parse(p)
		c.Input(q.now, &q.seg)
		q.now += 1000
		if c.Readable() > 64<<10 {
			q.read(1)
		}
		c.Output(q.now, &q.sides[1])
		q.inbox[0].Release()
	}
}

// A peer that reports every second segment of 4 MiB, a report each: the scoreboard
// becomes as long as it can, and each report must stay cheap.
func BenchmarkSACK(b *testing.B) {
	const flight, mss = 4 << 20, 1448
	q := newPair(b, 65535, Settings{SndBuf: flight})
	c := &q.ends[0]
	c.sndWnd = 1 << 30
	var s Segment
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at := 2 * mss * i % (flight - 2*mss)
		if i == 0 || at < 2*mss {
			b.StopTimer()
			s.Ack = c.sndNxt
			s.Options.NumSACK = 0
			c.acknowledge(q.now, &s)
			c.recovery = recovery{}
			c.cwnd.Window = 1 << 30
			for c.SendSpace() > 0 {
				q.write(0, min(c.SendSpace(), packet.LargeSlab))
				q.inbox[1].Release()
			}
			b.StartTimer()
		}
		left := c.sndUna.Add(at + mss)
		s.Ack = c.sndUna
		s.Options.NumSACK = 1
		s.Options.SACK[0] = wire.SACKBlock{Left: uint32(left), Right: uint32(left.Add(mss))}
		var a ackInfo
		c.takeSACK(q.now, &s, &a)
		c.recover(q.now, &a)
	}
}
