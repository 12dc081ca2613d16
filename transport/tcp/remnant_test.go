package tcp

import (
	"fmt"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"thinnet/packet"
	"thinnet/wire"
)

// said is a Sink that writes down what a connection sends.
type said struct {
	p     packet.Packet
	words []string
}

func (s *said) Packet() *packet.Packet {
	s.p.Reset()
	return &s.p
}

func (s *said) Send(p *packet.Packet, tos uint8) {
	s.words = append(s.words, fmt.Sprintf("%x tos %d note %q", p.Head(), tos, p.Note))
	p.Release()
}

// inTimeWait returns a connection that has said and heard something, and is in TIME-WAIT
// without a user.
func inTimeWait(t *testing.T, seed uint64, set Settings) *sim {
	s := newSim(t, seed)
	s.listener = set
	s.memory = &MemLimits{}
	s.open(set)
	for range 20 {
		s.step(s.now.Add(time.Second))
	}
	for i, n := range []int{100, 5000} {
		s.ends[i].write(n)
		for range 20 {
			s.step(s.now.Add(time.Second))
		}
		s.ends[1-i].readSome(n)
	}
	for _, e := range s.ends {
		e.conn.Close(s.now)
		e.after()
		for range 4 {
			s.step(s.now.Add(time.Second))
		}
	}
	if e := s.ends[0]; !e.conn.Rests() {
		t.Fatalf("seed %d: the connection is %v, and does not rest", seed, e.conn.State())
	}
	return s
}

// A connection that rested answers what it would have answered otherwise, whatever comes,
// and is counted as it was.
func TestRemnant(t *testing.T) {
	answers, lent := 0, exchange(t, 1, false)
	for seed := range uint64(few(400)) {
		set := Settings{NoTimestamps: seed%2 == 0, NoSACK: seed%8 < 2, NoWindowScaling: seed%5 == 0}
		if seed%3 == 0 {
			set.ECN = ECNOn
		}
		a, b := inTimeWait(t, seed, set), inTimeWait(t, seed, set)
		awake, rests := a.ends[0], b.ends[0]
		r, now := a.rng, a.now
		var heard [2]said
		for step := range 40 {
			// Mostly in the neighbourhood of what is right.
			near := func(at Seq) Seq { return at.Add(r.IntN(7)-3) + Seq(r.IntN(2)*r.IntN(2)*int(r.Int32())) }
			f := wire.TCPFields{
				SrcPort: awake.conn.remotePort, DstPort: awake.conn.localPort,
				Seq: uint32(near(awake.conn.rcvNxt)), Ack: uint32(near(awake.conn.sndNxt)),
				Window: uint16(r.IntN(1 << 16)), Flags: wire.TCPFlags(r.IntN(256)),
			}
			if r.IntN(2) == 0 {
				f.Flags = wire.FlagACK | f.Flags&wire.FlagFIN
			}
			o := wire.TCPOptions{
				HasTimestamps: r.IntN(8) > 0, TSVal: awake.conn.tsRecent + uint32(r.IntN(5)) - 1, TSEcr: r.Uint32(),
			}
			size, icmp := r.IntN(3)*r.IntN(20), r.IntN(20) == 0
			now = now.Add(time.Duration(r.Int64N(int64(3 * time.Second))))
			for i, e := range []*end{awake, rests} {
				if i == 1 {
					var left Remnant
					e.conn.Leave(&left)
					if e.conn.data != nil {
						t.Fatalf("seed %d, step %d: it has left, and keeps what it knew of its data", seed, step)
					}
					cnt, q, m := e.conn.cnt, e.conn.queues, e.conn.mem
					e.conn = lent.ends[seed%2].conn // what it revives in is whatever another connection was
					e.conn.Revive(&left, cnt, q, m)
					if step > 0 && !e.conn.Rests() || e.conn.unsent() != 0 || e.conn.SendQueue() != 0 {
						t.Fatalf("seed %d, step %d: revived it does not rest until %v, but until %v", seed, step, e.conn.waitAt, e.conn.Deadline())
					}
				}
				var opts [40]byte
				n := wire.PutTCPOptions(opts[:], &o)
				var p packet.Packet
				p.Reset()
				h := p.Append(wire.TCPMinLen + n + size)
				wire.PutTCP(h, &f, n)
				copy(h[wire.TCPMinLen:], opts[:n])
				var seg Segment
				if _, _, err := seg.Parse(&p); err != nil {
					t.Fatal(err)
				}
				heard[i].words = append(heard[i].words, fmt.Sprint(e.conn.CanReplace(&seg), e.conn.NextISS(), e.conn.NeedsReset(&seg)))
				if icmp {
					e.conn.Unreachable(Seq(f.Ack), e.conn.err)
				}
				if e.conn.Deadline() <= now {
					e.conn.Tick(now)
				}
				e.conn.SetMTU(1500 - 100*int(b2u(icmp)))
				e.conn.Input(now, &seg)
				e.conn.Output(now, &heard[i])
				heard[i].words = append(heard[i].words, fmt.Sprint(e.conn.TakeEvents(), e.conn.State(), e.conn.Deadline(), e.conn.Rests(), e.conn.mem.Info()))
			}
			last := len(heard[0].words) - 1
			if !reflect.DeepEqual(heard[0].words, heard[1].words) {
				t.Fatalf("seed %d, step %d: after %+v %+v\n%v\n%v", seed, step, f, o, heard[0].words[max(0, last-3):], heard[1].words[max(0, len(heard[1].words)-4):])
			}
			if *awake.conn.cnt != *rests.conn.cnt {
				t.Fatalf("seed %d, step %d: %+v\n%+v", seed, step, *awake.conn.cnt, *rests.conn.cnt)
			}
			if !awake.conn.Rests() {
				break
			}
		}
		answers += len(heard[0].words)
		a.close()
		b.close()
	}
	if answers < 1000 {
		t.Errorf("only %d answers", answers)
	}
}

// Nobody rests who has anything to do but to wait, or for whom somebody may ask.
func TestRests(t *testing.T) {
	s := inTimeWait(t, 1, Settings{})
	rests := s.ends[0].conn
	for name, disturb := range map[string]func(c *Conn){
		"the peer's FIN is missing": func(c *Conn) { c.state = FinWait2 },
		"it has a user":             func(c *Conn) { c.userClosed = false },
		"it holds memory":           func(c *Conn) { c.held = 1 },
		"it has to answer":          func(c *Conn) { c.ackNow = true },
		"something is due before":   func(c *Conn) { c.keepAt = c.waitAt - 1 },
	} {
		c := rests
		if disturb(&c); c.Rests() {
			t.Errorf("%s: it rests", name)
		}
	}
	s.close()
}

// It is small, or there would be no use in it.
func TestRemnantSize(t *testing.T) {
	if n, c := unsafe.Sizeof(Remnant{}), unsafe.Sizeof(Conn{}); n > c/3 {
		t.Errorf("a remnant takes %d bytes, the connection %d", n, c)
	}
}
