package tcp

import (
	"fmt"
	"testing"
	"time"

	"thinnet/packet"
	"thinnet/wire"
)

// liar is a peer that takes tiny segments only, opens its window wide, and has every
// byte of a large send buffer on its way. What is sent to it is lost.
func liar(t testing.TB, segmented int) *end {
	s := newSim(t, 1)
	s.segmented = segmented
	s.listener = Settings{MaxSegment: 48}
	s.memory = &MemLimits{}
	s.open(Settings{SndBuf: 4 << 20})
	for s.step(s.now.Add(50 * time.Millisecond)) {
	}
	e := s.ends[0]
	s.loss = 1
	e.conn.cwnd.Window, e.conn.sndWnd = 1<<30, 1<<30
	for e.conn.SendSpace() > 0 {
		e.write(packet.LargeSlab)
	}
	return e
}

// report has an acknowledgement arrive, with what the peer says it has beyond.
func (e *end) report(ack Seq, blocks ...wire.SACKBlock) {
	c := &e.conn
	o := wire.TCPOptions{HasTimestamps: true, TSVal: c.tsRecent, TSEcr: c.timestamp(e.sim.now), NumSACK: uint8(len(blocks))}
	copy(o.SACK[:], blocks)
	var b [40]byte
	n := wire.PutTCPOptions(b[:], &o)
	var p packet.Packet
	p.Reset()
	h := p.Append(wire.TCPMinLen)
	copy(p.Append(n), b[:n])
	wire.PutTCP(h, &wire.TCPFields{
		SrcPort: c.remotePort, DstPort: c.localPort, Seq: uint32(c.rcvNxt), Ack: uint32(ack), Flags: wire.FlagACK, Window: 60000,
	}, n)
	var s Segment
	if _, _, err := s.Parse(&p); err != nil {
		e.sim.t.Fatal(err)
	}
	c.Input(e.sim.now, &s)
	c.Output(e.sim.now, e)
}

// everySecond is the i-th report of three segments with gaps of one in between.
func (e *end) everySecond(i int) []wire.SACKBlock {
	c := &e.conn
	var blocks []wire.SACKBlock
	for k := range 3 {
		left := c.sndUna.Add((2*(3*i+k) + 1) * c.cwnd.MSS)
		if c.sndNxt.Less(left.Add(c.cwnd.MSS)) {
			break
		}
		blocks = append(blocks, wire.SACKBlock{Left: uint32(left), Right: uint32(left.Add(c.cwnd.MSS))})
	}
	return blocks
}

// SACK panic (CVE-2019-11477 to 11479): a peer with an MSS of 48 that reports every second
// segment of megabytes. What is kept of it is bounded, and so is what has to be looked at
// for each report; what is kept is right, and the connection goes on.
func TestSACKPanic(t *testing.T) {
	for _, segmented := range []int{0, 65535} {
		t.Run(fmt.Sprint("super-segments of ", segmented), func(t *testing.T) {
			e := liar(t, segmented)
			c := &e.conn
			if c.cwnd.MSS != 36 {
				t.Fatalf("segments of %d bytes", c.cwnd.MSS)
			}
			most := 0
			for i := range few(16_000) {
				blocks := e.everySecond(i)
				if len(blocks) == 0 {
					break
				}
				e.sim.now = e.sim.now.Add(10 * time.Microsecond)
				e.report(c.sndUna, blocks...)
				most = max(most, len(c.out.live()))
				if i%2000 == 0 {
					if err := c.broken(e.sim.now); err != nil {
						t.Fatal(err)
					}
				}
			}
			t.Logf("%d runs, %d reports not noted, %d bytes held", most, e.cnt.TCPWqueueTooBig, e.mem.Info().Held)
			bound := maxRuns
			if segmented > 0 {
				bound = 2*maxHoles + 4<<10 // what is sent again is cut as well
			}
			if most > bound {
				t.Errorf("%d runs are kept, want at most %d", most, bound)
			}
			if held := int(e.mem.Info().Held); held > 4<<20+2*packet.LargeSlab+bound*runSize {
				t.Errorf("%d bytes are held", held)
			}
			if segmented > 0 && few(10) == 10 && e.cnt.TCPWqueueTooBig == 0 {
				t.Error("nothing was refused")
			}
			for c.sndUna.Less(c.sndNxt) {
				e.report(c.sndNxt)
			}
			if !c.out.empty() || c.out.sacked != 0 || c.out.lost != 0 || c.buf.len != c.buf.end().Sub(c.sndNxt) {
				t.Errorf("everything is acknowledged, and left are %d runs, %d bytes", len(c.out.live()), c.buf.len)
			}
			if err := c.broken(e.sim.now); err != nil {
				t.Error(err)
			}
		})
	}
}
