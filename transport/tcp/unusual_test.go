package tcp

import (
	"fmt"
	"testing"
	"time"

	"thinnet/packet"
	"thinnet/wire"
)

// What hardly any exchange comes to, and what makes a segment unusual that is the next one by
// all other signs: both ways leave the same, and say the same.
func TestUnusual(t *testing.T) {
	type segment struct {
		f    wire.TCPFields
		o    wire.TCPOptions
		size int // of the text, in bytes
	}
	for _, tt := range []struct {
		name    string
		prepare func(e *end)
		next    func(c *Conn, s *segment) // changes the next segment, or one of two
		two     bool
		room    int // bytes of memory that the others leave; 0: enough
	}{
		{name: "nothing is unusual"},
		{name: "no timestamp, where none would seem young",
			prepare: func(e *end) { e.conn.tsRecent = 1<<31 + 5 },
			next:    func(_ *Conn, s *segment) { s.o.HasTimestamps = false }},
		{name: "more than the window takes",
			prepare: func(e *end) { e.conn.rcvAdv = e.conn.rcvNxt.Add(500) }},
		{name: "an acknowledgement of long ago",
			next: func(c *Conn, s *segment) { s.f.Ack = uint32(c.sndUna.Add(-c.maxSndWnd - 1)) }},
		{name: "an acknowledgement of a moment ago",
			next: func(c *Conn, s *segment) { s.f.Ack = uint32(c.sndUna - 1) }},
		{name: "the last bytes before a FIN",
			prepare: func(e *end) {
				e.input(wire.TCPFields{
					Seq: uint32(e.conn.rcvNxt.Add(1000)), Ack: uint32(e.conn.sndUna), Flags: wire.FlagACK | wire.FlagFIN,
				}, wire.TCPOptions{HasTimestamps: true, TSVal: e.conn.tsRecent}, 0)
			}},
		{name: "the user does not care any more", prepare: func(e *end) { e.conn.CloseNow() }},
		{name: "an abort is due", prepare: func(e *end) { e.conn.Abort() }},
		{name: "two in one batch, and memory for one", two: true, room: 1500},
		{name: "no memory, of which there was enough a moment ago", room: 500,
			prepare: func(e *end) { e.conn.mem.limits.Pressure = e.conn.mem.limits.High }},
		{name: "an answer to what was sent again",
			prepare: func(e *end) {
				e.write(100)
				e.conn.out.setMark(0, markRetrans, 0) // for nothing, and nothing is missing any more
				e.sim.now = e.sim.now.Add(time.Second)
			},
			next: func(c *Conn, s *segment) { s.f.Ack = uint32(c.sndNxt) }},
		{name: "what was too long is to be sent again",
			prepare: func(e *end) {
				e.write(4000)
				e.conn.SetMTU(1000)
			}},
		{name: "something is lost",
			prepare: func(e *end) {
				e.write(4000)
				e.conn.out.setMark(0, markLost, 0)
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var ends [2]*end
			for i, long := range []bool{false, true} {
				s := newSim(t, 1)
				s.memory = &MemLimits{}
				s.open(Settings{})
				for range 20 {
					s.step(s.now.Add(time.Second))
				}
				e := s.ends[1]
				e.write(10)
				for range 20 {
					s.step(s.now.Add(time.Second))
				}
				if tt.prepare != nil {
					tt.prepare(e)
				}
				if m := e.conn.mem; tt.room > 0 {
					others := m.limits.High - tt.room - int(m.held)
					m.charge(others)
					defer m.charge(-others)
				}
				s.record, s.long, s.trusted = true, long, true
				s.trace = func(from int, seg *Segment) {
					seg.Packet = nil
					s.portraits = append(s.portraits, fmt.Sprintf("%d sends %+v", from, *seg))
				}
				for range 1 + b2u(tt.two) {
					n := segment{f: wire.TCPFields{
						Seq: uint32(e.conn.rcvNxt), Ack: uint32(e.conn.sndUna), Flags: wire.FlagACK, Window: 100,
					}, size: 1000}
					n.o = wire.TCPOptions{HasTimestamps: true, TSVal: e.conn.tsRecent}
					if tt.next != nil {
						tt.next(&e.conn, &n)
					}
					e.input(n.f, n.o, n.size)
				}
				e.after()
				ends[i] = e
			}
			got, want := ends[0].sim.portraits, ends[1].sim.portraits
			for i := range want {
				if i == len(got) || got[i] != want[i] {
					t.Fatalf("step %d: %s", i, firstDifference(got[i], want[i]))
				}
			}
		})
	}
}

// input hands the connection a segment with so many bytes of text.
func (e *end) input(f wire.TCPFields, o wire.TCPOptions, size int) {
	var opts [40]byte
	n := wire.PutTCPOptions(opts[:], &o)
	var p packet.Packet
	p.Reset()
	h := p.Append(wire.TCPMinLen + n)
	wire.PutTCP(h, &f, n)
	copy(h[wire.TCPMinLen:], opts[:n])
	if size > 0 {
		s := packet.NewSlab(size)
		p.Attach(s, 0, size)
		s.Release()
	}
	var seg Segment
	if _, _, err := seg.Parse(&p); err != nil {
		e.sim.t.Fatal(err)
	}
	if e.sim.long {
		e.conn.inputLong(e.sim.now, &seg)
	} else {
		e.conn.Input(e.sim.now, &seg)
	}
}
