package tcp

import (
	"container/heap"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"thinnet/packet"
	"thinnet/wire"
)

// forge hands the machine a segment that somebody made up, with n bytes of payload.
func (e *end) forge(f wire.TCPFields, o *wire.TCPOptions, n int) {
	var p packet.Packet
	p.Reset()
	var b [60]byte
	opts := wire.PutTCPOptions(b[wire.TCPMinLen:], o)
	wire.PutTCP(b[:], &f, opts)
	p.Write(b[:wire.TCPMinLen+opts])
	if n > 0 {
		p.Write(make([]byte, n))
	}
	var seg Segment
	if _, _, err := seg.Parse(&p); err != nil {
		e.sim.t.Fatal(err)
	}
	e.conn.Input(e.sim.now, &seg)
	e.conn.Output(e.sim.now, e)
}

// quiet lets both ends say all they have to say.
func (s *sim) quiet() {
	for until := s.now.Add(time.Second); s.step(until); {
	}
}

// attacked returns a connection that is open at both ends, and has sent a little each
// way.
func attacked(t *testing.T, set Settings) *sim {
	s := newSim(t, 1)
	s.listener = set
	s.open(set)
	s.quiet()
	for _, e := range s.ends {
		e.write(5000)
	}
	s.quiet()
	for _, e := range s.ends {
		e.readSome(5000)
	}
	s.quiet()
	return s
}

// exchange checks that a connection still does what it is for.
func (s *sim) exchange(n int) {
	s.t.Helper()
	for _, e := range s.ends {
		want := e.wrote + n
		for range 100 {
			e.write(want - e.wrote)
			s.quiet()
			s.ends[1-e.i].readSome(n)
		}
		if got := s.ends[1-e.i].read; got != want {
			s.t.Errorf("end %d has read %d of %d bytes: %v", 1-e.i, got, want, e.conn.Err())
		}
	}
}

// offsets are distances from the next sequence number that is expected: every class,
// with the edges, and the window in steps.
func offsets(window int) []int {
	list := []int{-1 << 31, -1 << 30, -window - 1, -window, -1, 1, window - 1, window, window + 1, 1 << 30, 1<<31 - 1}
	for at := -2 * window; at < 2*window; at += max(window/500, 1) {
		if at != 0 {
			list = append(list, at)
		}
	}
	return list
}

// Whoever knows the ends of a connection and guesses a sequence number ends it only
// with the very next one, and what he sends is answered twice a second at most
// (RFC 5961, sections 3, 4 and 7).
func TestBlindReset(t *testing.T) {
	for _, set := range []Settings{{}, {NoTimestamps: true}, {NoTimestamps: true, NoWindowScaling: true, RcvBuf: 20_000}} {
		for _, flags := range []wire.TCPFlags{wire.FlagRST, wire.FlagRST | wire.FlagACK, wire.FlagSYN, wire.FlagSYN | wire.FlagACK, wire.FlagSYN | wire.FlagRST} {
			t.Run(fmt.Sprintf("%v/%t/%d", flags, set.NoTimestamps, set.RcvBuf), func(t *testing.T) {
				s := attacked(t, set)
				e := s.ends[0]
				c := &e.conn
				window := c.rcvAdv.Sub(c.rcvNxt)
				sent, began, challenges := c.segsOut, s.now, e.cnt.TCPChallengeACK
				for _, at := range offsets(window) {
					e.forge(wire.TCPFields{Seq: uint32(c.rcvNxt.Add(at)), Ack: uint32(c.sndNxt), Flags: flags}, &wire.TCPOptions{}, 0)
					e.after()
					if c.State() != Established {
						t.Fatalf("%d bytes off: %v, %v", at, c.State(), c.Err())
					}
					s.now = s.now.Add(time.Millisecond)
				}
				if n := e.cnt.TCPChallengeACK - challenges; n < 400 {
					t.Errorf("%d segments were challenged, want those in the window at least", n)
				}
				if n, most := c.segsOut-sent, uint32(s.now.Sub(began)/invalidInterval)+1; n == 0 || n > most {
					t.Errorf("%d were answered in %v, want 1 to %d", n, s.now.Sub(began), most)
				}
				s.exchange(100_000)
				if flags&wire.FlagRST == 0 {
					return
				}
				e.forge(wire.TCPFields{Seq: uint32(c.rcvNxt), Ack: uint32(c.sndNxt), Flags: flags}, &wire.TCPOptions{}, 0)
				if !errors.Is(c.Err(), syscall.ECONNRESET) {
					t.Errorf("after the exact reset: %v, %v", c.State(), c.Err())
				}
			})
		}
	}
}

// A reset for a SYN that was sent ends nothing unless it acknowledges that very SYN.
func TestBlindResetOfSYN(t *testing.T) {
	s := newSim(t, 1)
	s.open(Settings{})
	e := s.ends[0]
	for _, at := range offsets(65536) {
		for _, flags := range []wire.TCPFlags{wire.FlagRST, wire.FlagRST | wire.FlagACK} {
			e.forge(wire.TCPFields{Seq: 1, Ack: uint32(e.conn.sndNxt.Add(at)), Flags: flags}, &wire.TCPOptions{}, 0)
		}
	}
	if e.conn.State() != SynSent {
		t.Fatalf("%v, %v", e.conn.State(), e.conn.Err())
	}
	e.forge(wire.TCPFields{Ack: uint32(e.conn.sndNxt), Flags: wire.FlagRST | wire.FlagACK}, &wire.TCPOptions{}, 0)
	if !errors.Is(e.conn.Err(), syscall.ECONNREFUSED) {
		t.Errorf("after the exact one: %v, %v", e.conn.State(), e.conn.Err())
	}
}

// Data is taken only with an acknowledgement of something that was on its way lately
// (RFC 5961, section 5): wherever in the window it lies, others change nothing.
func TestBlindData(t *testing.T) {
	for _, set := range []Settings{{NoTimestamps: true}, {}} {
		s := attacked(t, set)
		e := s.ends[0]
		c := &e.conn
		sent, began := c.segsOut, s.now
		most := c.maxSndWnd
		duplicates := 0 // which are always answered: our acknowledgement may have been lost
		for _, at := range offsets(c.rcvAdv.Sub(c.rcvNxt)) {
			for _, ack := range []int{1, 2, 1000, most, 1 << 30, 1<<31 - 1, -most - 1, -most - 10_000, -1 << 30, -1 << 31} {
				f := wire.TCPFields{
					Seq: uint32(c.rcvNxt.Add(at)), Ack: uint32(c.sndNxt.Add(ack)), Flags: wire.FlagACK, Window: 1,
				}
				before := *c
				e.forge(f, &wire.TCPOptions{HasTimestamps: c.useTS, TSVal: c.tsRecent}, 100)
				e.after()
				if c.rcvNxt.Add(at + 100).LessEq(c.rcvNxt) {
					duplicates++
				}
				if c.early != nil || c.Readable() != 0 || c.rcvNxt != before.rcvNxt || c.sndWnd != before.sndWnd ||
					c.sndUna != before.sndUna || c.tsRecent != before.tsRecent {
					t.Fatalf("data %d bytes off with an acknowledgement %d off was taken", at, ack)
				}
				s.now = s.now.Add(100 * time.Microsecond)
			}
		}
		n, limit := int(c.segsOut-sent), int(s.now.Sub(began)/invalidInterval)+1
		if n > duplicates+limit {
			t.Errorf("%d segments were answered, want %d duplicates and at most %d others", n, duplicates, limit)
		}
		s.exchange(100_000)
	}
}

// greedy is the sender of an attack on congestion control: it has always more to send,
// to a peer who is the attacker and acknowledges what he likes.
type greedy struct {
	*end
	got []sent // segments that arrived since the last look
}

func newGreedy(t *testing.T, set Settings) *greedy {
	s := newSim(t, 1)
	set.SndBuf = 1 << 20 // and no more
	s.listener = Settings{RcvBuf: 1 << 20, NoSACK: set.NoSACK, NoTimestamps: true}
	s.open(set)
	s.quiet()
	return &greedy{end: s.ends[0]}
}

// send has the machine send all it may.
func (g *greedy) send() {
	for g.conn.SendSpace() >= packet.LargeSlab {
		g.conn.Append(packet.NewSlab(packet.LargeSlab), 0, packet.LargeSlab)
		g.conn.Output(g.sim.now, g)
	}
	for len(g.sim.queue) > 0 {
		a := heap.Pop(&g.sim.queue).(*arrival)
		var seg Segment
		if _, _, err := seg.Parse(&a.p); err != nil {
			g.sim.t.Fatal(err)
		}
		if seg.Len > 0 {
			g.got = append(g.got, sent{seq: seg.Seq, end: seg.end()})
		}
		a.p.Release()
	}
}

// wait lets d pass.
func (g *greedy) wait(d time.Duration) {
	until := g.sim.now.Add(d)
	g.after()
	for g.conn.Deadline() <= until {
		g.sim.now = g.conn.Deadline()
		g.conn.Tick(g.sim.now)
		g.after()
		g.send()
	}
	g.sim.now = until
}

// ack acknowledges all before at.
func (g *greedy) ack(at Seq, sack ...wire.SACKBlock) {
	o := wire.TCPOptions{NumSACK: uint8(len(sack))}
	copy(o.SACK[:], sack)
	g.forge(wire.TCPFields{
		Seq: uint32(g.conn.rcvNxt), Ack: uint32(at), Flags: wire.FlagACK, Window: 0xffff,
	}, &o, 0)
	g.send()
}

// take returns the segments that arrived, and how many bytes of them are new.
func (g *greedy) take() (got []sent, bytes int) {
	got, g.got = g.got, nil
	for _, s := range got {
		bytes += s.len()
	}
	return got, bytes
}

// underAttack runs a test with each kind of congestion control and recovery.
func underAttack(t *testing.T, test func(t *testing.T, set Settings)) {
	for _, control := range []string{"cubic", "reno"} {
		for _, noSACK := range []bool{false, true} {
			name := control
			if noSACK {
				name += " without SACK"
			}
			t.Run(name, func(t *testing.T) {
				test(t, Settings{CongestionControl: control, NoSACK: noSACK, NoTimestamps: true})
			})
		}
	}
}

// An acknowledgement of what was never sent opens nothing and ends nothing, and is
// answered twice a second at most (RFC 9293, section 3.10.7.4; RFC 5961, section 5).
func TestAcknowledgesUnsentData(t *testing.T) {
	underAttack(t, func(t *testing.T, set Settings) {
		g := newGreedy(t, set)
		c := &g.conn
		g.send()
		g.take()
		before, began, out := c.cwnd, g.sim.now, c.segsOut
		n := 0
		for at := 1; at < 1<<30; at += 1 + at/16 {
			g.ack(c.sndNxt.Add(at))
			if c.useSACK {
				g.ack(c.sndUna, wire.SACKBlock{Left: uint32(c.sndNxt.Add(at)), Right: uint32(c.sndNxt.Add(at + 1460))})
			}
			g.sim.now = g.sim.now.Add(100 * time.Microsecond)
			n++
		}
		if got, _ := g.take(); c.cwnd != before || len(got) > 0 {
			t.Errorf("the window went from %+v to %+v, and %d segments were sent", before, c.cwnd, len(got))
		}
		if c.cnt.TCPChallengeACK != uint64(n) {
			t.Errorf("%d of %d were challenged", c.cnt.TCPChallengeACK, n)
		}
		if sent, most := c.segsOut-out, uint32(g.sim.now.Sub(began)/invalidInterval)+1; sent == 0 || sent > most {
			t.Errorf("%d were answered, want 1 to %d", sent, most)
		}
		g.ack(c.sndNxt)
		if _, bytes := g.take(); bytes == 0 {
			t.Error("after a true acknowledgement nothing is sent")
		}
	})
}

// A receiver that acknowledges what it has not got, as soon as it was sent, makes the
// sender send no more than the rules allow for such acknowledgements: what is on the
// way is bounded by the window, and that grows by no more than was acknowledged.
func TestOptimisticAcknowledgements(t *testing.T) {
	underAttack(t, func(t *testing.T, set Settings) {
		g := newGreedy(t, set)
		c := &g.conn
		g.send()
		for i := range 100 {
			g.take()
			flight, window := c.sndNxt.Sub(c.sndUna), c.cwnd.Window
			g.ack(c.sndNxt)
			_, bytes := g.take()
			switch {
			case c.cwnd.Window > window+flight:
				t.Fatalf("round %d: the window grew from %d to %d for %d bytes", i, window, c.cwnd.Window, flight)
			case c.sndNxt.Sub(c.sndUna) > min(c.cwnd.Window, c.sndWnd), bytes > c.cwnd.Window:
				t.Fatalf("round %d: sent %d bytes, %d are on the way, with a window of %d", i, bytes, c.sndNxt.Sub(c.sndUna), c.cwnd.Window)
			}
			if i%10 == 0 {
				g.wait(time.Millisecond)
			}
		}
	})
}

// rounds answers all that comes in, a round trip later and in pieces for each segment,
// and returns how many bytes came. lose is a round in which the first segment is
// answered as if it were lost.
func (g *greedy) rounds(n, pieces, lose int) (total int) {
	g.send()
	for round := range n {
		got, bytes := g.take()
		total += bytes
		g.wait(50 * time.Millisecond)
		at := g.conn.sndUna
		for i, s := range got {
			if round == lose && i > 0 {
				g.ack(at, wire.SACKBlock{Left: uint32(got[1].seq), Right: uint32(s.end)})
				continue
			} else if round == lose || s.end.LessEq(at) {
				continue
			}
			for k := 1; k <= pieces; k++ {
				g.ack(at.Add(s.end.Sub(at) * k / pieces))
			}
			at = s.end
		}
		if round == lose {
			g.ack(got[len(got)-1].end)
		}
	}
	return total
}

// Many acknowledgements for one segment do not open the window faster than one does
// (RFC 3465): neither in slow start nor after a loss.
func TestSplitAcknowledgements(t *testing.T) {
	underAttack(t, func(t *testing.T, set Settings) {
		for _, lose := range []int{-1, 2} {
			t.Run(fmt.Sprintf("loss in %d", lose), func(t *testing.T) {
				honest := newGreedy(t, set)
				plain := honest.rounds(8, 1, lose)
				for _, pieces := range []int{2, 10, 100} {
					g := newGreedy(t, set)
					if split := g.rounds(8, pieces, lose); split > plain {
						t.Errorf("in %d pieces: %d bytes were sent, otherwise %d", pieces, split, plain)
					}
				}
			})
		}
	})
}

// Duplicate acknowledgements that stand for nothing bring no more out of a sender than
// true ones would: a segment for each that was on the way (RFC 5681, section 3.2), two
// if there are too few of them to mean a loss (RFC 3042).
func TestSpoofedDuplicates(t *testing.T) {
	underAttack(t, func(t *testing.T, set Settings) {
		g := newGreedy(t, set)
		c := &g.conn
		g.send()
		onWay, _ := g.take()
		for range 10_000 {
			g.ack(c.sndUna)
		}
		if got, _ := g.take(); len(got) > len(onWay) {
			t.Errorf("10,000 duplicates brought %d segments, with %d on the way", len(got), len(onWay))
		}

		g = newGreedy(t, set)
		c = &g.conn
		g.send()
		for i := range 10_000 {
			g.ack(c.sndUna.Add(1))
			g.ack(c.sndUna)
			g.ack(c.sndUna)
			if flight, most := c.sndNxt.Sub(c.sndUna), c.cwnd.Window+2*c.cwnd.MSS; flight > most {
				t.Fatalf("after %d pairs of duplicates %d bytes are on the way, want at most %d", i, flight, most)
			}
		}
	})
}
