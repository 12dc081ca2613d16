package packet

import (
	"slices"
	"testing"
)

// fill appends packets with the given marks and a slab each.
func fill(b *Batch, marks ...uint32) {
	for _, m := range marks {
		p := b.New()
		p.Write(make([]byte, 1000))
		p.Mark = m
	}
}

func marks(b *Batch) []uint32 {
	var m []uint32
	for i := range b.Len() {
		m = append(m, b.At(i).Mark)
	}
	return m
}

func TestBatch(t *testing.T) {
	noLeaks(t)
	var a, b Batch
	fill(&a, 1, 2)
	b.MoveAll(&a) // into an empty one: the arrays are swapped
	if got := marks(&b); !slices.Equal(got, []uint32{1, 2}) || a.Len() != 0 {
		t.Errorf("%v, %d left", got, a.Len())
	}
	fill(&a, 3, 4)
	b.MoveAll(&a)
	if got := marks(&b); !slices.Equal(got, []uint32{1, 2, 3, 4}) || a.Len() != 0 {
		t.Errorf("%v, %d left", got, a.Len())
	}
	a.Move(b.At(3))
	b.Drop()
	if got := marks(&a); !slices.Equal(got, []uint32{4}) || b.Len() != 3 {
		t.Errorf("%v, %d left", got, b.Len())
	}
	a.Release()
	if p := a.New(); p.Len() != 0 || p.Mark != 0 || len(p.Frags()) != 0 || len(p.Head()) != 0 {
		t.Errorf("a new packet is not empty: %d bytes, mark %d", p.Len(), p.Mark)
	}
	b.Release()
	if b.Len() != 0 {
		t.Errorf("%d packets after Release", b.Len())
	}
}

// Packets are put in the order of their flows, behind those that were there.
func TestMoveAllByFlow(t *testing.T) {
	noLeaks(t)
	var a, b Batch
	fill(&a, 9)
	b.MoveAll(&a)
	fill(&a, 1, 2, 3, 4, 5)
	for i, flow := range []uint32{7, 3, 7, 1, 3} {
		a.At(i).Flow = flow
	}
	b.MoveAllByFlow(&a)
	if got := marks(&b); !slices.Equal(got, []uint32{9, 4, 2, 5, 1, 3}) || a.Len() != 0 {
		t.Errorf("%v, %d left", got, a.Len())
	}
	b.Release()
}

// A batch in use allocates nothing.
func TestBatchKeepsItsArray(t *testing.T) {
	var a, b Batch
	s := NewSlab(100)
	defer s.Release()
	if n := testing.AllocsPerRun(100, func() {
		for range 64 {
			a.New().Attach(s, 0, 100)
		}
		b.MoveAll(&a)
		b.Release()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMove(b *testing.B) {
	var x, y Batch
	x.New().Append(60)
	b.ReportAllocs()
	for b.Loop() {
		y.Move(x.At(0))
		x.Clear()
		x.MoveAll(&y)
	}
}

func BenchmarkWriteAndRelease(b *testing.B) {
	var p Packet
	data := make([]byte, 1460)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		p.Reset()
		p.Write(data)
		p.Release()
	}
}

// A packet that was built where it lies can be taken out again.
func TestTakeLast(t *testing.T) {
	noLeaks(t)
	var b Batch
	var p Packet
	p.Reset()
	if b.IsLast(&p) {
		t.Error("the last of an empty batch")
	}
	fill(&b, 1, 2)
	if b.IsLast(b.At(0)) || !b.IsLast(b.At(1)) || b.IsLast(&p) {
		t.Error("another packet is taken for the last")
	}
	b.TakeLast(&p)
	if got := marks(&b); !slices.Equal(got, []uint32{1}) || p.Mark != 2 || p.Len() != 1000 {
		t.Errorf("%v left, mark %d and %d bytes taken", got, p.Mark, p.Len())
	}
	p.Release()
	b.Release()
}

// A stamp is one clock's, and stays with the batch and not with its packets.
func TestStamp(t *testing.T) {
	var a, b Batch
	x, y := new(int), new(int)
	if _, ok := a.Stamped(x); ok {
		t.Error("stamped by nobody")
	}
	a.Stamp(x, 7)
	if at, ok := a.Stamped(x); at != 7 || !ok {
		t.Errorf("%d, %v, want 7", at, ok)
	}
	if _, ok := a.Stamped(y); ok {
		t.Error("another clock's stamp was believed")
	}
	b.MoveAll(&a)
	if _, ok := b.Stamped(x); ok {
		t.Error("the stamp has moved")
	}
}
