package packet

import (
	"sync"
	"sync/atomic"
)

// Sizes of slabs, in bytes. A slab has one of these capacities.
const (
	SmallSlab = 2 << 10
	LargeSlab = 64 << 10
)

// Slab is a block of pooled bytes with counted references. The bytes that a
// reader was told of never change while a reference is held; the owner of the
// first reference may append behind them.
type Slab struct {
	refs atomic.Int32
	// B is the whole block, SmallSlab or LargeSlab bytes. Its content is
	// undefined until it is written: slabs are not cleared.
	B []byte
}

var (
	smallSlabs = sync.Pool{New: func() any { return &Slab{B: make([]byte, SmallSlab)} }}
	largeSlabs = sync.Pool{New: func() any { return &Slab{B: make([]byte, LargeSlab)} }}

	live atomic.Int64
)

// SlabSize returns the size of the slab that holds n bytes, or as many of them as one
// does.
func SlabSize(n int) int {
	if n <= SmallSlab {
		return SmallSlab
	}
	return LargeSlab
}

// NewSlab returns a slab of at least n bytes, with one reference. It panics if
// n is over LargeSlab.
func NewSlab(n int) *Slab {
	var s *Slab
	switch {
	case n <= SmallSlab:
		s = smallSlabs.Get().(*Slab)
	case n <= LargeSlab:
		s = largeSlabs.Get().(*Slab)
	default:
		panic("packet: slab larger than LargeSlab")
	}
	s.refs.Store(1)
	live.Add(1)
	return s
}

// Retain adds a reference.
func (s *Slab) Retain() { s.refs.Add(1) }

// Release drops a reference; the last one returns the slab to its pool.
func (s *Slab) Release() {
	switch n := s.refs.Add(-1); {
	case n > 0:
		return
	case n < 0:
		panic("packet: slab released more often than retained")
	}
	live.Add(-1)
	if len(s.B) == SmallSlab {
		smallSlabs.Put(s)
	} else {
		largeSlabs.Put(s)
	}
}

// Live returns how many slabs are in use in the whole process. Tests use it to
// find a packet that was never released.
func Live() int64 { return live.Load() }
