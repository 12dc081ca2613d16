package tcp

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"thinnet/packet"
	"thinnet/wire"
)

// script is what a fuzzer wrote, to be read as small numbers.
type script []byte

func (s *script) next() int {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return int(b)
}

// near returns a number close to 0, of either sign, or further away.
func (s *script) near() int {
	b := s.next()
	n := int(int8(b))
	switch b & 3 {
	case 1:
		n *= 100
	case 2:
		n *= 5000
	}
	return n
}

// forge makes a segment for end e that is near what e takes.
func (s *script) forge(e *end) packet.Packet {
	c := &e.conn
	from := []Seq{c.rcvNxt, c.rcvNxt, c.rcvAdv, c.finAt, c.irs}[s.next()%5]
	ack := []Seq{c.sndNxt, c.sndUna, c.sndNxt, c.iss + 1, c.smallEnd}[s.next()%5]
	f := wire.TCPFields{
		Seq: uint32(from.Add(s.near())), Ack: uint32(ack.Add(s.near())),
		Flags: wire.TCPFlags(s.next()) & 0x1ff, Window: uint16(s.next() << (s.next() % 9)),
	}
	if s.next()%4 > 0 {
		f.Flags = f.Flags&^wire.FlagSYN&^wire.FlagRST | wire.FlagACK
	}
	kinds := s.next()
	var o wire.TCPOptions
	if kinds&1 != 0 {
		o.HasTimestamps = true
		o.TSVal, o.TSEcr = c.tsRecent+uint32(s.near()), c.timestamp(e.sim.now)-uint32(s.near())
	}
	if kinds&2 != 0 {
		for range s.next() % 5 {
			left := c.sndUna.Add(s.near())
			o.SACK[o.NumSACK] = wire.SACKBlock{Left: uint32(left), Right: uint32(left.Add(s.near()))}
			o.NumSACK++
		}
	}
	if f.Flags&wire.FlagSYN != 0 {
		o.MSS, o.HasScale, o.WindowScale = uint16(s.next()), kinds&4 != 0, uint8(s.next())
		o.SACKPermitted = kinds&8 != 0
	}
	var b [wire.TCPMaxLen]byte
	n := wire.TCPMinLen + wire.PutTCPOptions(b[wire.TCPMinLen:], &o)
	if kinds&16 != 0 && n > wire.TCPMinLen {
		b[wire.TCPMinLen+s.next()%(n-wire.TCPMinLen)] = byte(s.next())
	}
	wire.PutTCP(b[:], &f, n-wire.TCPMinLen)
	var p packet.Packet
	p.Reset()
	p.Write(b[:n])
	if k := []int{0, 0, 1, s.next(), 16 * s.next(), 100 * s.next()}[s.next()%6]; k > 0 {
		data := make([]byte, k)
		first := Seq(f.Seq).Sub(c.irs.Add(1))
		if f.Flags&wire.FlagSYN != 0 {
			first = 0
		}
		for i := range data {
			// The bytes of the other end, so that what is delivered can be
			// checked whoever sent it.
			data[i] = pattern(first + i)
		}
		p.Write(data)
	}
	return p
}

// act does one thing to one end, or to the wire.
func (s *script) act(m *sim) {
	e := m.ends[s.next()%2]
	c := &e.conn
	opened := c.set != nil
	switch op := s.next() % 24; {
	case op < 5:
		m.step(m.now.Add(time.Duration(s.next()) * time.Millisecond))
		return
	case op == 5:
		m.step(m.now.Add(time.Duration(s.next()) * time.Minute))
		return
	case op == 6 && len(m.queue) > 0:
		i := s.next() % len(m.queue)
		m.queue[i].p.Release()
		m.queue = slices.Delete(m.queue, i, i+1)
		return
	case op == 7 && len(m.queue) > 0:
		a := *m.queue[s.next()%len(m.queue)]
		m.queue[0].p.CloneTo(&a.p)
		m.deliver(&a)
		return
	case op == 8 && len(m.queue) > 0:
		i := s.next() % len(m.queue)
		a := m.queue[i]
		m.queue = slices.Delete(m.queue, i, i+1)
		m.deliver(a)
		return
	case !opened:
		return
	case op < 13:
		p := s.forge(e)
		var seg Segment
		if _, _, err := seg.Parse(&p); err != nil {
			p.Release()
			return
		}
		if c.CanReplace(&seg) {
			c.NextISS()
		}
		c.NeedsReset(&seg)
		c.Input(m.now, &seg)
		if s.next()%4 == 0 {
			return // with what comes next, in one batch
		}
	case op < 16:
		e.write(s.next() << (s.next() % 9))
		return
	case op < 18:
		e.readSome(s.next() << (s.next() % 9))
		return
	case op == 18:
		switch s.next() % 10 {
		case 0:
			c.CloseWrite()
		case 1:
			c.CloseRead()
			e.deaf = true
		case 2:
			c.Close(m.now)
			e.deaf = true
		case 3:
			c.Abort()
		}
	case op == 19:
		c.NoDelay(s.next()%2 == 0)
	case op == 20:
		c.OnItsWay(c.sndUna.Add(s.near()))
		c.SetMTU(8 * s.next())
	case op == 21 && s.next()%4 == 0:
		m.takes = 500 + 8*s.next()
	case op == 21:
		c.Unreachable(c.sndUna.Add(s.near()), syscall.EHOSTUNREACH)
	case op == 22:
		c.SetRecvBuffer(4096 + 1000*s.next())
	case op == 23:
		c.SetKeepAlive(m.now, &KeepAlive{Idle: time.Duration(1+s.next()) * time.Second, Interval: time.Second, Count: 1 + s.next()%4})
	}
	e.after()
}

// play lets two machines live through a script. Their invariants are checked
// after every step, and every byte that is delivered.
func play(t *testing.T, data []byte) {
	s := script(data)
	m := newSim(t, uint64(s.next()))
	kinds, size := s.next(), s.next()
	if size&8 != 0 {
		m.memory = &MemLimits{High: 4096 << (size >> 4)}
	}
	set := Settings{
		RcvBuf: 4096 << (size % 8), SndBuf: 4096 << (s.next() % 8), Retries2: 5,
		NoSACK: kinds&1 != 0, NoTimestamps: kinds&2 != 0, NoWindowScaling: kinds&4 != 0,
	}
	if kinds&8 != 0 {
		set.QuickAck = -1
	}
	if kinds&16 != 0 {
		m.segmented = 65535
	}
	if kinds&64 != 0 {
		m.fastOpen, m.accept = 1+16*s.next(), kinds&128 != 0
	}
	set.MTUProbing = MTUProbing(s.next() % 3)
	m.open(set)
	if kinds&32 == 0 {
		for range 10 {
			m.step(m.now.Add(20 * time.Millisecond))
		}
	}
	for range 2000 {
		if len(s) == 0 {
			break
		}
		s.act(m)
		for _, e := range m.ends {
			e.checkSteps()
		}
	}
	// In the end nothing may hang: whoever still has a connection is left to
	// himself, and it ends.
	for _, e := range m.ends {
		if e.conn.set != nil {
			e.conn.SetKeepAlive(m.now, nil)
			e.conn.Close(m.now)
			e.after()
		}
	}
	for _, a := range m.queue {
		a.p.Release()
	}
	m.queue = nil
	m.loss = 1
	for range 1000 {
		if !m.step(m.now.Add(24 * time.Hour)) {
			break
		}
	}
	for i, e := range m.ends {
		if e.conn.State() != Closed {
			t.Fatalf("end %d never ends\n%s", i, m.dump())
		}
	}
}

// checkSteps looks at what must hold between two steps.
func (e *end) checkSteps() {
	c := &e.conn
	if c.set == nil {
		return
	}
	if c.iss != e.iss || c.irs != e.irs || c.state == Closed {
		e.iss, e.irs, e.una, e.adv = c.iss, c.irs, c.sndUna, c.rcvAdv
		return
	}
	switch {
	case c.sndUna.Less(e.una):
		e.sim.t.Fatalf("end %d: SND.UNA went back by %d", e.i, e.una.Sub(c.sndUna))
	case c.rcvAdv.Less(e.adv):
		e.sim.t.Fatalf("end %d: the window shrank by %d", e.i, e.adv.Sub(c.rcvAdv))
	}
	e.una, e.adv = c.sndUna, c.rcvAdv
	if max := 65536 + 4096<<7 + 1000*256 + 1<<c.rcvScale; c.in.len > max {
		e.sim.t.Fatalf("end %d: %d bytes are queued", e.i, c.in.len)
	}
}

// FuzzConn drives two machines with segments and calls.
func FuzzConn(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		b := make([]byte, 400)
		for i := 0; i+8 <= len(b); i += 8 {
			binary.LittleEndian.PutUint64(b[i:], rng.Uint64())
		}
		f.Add(b)
	}
	f.Fuzz(play)
}

// Random scripts, the same every time.
func TestRandomScripts(t *testing.T) {
	for seed := range uint64(few(3000)) {
		rng := rand.New(rand.NewPCG(seed, 3))
		b := make([]byte, 50+rng.IntN(3000))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		t.Run("", func(t *testing.T) { play(t, b) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
