package packet

// Stock keeps a few small slabs that one owner has no use for, and will have in a moment:
// to take one from there takes a tenth of what the pool does. The zero Stock is empty. It
// is used by one goroutine at a time.
type Stock struct {
	free [8]*Slab // the first n are there, with one reference each
	n    int
}

// Get returns a slab of SmallSlab bytes with one reference.
func (k *Stock) Get() *Slab {
	if k.n == 0 {
		return NewSlab(SmallSlab)
	}
	k.n--
	live.Add(1)
	return k.free[k.n]
}

// Put is Slab.Release: it keeps a small slab that has no other reference, if there is room.
func (k *Stock) Put(s *Slab) {
	// Who holds the only reference is the only one who could make another.
	if k.n == len(k.free) || len(s.B) != SmallSlab || s.refs.Load() != 1 {
		s.Release()
		return
	}
	live.Add(-1)
	k.free[k.n] = s
	k.n++
}
