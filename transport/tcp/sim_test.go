package tcp

import (
	"bytes"
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/packet"
)

// sim is two machines and the wire between them, in virtual time.
type sim struct {
	fastOpen int  // bytes that go with the SYN
	accept   bool // and are taken
	t        testing.TB
	rng      *rand.Rand
	now      clock.Time
	ends     [2]*end
	queue    arrivals
	seq      int
	delay    time.Duration
	loss     float64
	// every is the distance of the data segments of end 0 that are lost, give or take
	// a tenth; 0: none are. due is how far the next one is.
	every, due int
	// jitter is added to the delay of a segment with the probability reorder.
	jitter  time.Duration
	reorder float64
	twice   float64 // the probability that a segment arrives a second time
	trace   func(from int, s *Segment)
	takes   int            // the longest IP packet that arrives; 0: all do
	wire    [2]*bottleneck // of the segments that each end sends; nil: infinite
	// segmented is the longest super-segment, in bytes of IP packet.
	segmented int
	firstISS  Seq  // if not 0
	nagle     bool // both ends wait with small segments
	trusted   bool // no check of the invariants after every step
	listener  Settings
	cookies   bool       // SYNs are answered with cookies
	memory    *MemLimits // of both ends; nil: none

	forged    float64  // the probability that a segment arrives a second time, with other fields
	marks     float64  // the probability that a segment is marked (ECN)
	long      bool     // without the short ways
	usual     int      // segments that were usual
	record    bool     // keep portraits, and what is sent
	portraits []string // of both ends, after every step of one
}

// end is one machine with a user who writes and reads a pattern of bytes.
type end struct {
	sim  *sim
	i    int
	conn Conn
	cnt  Counters
	mem  *Memory
	p    packet.Packet

	wrote, read int
	closed      bool
	deaf        bool // what arrives is not read any more
	events      Events

	iss, irs, una, adv Seq // after the last step
}

type arrival struct {
	at  clock.Time
	seq int
	to  int
	p   packet.Packet
}

type arrivals []*arrival

func (a arrivals) Len() int { return len(a) }
func (a arrivals) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].seq < a[j].seq
}
func (a arrivals) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)   { *a = append(*a, x.(*arrival)) }
func (a *arrivals) Pop() any {
	old := *a
	x := old[len(old)-1]
	*a = old[:len(old)-1]
	return x
}

func newSim(t testing.TB, seed uint64) *sim {
	s := &sim{t: t, rng: rand.New(rand.NewPCG(seed, 1)), now: 1, delay: 10 * time.Millisecond}
	for i := range s.ends {
		s.ends[i] = &end{sim: s, i: i}
	}
	live := packet.Live()
	t.Cleanup(func() {
		s.close()
		for _, e := range s.ends {
			if m := e.mem; m != nil && (m.held != 0 || m.roles != [numRoles]int{}) {
				t.Errorf("the memory is left with %+v", m.Info())
			}
		}
		if n := packet.Live() - live; n > 0 {
			t.Errorf("%d slabs are still in use", n)
		}
	})
	return s
}

// close ends both machines and empties the wire.
func (s *sim) close() {
	for _, e := range s.ends {
		e.conn.userClosed = true
		e.conn.finish(nil)
		e.conn.Release()
	}
	for _, a := range s.queue {
		a.p.Release()
	}
	s.queue = nil
}

func addrPort(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), uint16(1000+i))
}

func (s *sim) config(i int, set Settings) *Config {
	iss := Seq(s.rng.Uint32())
	if s.firstISS != 0 {
		iss = s.firstISS
	}
	var fast FastOpen
	if s.fastOpen > 0 {
		fast = [2]FastOpen{
			{Option: true, Cookie: make([]byte, 8), MaxData: s.fastOpen},
			{Accept: s.accept, Option: !s.accept, Cookie: make([]byte, 8)},
		}[i]
	}
	full, e := NewSettings(set), s.ends[i]
	if s.memory != nil && e.mem == nil {
		full.Mem = s.memory.withDefaults()
		e.mem = NewMemory(full, &e.cnt)
	}
	return &Config{
		FastOpen: fast, Memory: e.mem,
		Local: addrPort(i), Remote: addrPort(1 - i), Settings: full, Counters: &s.ends[i].cnt,
		ISS: iss, MTU: 1500, HeaderLen: 20, MaxSegmented: s.segmented, NoDelay: !s.nagle,
	}
}

// Packet and Send implement Sink.
func (e *end) Packet() *packet.Packet {
	e.p.Reset()
	return &e.p
}

func (e *end) Send(p *packet.Packet, _ uint8) {
	s := e.sim
	if s.trace != nil {
		var seg Segment
		seg.Parse(p)
		s.trace(e.i, &seg)
	}
	if s.rng.Float64() < s.loss || e.i == 0 && s.lostInTurn(p) || s.takes > 0 && longest(p) > s.takes {
		p.Release()
		return
	}
	if s.rng.Float64() < s.twice {
		var again packet.Packet
		p.CloneTo(&again)
		e.carry(&again)
	}
	e.carry(p)
}

// lostInTurn reports whether it is p's turn to be lost.
func (s *sim) lostInTurn(p *packet.Packet) bool {
	if s.every == 0 || p.Len() < 1000 {
		return false
	}
	if s.due--; s.due > 0 {
		return false
	}
	s.due = s.every - s.every/10 + s.rng.IntN(s.every/5+1)
	return true
}

// longest returns the length of the IP packets that p becomes, the longest.
func longest(p *packet.Packet) int {
	if p.Segmentation == packet.SegmentNone {
		return p.Len() + 20
	}
	h := len(p.Head())
	return h + min(int(p.SegmentSize), p.Len()-h) + 20
}

// carry puts p on the wire.
func (e *end) carry(p *packet.Packet) {
	s := e.sim
	d := s.delay
	if w := s.wire[e.i]; w != nil {
		out, ok := w.admit(s.now, p.Len()+34)
		if !ok {
			p.Release()
			return
		}
		d += out.Sub(s.now)
	}
	if s.rng.Float64() < s.reorder {
		d += time.Duration(s.rng.Int64N(int64(s.jitter) + 1))
	}
	s.seq++
	heap.Push(&s.queue, &arrival{at: s.now.Add(d), seq: s.seq, to: 1 - e.i, p: *p})
}

// after does what an owner does after every call.
func (e *end) after() {
	quiet, before, sent := e.conn.Quiet(), "", e.conn.segsOut
	if quiet && e.sim.record {
		before = e.conn.portrait()
	}
	if e.sim.long {
		e.conn.outputLong(e.sim.now, e)
	} else {
		e.conn.Output(e.sim.now, e)
	}
	if e.sim.record {
		e.sim.portraits = append(e.sim.portraits, e.conn.portrait())
	}
	if quiet && (e.conn.segsOut != sent || e.sim.record && e.conn.portrait() != before) {
		e.sim.t.Fatalf("end %d was quiet, and then: %s", e.i, firstDifference(e.conn.portrait(), before))
	}
	e.events |= e.conn.TakeEvents()
	if e.sim.trusted {
		return
	}
	if err := e.conn.broken(e.sim.now); err != nil {
		e.sim.t.Fatalf("end %d: %v\n%s", e.i, err, e.sim.dump())
	}
}

// next returns when the next thing happens.
func (s *sim) next() clock.Time {
	at := min(s.ends[0].conn.Deadline(), s.ends[1].conn.Deadline())
	if len(s.queue) > 0 {
		at = min(at, s.queue[0].at)
	}
	return at
}

// step moves to the next thing that happens, and reports false if there is none
// before until.
func (s *sim) step(until clock.Time) bool {
	at := s.next()
	if at > until {
		s.now = until
		return false
	}
	s.now = max(s.now, at)
	for _, e := range s.ends {
		if e.conn.Deadline() <= s.now {
			e.conn.Tick(s.now)
			e.after()
		}
	}
	for len(s.queue) > 0 && s.queue[0].at <= s.now {
		a := heap.Pop(&s.queue).(*arrival)
		if s.forged > 0 && s.rng.Float64() < s.forged {
			forged := *a
			a.p.CloneTo(&forged.p)
			forge(s.rng, &forged.p)
			s.deliver(&forged)
		}
		s.deliver(a)
	}
	return true
}

func (s *sim) deliver(a *arrival) {
	e := s.ends[a.to]
	var seg Segment
	if _, _, err := seg.Parse(&a.p); err != nil {
		s.t.Fatalf("segment does not parse: %v", err)
	}
	if s.marks > 0 && s.rng.Float64() < s.marks {
		seg.TOS = ecnCE
	}
	if s.cookies && e.conn.State() == Closed && !e.conn.passive && e.i == 1 {
		e.cookie(&seg)
	} else if e.conn.State() == Closed && e.conn.set == nil && seg.Flags&2 != 0 {
		e.conn.OpenPassive(s.now, s.config(a.to, s.listener), &seg)
		a.p.Release()
	} else if s.record && e.conn.set != nil && e.conn.usual(&seg) {
		s.usual++
		if s.long {
			e.conn.inputLong(s.now, &seg)
		} else {
			e.conn.Input(s.now, &seg)
		}
	} else {
		e.conn.Input(s.now, &seg)
	}
	e.after()
}

func pattern(i int) byte { return byte(i ^ i>>8 ^ i>>16) }

// patterns is the pattern from 0 on, as far as the tests write.
var patterns = sync.OnceValue(func() []byte {
	b := make([]byte, 4<<20)
	for i := range b {
		b[i] = pattern(i)
	}
	return b
})

// write writes up to n bytes of the pattern.
func (e *end) write(n int) {
	n = min(n, e.conn.SendSpace(), packet.LargeSlab, len(patterns())-e.wrote)
	if n <= 0 {
		return
	}
	if e.conn.WriteBrief(patterns()[e.wrote : e.wrote+n]) {
		e.wrote += n
		e.after()
		return
	}
	sl, off := e.conn.Tail()
	if sl == nil {
		sl, off = packet.NewSlab(n), 0
	}
	n = copy(sl.B[off:], patterns()[e.wrote:e.wrote+n])
	e.conn.Append(sl, off, n)
	e.wrote += n
	e.after()
}

// writeFast writes n bytes, whatever they are.
func (e *end) writeFast(n int) {
	sl := packet.NewSlab(n)
	e.conn.Append(sl, 0, min(n, len(sl.B)))
	e.after()
}

// readFast reads all there is.
func (e *end) readFast() {
	for e.conn.Readable() > 0 {
		frags, n := e.conn.Take(make([]packet.Frag, 0, 64), 1<<20)
		for _, f := range frags {
			f.Slab.Release()
		}
		e.read += n
	}
	e.after()
}

// readSome reads up to max bytes and checks them.
func (e *end) readSome(max int) {
	few := make([]byte, min(max, BriefSize))
	if n, ok := e.conn.ReadBrief(few); ok {
		e.reads(few[:n])
	} else {
		frags, _ := e.conn.Take(make([]packet.Frag, 0, 64), max)
		for _, f := range frags {
			e.reads(f.Bytes())
			f.Slab.Release()
		}
	}
	e.after()
}

// reads checks bytes that have come out.
func (e *end) reads(b []byte) {
	if e.sim.forged == 0 && !bytes.Equal(b, patterns()[e.read:e.read+len(b)]) {
		e.sim.t.Fatalf("end %d: wrong bytes in [%d,%d)", e.i, e.read, e.read+len(b))
	}
	e.read += len(b)
}

func (s *sim) open(set Settings) {
	e := s.ends[0]
	e.conn.Open(s.now, s.config(0, set))
	e.write(s.fastOpen)
	e.after()
}

func (s *sim) dump() string {
	var b string
	for i, e := range s.ends {
		b += fmt.Sprintf("end %d: wrote %d, read %d, %+v\n", i, e.wrote, e.read, e.conn.Info(s.now))
	}
	return b
}

// transfer sends total bytes from each end to the other and closes.
func (s *sim) transfer(total int, limit time.Duration) {
	deadline := s.now.Add(limit)
	for s.now < deadline {
		if !s.step(min(deadline, s.now.Add(time.Second))) && len(s.queue) == 0 {
			s.ends[0].readSome(1 << 20)
			s.ends[1].readSome(1 << 20)
		}
		done := 0
		for _, e := range s.ends {
			if e.conn.State() < Established && e.wrote == 0 && e.conn.State() != Closed {
				continue
			}
			if e.wrote < total {
				e.write(min(1+s.rng.IntN(100000), total-e.wrote))
			} else if !e.closed {
				e.closed = true
				e.conn.CloseWrite()
				e.after()
			}
			if s.rng.IntN(3) > 0 {
				e.readSome(1 + s.rng.IntN(200000))
			} else if len(s.queue) == 0 {
				e.readSome(1 << 20)
			}
			if e.conn.Err() != nil {
				s.t.Fatalf("end %d: %v\n%s", e.i, e.conn.Err(), s.dump())
			}
			if e.read == total && e.closed && (e.conn.State() == Closed || e.conn.State() == TimeWait) {
				done++
			}
		}
		if done == 2 {
			return
		}
	}
	s.t.Fatalf("not done after %v\n%s", limit, s.dump())
}

// few returns n, or a tenth where time is short.
func few(n int) int {
	if testing.Short() || race {
		return n / 10
	}
	return n
}

// Every byte arrives, whatever the wire does to segments.
func TestTransfer(t *testing.T) {
	for _, tt := range []struct {
		name     string
		total    int
		loss     float64
		reorder  float64
		jitter   time.Duration
		settings Settings
		limit    time.Duration
	}{
		{"clean", 3 << 20, 0, 0, 0, Settings{}, time.Minute},
		{"loss 1%", 1 << 20, 0.01, 0, 0, Settings{}, time.Minute},
		{"loss 1%, no SACK", 1 << 20, 0.01, 0, 0, Settings{NoSACK: true}, 2 * time.Minute},
		{"loss 10%", 1 << 18, 0.1, 0, 0, Settings{}, 10 * time.Minute},
		{"loss 10%, nothing negotiated", 1 << 18, 0.1, 0, 0, Settings{NoSACK: true, NoTimestamps: true, NoWindowScaling: true}, 20 * time.Minute},
		{"reordering", 1 << 20, 0, 0.1, 5 * time.Millisecond, Settings{}, time.Minute},
		{"loss and reordering", 1 << 20, 0.02, 0.2, 15 * time.Millisecond, Settings{}, 5 * time.Minute},
		{"small buffers", 1 << 18, 0.01, 0, 0, Settings{RcvBuf: 4096, SndBuf: 8192}, 10 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for seed := range uint64(few(10)) {
				s := newSim(t, seed)
				s.loss, s.reorder, s.jitter = tt.loss, tt.reorder, tt.jitter
				s.open(tt.settings)
				s.transfer(tt.total, tt.limit)
			}
		})
	}
}

// Every byte arrives over any wire, whatever the two ends have chosen: hundreds of
// them, the same every time. Damaged segments are dropped before the machine sees
// them, so they count as lost.
func TestAnyWire(t *testing.T) {
	for seed := range uint64(few(400)) {
		s := newSim(t, 1000+seed)
		r := s.rng
		s.delay = time.Duration(r.IntN(100_000)) * time.Microsecond
		s.loss = r.Float64() * r.Float64() * 0.2
		s.reorder = r.Float64() * 0.5
		s.jitter = time.Duration(r.Int64N(int64(2*s.delay) + 1))
		s.twice = r.Float64() * 0.2
		if r.IntN(2) == 0 {
			s.segmented = 65535
		}
		if r.IntN(2) == 0 {
			s.firstISS = -Seq(r.IntN(100_000))
		}
		choose := func() Settings {
			return Settings{
				RcvBuf: 2048 << r.IntN(8), SndBuf: 4096 << r.IntN(8), QuickAck: r.IntN(3) - 1,
				NoSACK: r.IntN(3) == 0, NoTimestamps: r.IntN(3) == 0, NoWindowScaling: r.IntN(3) == 0,
				SynRetries: 20, SynAckRetries: 20, Retries2: 40, MaxRTO: 5 * time.Second,
			}
		}
		set := choose()
		s.listener = choose()
		s.nagle = r.IntN(3) == 0
		s.cookies = seed%4 == 0
		total := 1000 + r.IntN(150_000)
		t.Run("", func(t *testing.T) {
			s.t = t
			s.open(set)
			s.transfer(total, 3*time.Hour)
			if s.ends[1].conn.cookie != s.cookies {
				t.Errorf("opened by a cookie: %v, want %v", s.ends[1].conn.cookie, s.cookies)
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d: %+v, delay %v loss %.3f reorder %.2f by %v twice %.2f, %d bytes",
				seed, []Settings{set, s.listener}, s.delay, s.loss, s.reorder, s.jitter, s.twice, total)
		}
	}
}
