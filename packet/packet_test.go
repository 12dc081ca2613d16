package packet

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func noLeaks(t *testing.T) {
	before := Live()
	t.Cleanup(func() {
		if n := Live(); n != before {
			t.Errorf("%d slabs in use, %d before the test", n, before)
		}
	})
}

func content(p *Packet) []byte {
	b := make([]byte, p.Len())
	p.CopyTo(b, 0)
	return b
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// model is a packet, and the bytes that it should have.
type model struct {
	p       Packet
	want    []byte
	network int // where in want the byte is that NetworkOffset points to
}

// operations are those of Packet, each with what it does to the bytes. Each
// reports false if it could not be done.
var operations = []struct {
	name string
	do   func(t *testing.T, r *rand.Rand, m *model) bool
}{
	{"Prepend", func(t *testing.T, r *rand.Rand, m *model) bool {
		b := random(r, r.IntN(70))
		if m.network+len(b) > HeadSize {
			return false // the network header was cut off before
		}
		room := HeadSize - len(m.p.Head())
		dst := m.p.Prepend(len(b))
		if dst == nil {
			if len(b) <= room {
				t.Fatalf("no room for %d bytes with %d left", len(b), room)
			}
			return false
		}
		copy(dst, b)
		m.want = append(b, m.want...)
		m.network += len(b)
		return true
	}},
	{"Append", func(t *testing.T, r *rand.Rand, m *model) bool {
		room := m.p.Tailroom()
		b := random(r, r.IntN(60))
		dst := m.p.Append(len(b))
		if (dst != nil) != (len(b) <= room && len(m.p.Frags()) == 0) {
			t.Fatalf("Append(%d) with a tailroom of %d: %v", len(b), room, dst != nil)
		}
		if dst == nil {
			return false
		}
		copy(dst, b)
		m.want = append(m.want, b...)
		return true
	}},
	{"Write", func(t *testing.T, r *rand.Rand, m *model) bool {
		b := random(r, r.IntN(4000))
		if !m.p.Write(b) {
			return false
		}
		m.want = append(m.want, b...)
		return true
	}},
	{"Attach", func(t *testing.T, r *rand.Rand, m *model) bool {
		b := random(r, 1+r.IntN(3000))
		s := NewSlab(len(b))
		defer s.Release()
		copy(s.B, b)
		off := r.IntN(len(b))
		if !m.p.Attach(s, off, len(b)-off) {
			return false
		}
		m.want = append(m.want, b[off:]...)
		return true
	}},
	{"TrimFront", func(t *testing.T, r *rand.Rand, m *model) bool {
		n := r.IntN(len(m.p.Head()) + 1)
		m.p.TrimFront(n)
		m.want = m.want[n:]
		m.network = max(m.network-n, 0)
		return true
	}},
	{"Truncate", func(t *testing.T, r *rand.Rand, m *model) bool {
		n := r.IntN(len(m.want) + 10)
		m.p.Truncate(n)
		m.want = m.want[:min(n, len(m.want))]
		return true
	}},
	{"Pull", func(t *testing.T, r *rand.Rand, m *model) bool {
		n := r.IntN(HeadSize + 20)
		h := m.p.Pull(n)
		if can := n <= len(m.want) && n <= HeadSize; (h != nil) != can && n > 0 {
			t.Fatalf("Pull(%d) of %d bytes: %v", n, len(m.want), h != nil)
		}
		if h != nil && (len(h) < n || !bytes.Equal(h, m.want[:len(h)])) {
			t.Fatal("Pull gave other bytes")
		}
		return h != nil
	}},
	{"CopyTo", func(t *testing.T, r *rand.Rand, m *model) bool {
		off := r.IntN(len(m.want) + 1)
		dst := make([]byte, r.IntN(len(m.want)+1))
		n := m.p.CopyTo(dst, off)
		want := m.want[off:min(off+len(dst), len(m.want))]
		if n != len(want) || !bytes.Equal(dst[:n], want) {
			t.Fatalf("CopyTo(%d bytes, %d): %d, want %d", len(dst), off, n, len(want))
		}
		return true
	}},
	{"CloneTo", func(t *testing.T, r *rand.Rand, m *model) bool {
		// Go on with the copy. The first one's head may be overwritten then.
		var c Packet
		m.p.CloneTo(&c)
		for i := range m.p.Head() {
			m.p.Head()[i] ^= 0xff
		}
		m.p.Release()
		m.p = c
		return true
	}},
	{"MoveTo", func(t *testing.T, r *rand.Rand, m *model) bool {
		// To where another packet has been.
		var c Packet
		c.Load(NewSlab(1000), 0, 1000)
		c.frags[0].Slab.Release()
		m.p.MoveTo(&c)
		if m.p.Len() != 0 || len(m.p.Frags()) != 0 {
			t.Fatalf("a packet that has moved has %d bytes", m.p.Len())
		}
		m.p.Release()
		c.MoveTo(&m.p)
		return true
	}},
	{"CloneRange", func(t *testing.T, r *rand.Rand, m *model) bool {
		header := r.IntN(len(m.p.Head()) + 1)
		off := header + r.IntN(len(m.want)-header+1)
		n := r.IntN(len(m.want) - off + 1)
		var c Packet
		m.p.CloneRange(&c, header, off, n)
		want := append(bytes.Clone(m.want[:header]), m.want[off:off+n]...)
		if got := content(&c); !bytes.Equal(got, want) || c.Len() != len(want) {
			t.Fatalf("CloneRange(%d, %d, %d): other bytes", header, off, n)
		}
		if c.NetworkOffset != m.p.NetworkOffset || c.Mark != m.p.Mark {
			t.Fatal("CloneRange lost what goes with the packet")
		}
		c.Release()
		return true
	}},
	{"Load", func(t *testing.T, r *rand.Rand, m *model) bool {
		m.p.Release()
		n := r.IntN(SmallSlab)
		off := r.IntN(SmallSlab - n)
		s := NewSlab(SmallSlab)
		copy(s.B, random(r, SmallSlab))
		m.want = bytes.Clone(s.B[off : off+n])
		m.p.Load(s, off, n)
		m.network = 0
		return true
	}},
	{"Move", func(t *testing.T, r *rand.Rand, m *model) bool {
		var b, c Batch
		b.Move(&m.p)
		if m.p.Len() != 0 || len(m.p.Frags()) != 0 {
			t.Fatal("the packet that moved is still there")
		}
		c.MoveAll(&b)
		m.p = *c.At(0)
		c.Clear()
		return true
	}},
}

// Whatever is done to a packet, in whatever order, it has the bytes that a plain
// slice would have, and no slab is forgotten.
func TestPacketAgainstModel(t *testing.T) {
	noLeaks(t)
	r := rand.New(rand.NewPCG(1, 2))
	done := map[string]int{}
	for range 800 {
		var m model
		m.p.Reset()
		m.p.Mark = 7
		for range 1 + r.IntN(30) {
			op := operations[r.IntN(len(operations))]
			if op.do(t, r, &m) {
				done[op.name]++
			}
			if op.name == "Load" {
				m.p.Mark = 7
			}
			if got := content(&m.p); !bytes.Equal(got, m.want) || m.p.Len() != len(m.want) {
				t.Fatalf("after %s: %d bytes, want %d, or others", op.name, m.p.Len(), len(m.want))
			}
			if int(m.p.NetworkOffset) != m.network {
				t.Fatalf("after %s: NetworkOffset %d, want %d", op.name, m.p.NetworkOffset, m.network)
			}
		}
		m.p.Release()
		if m.p.Len() != 0 {
			t.Fatal("Release left bytes")
		}
	}
	for _, op := range operations {
		if done[op.name] < 50 {
			t.Errorf("%s was done %d times", op.name, done[op.name])
		}
	}
}

// A packet that a device loaded has room for all headers in its head, and for
// another link header in front.
func TestLoadLeavesRoom(t *testing.T) {
	noLeaks(t)
	var p Packet
	p.Load(NewSlab(2000), 0, 2000)
	if p.Pull(18+60+60) == nil {
		t.Error("no room for Ethernet, IPv4 and TCP with all options")
	}
	if p.Prepend(18) == nil {
		t.Error("no room to prepend")
	}
	p.Release()
}

func TestSlabReferences(t *testing.T) {
	noLeaks(t)
	before := Live()
	s := NewSlab(10)
	if len(s.B) != SmallSlab || len(sizeFor(SmallSlab+1)) != LargeSlab {
		t.Error("other sizes")
	}
	var p, q Packet
	p.Reset()
	p.Attach(s, 0, 10)
	p.CloneTo(&q)
	s.Release()
	p.Release()
	if Live() != before+1 {
		t.Error("the slab went before its last reference")
	}
	q.Truncate(5)
	if Live() != before+1 {
		t.Error("a truncated fragment lost its slab")
	}
	q.Truncate(0)
	if Live() != before {
		t.Error("a slab that nothing refers to is still there")
	}
	q.Release()
	q.Release() // an empty packet has nothing to release
}

// sizeFor returns the bytes of a slab for n, which is released already.
func sizeFor(n int) []byte {
	s := NewSlab(n)
	defer s.Release()
	return s.B
}

// Our own bugs panic.
func TestPanics(t *testing.T) {
	for name, f := range map[string]func(p *Packet){
		"released twice":       func(*Packet) { s := &Slab{B: make([]byte, SmallSlab)}; s.Release() },
		"slab too large":       func(*Packet) { NewSlab(LargeSlab + 1) },
		"trimmed too much":     func(p *Packet) { p.TrimFront(11) },
		"header not in head":   func(p *Packet) { p.CloneRange(new(Packet), 11, 11, 0) },
		"range in the header":  func(p *Packet) { p.CloneRange(new(Packet), 5, 4, 1) },
		"range beyond the end": func(p *Packet) { p.CloneRange(new(Packet), 5, 5, 6) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			var p Packet
			p.Reset()
			p.Append(10)
			f(&p)
		})
	}
}

func TestTooManyPieces(t *testing.T) {
	noLeaks(t)
	var p Packet
	p.Reset()
	for i := range maxFrags {
		if !p.Write(make([]byte, 1000)) {
			t.Errorf("piece %d was refused", i)
		}
	}
	s := NewSlab(1)
	if p.Write(make([]byte, 1000)) || p.Attach(s, 0, 1) || p.Append(1) != nil || p.Tailroom() != 0 {
		t.Error("another piece was taken")
	}
	s.Release()
	p.Release()
	p.Reset()
	if p.Write(make([]byte, LargeSlab+1)) {
		t.Error("more than a slab was taken")
	}
}

// Extend adds the bytes of another packet's fragments, and pieces that lie side by side
// take one place.
func TestExtend(t *testing.T) {
	noLeaks(t)
	s, other := NewSlab(100), NewSlab(100)
	defer s.Release()
	defer other.Release()
	for i := range s.B[:100] {
		s.B[i], other.B[i] = byte(i), byte(100+i)
	}
	type piece struct {
		s      *Slab
		off, n int
	}
	build := func(pieces ...piece) *Packet {
		p := new(Packet)
		p.Reset()
		for _, f := range pieces {
			p.Attach(f.s, f.off, f.n)
		}
		return p
	}
	for _, tt := range []struct {
		name   string
		p, q   *Packet
		places int // 0: refused
	}{
		{"side by side", build(piece{s, 0, 10}), build(piece{s, 10, 5}), 1},
		{"apart", build(piece{s, 0, 10}), build(piece{s, 11, 5}), 2},
		{"two slabs", build(piece{s, 0, 10}), build(piece{other, 10, 5}), 2},
		{"side by side, and more", build(piece{s, 0, 10}), build(piece{s, 10, 5}, piece{other, 0, 5}), 2},
		{"too many", build(piece{s, 0, 10}, piece{other, 0, 5}), build(piece{s, 10, 5}), 0},
		{"nothing", build(piece{s, 0, 10}), build(), 1},
		{"to nothing", build(), build(piece{s, 10, 5}), 1},
	} {
		want := append(content(tt.p), content(tt.q)...)
		if ok := tt.p.Extend(tt.q); ok != (tt.places > 0) {
			t.Errorf("%s: %v", tt.name, ok)
		} else if ok && (!bytes.Equal(content(tt.p), want) || len(tt.p.Frags()) != tt.places || tt.q.Len() != 0) {
			t.Errorf("%s: %d bytes in %d places, want %d in %d", tt.name, tt.p.Len(), len(tt.p.Frags()), len(want), tt.places)
		}
		tt.p.Release()
		tt.q.Release()
	}
}
