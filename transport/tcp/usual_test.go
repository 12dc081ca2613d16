package tcp

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// inputLong is Input of a usual segment by the long way.
func (c *Conn) inputLong(now clock.Time, s *Segment) {
	c.segsIn += segmentsOf(s)
	if s.Len > 0 {
		c.traffic().stats.dataSegsIn += segmentsOf(s)
	}
	c.inputOther(now, s)
	s.Packet.Release()
}

// outputLong is Output by the long way.
func (c *Conn) outputLong(now clock.Time, sink Sink) {
	c.output(now, sink)
	c.settle()
}

// forge changes a segment in some way, as an attacker might who knows the connection, or a
// middlebox.
func forge(r *rand.Rand, p *packet.Packet) {
	h, err := wire.ParseTCP(p.Head())
	if err != nil {
		return
	}
	little := func() uint32 { return uint32(r.IntN(7)-3) * []uint32{1, 100, 1448, 60_000}[r.IntN(4)] }
	switch r.IntN(11) {
	case 0:
		h.SetSeq(h.Seq() + little())
	case 1:
		binary.BigEndian.PutUint32(h[8:], h.Ack()+little())
	case 2:
		h.SetFlags(h.Flags() ^ 1<<r.IntN(9))
	case 3:
		binary.BigEndian.PutUint16(h[14:], uint16(r.Uint32()>>r.IntN(32))) // the window
	case 4, 5:
		if b := h.Options(); len(b) >= 12 && b[2] == 8 { // timestamps: now and then another one
			at := b[4+4*r.IntN(2):]
			binary.BigEndian.PutUint32(at, binary.BigEndian.Uint32(at)+[]uint32{1, 1 << 31, ^uint32(0), little()}[r.IntN(4)])
		}
	case 6:
		h[12] = h[12]&15 | byte(5+r.IntN(len(h)/4-4))<<4 // the rest of the options is text now
	case 7:
		p.Truncate(len(h) + r.IntN(p.Len()-len(h)+1))
	case 8:
		h.SetFlags(h.Flags() | wire.FlagURG)
		binary.BigEndian.PutUint16(h[18:], uint16(r.Uint32()))
	case 9:
		copy(h.Options(), []byte{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}) // no timestamps, but nothing
	default:
		h.SetSeq(h.Seq() + little())
		binary.BigEndian.PutUint32(h[8:], h.Ack()+little())
	}
}

var pointers = regexp.MustCompile("0x[0-9a-f]+")

// portrait returns all that a connection is, without where in memory it lies.
func (c *Conn) portrait() string {
	if c.set == nil {
		return "" // never opened
	}
	var data traffic
	if c.data != nil {
		data = *c.data
		data.run = lone{}
	}
	var search mtuSearch
	if data.search != nil {
		search = *data.search
		data.search = nil
	}
	var red reduction
	if c.recovery.reduction != nil {
		red = *c.recovery.reduction
	}
	var mem Memory
	if c.mem != nil {
		mem = *c.mem
		mem.cnt = nil
	}
	b := fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%+v\n%+v\nruns %+v\nwritten", data, search, red, mem, *c.cnt, data.control, c.out.live())
	for _, f := range c.buf.frags.live() {
		b += fmt.Sprint(" ", f.Off, f.Len, len(f.Slab.B))
	}
	b += "\nread"
	for _, f := range c.in.frags.live() {
		b += fmt.Sprint(" ", f.Off, f.Len, len(f.Slab.B))
	}
	if e := c.early; e != nil {
		b += fmt.Sprint("\nearly ", e.islands, e.len, e.held, e.recent, e.used)
	}
	k := *c
	k.set, k.cnt, k.queues, k.mem, k.data, k.early = nil, nil, nil, nil, nil, nil
	k.recovery.reduction, k.out.runs.array, k.buf.frags.array, k.in.frags.array = nil, nil, nil, nil
	k.keep, k.out.nextLost = nil, 0 // the latter means something while something is lost
	return pointers.ReplaceAllString(b+fmt.Sprintf("\n%+v\n%+v\n", k, c.Info(0)), "somewhere")
}

// exchange lets two ends chat for a while, over any wire and with any settings, and returns
// all that they were, and said.
func exchange(t *testing.T, seed uint64, long bool) *sim {
	s := newSim(t, seed)
	if seed%2 == 1 {
		s.forged = 0.1
	}
	s.record, s.long = true, long
	s.trace = func(from int, seg *Segment) {
		seg.Packet = nil
		s.portraits = append(s.portraits, fmt.Sprintf("%d sends %+v", from, *seg))
	}
	r := s.rng
	oneIn := func(n int) bool { return r.IntN(n) == 0 }
	if oneIn(2) {
		s.loss, s.reorder, s.twice = r.Float64()*0.05, r.Float64()*0.1, r.Float64()*0.05
		s.jitter = time.Duration(r.IntN(20)) * time.Millisecond
	}
	if oneIn(2) {
		s.segmented = 65535
	}
	s.delay = time.Duration(r.IntN(20_000)) * time.Microsecond
	s.nagle = oneIn(2)
	if oneIn(4) {
		s.firstISS = -Seq(1 + r.IntN(50_000)) // sequence numbers wrap
	}
	set := Settings{
		QuickAck: r.IntN(3) - 1, NoSACK: oneIn(8), NoTimestamps: oneIn(4), NoWindowScaling: oneIn(4),
		RcvBuf: 4096 << r.IntN(8), SndBuf: 4096 << r.IntN(8), NoSlowStartAfterIdle: oneIn(2),
		CongestionControl: []string{"cubic", "reno"}[r.IntN(2)],
	}
	switch r.IntN(12) {
	case 0:
		set.NotSentLowat = 1000
	case 1, 2:
		s.memory = &MemLimits{Pressure: 2_000 + r.IntN(30_000)}
	case 3:
		set.ECN, s.marks = ECNOn, r.Float64()/5
	case 4:
		set.MTUProbing, set.BaseMSS, s.takes = MTUProbingAlways, 500, 1000+r.IntN(500)
	}
	s.listener = set
	s.open(set)
	if oneIn(4) {
		s.ends[0].conn.SetKeepAlive(s.now, &KeepAlive{Idle: time.Second, Interval: time.Second, Count: 3})
	}
	for i := range 200 {
		e := s.ends[r.IntN(2)]
		switch r.IntN(20) {
		case 0:
			e.write(1 + r.IntN(60_000))
		case 1:
			e.conn.Cork(oneIn(2))
			e.conn.More(oneIn(2))
			e.after()
		case 2:
			e.conn.NoDelay(oneIn(2))
			e.after()
		case 3:
			s.now = max(s.now, min(s.next()-1, s.now.Add(time.Duration(r.Int64N(int64(time.Second))))))
		case 4:
			if i > 150 {
				if oneIn(2) {
					e.conn.CloseRead()
				} else {
					e.conn.CloseWrite()
				}
				e.after()
			}
		case 5, 6, 7, 8:
			e.write(1 + r.IntN(100))
		default:
			if s.memory == nil || oneIn(20) { // otherwise the queues fill up
				e.readSome(1 + r.IntN(100_000))
			}
		}
		for range r.IntN(4) {
			s.step(s.now.Add(time.Second))
		}
	}
	return s
}

// firstDifference returns the first words of a that are not b's.
func firstDifference(a, b string) string {
	was, want := strings.Fields(a), strings.Fields(b)
	for i, w := range was {
		if i == len(want) || w != want[i] {
			return strings.Join(was[i:min(i+3, len(was))], " ") + ", want " + strings.Join(want[min(i, len(want)):min(i+3, len(want))], " ")
		}
	}
	return "nothing"
}

// The short ways leave what the long ones would: two exchanges that differ in nothing else are
// the same after every step.
func TestUsual(t *testing.T) {
	usual, steps := 0, 0
	for seed := range uint64(few(60)) {
		short, long := exchange(t, seed, false), exchange(t, seed, true)
		for i, got := range short.portraits {
			if i == len(long.portraits) {
				t.Fatalf("seed %d: %d steps, want %d", seed, len(short.portraits), i)
			}
			if want := long.portraits[i]; got != want {
				t.Fatalf("seed %d, step %d: %s", seed, i, firstDifference(got, want))
			}
		}
		usual += short.usual
		steps += len(short.portraits)
	}
	if usual < steps/20 {
		t.Errorf("only %d of %d steps were usual", usual, steps)
	}
}
