package pcapfilter

// step is something that has happened on every way to some place in a graph: a
// block was passed, with an outcome of its test or whatever the outcome.
type step struct {
	before  *step
	depth   int
	after   *block
	outcome bool
	open    bool // whatever the outcome
}

// paths holds what has happened on every way to each block: the dominator tree of
// the graph, whose nodes are the blocks and the ways out of them.
type paths struct {
	to map[*block]*step
}

func newPaths(g *graph) *paths {
	p := &paths{to: map[*block]*step{}}
	arrived := map[*block]bool{g.entry: true}
	for _, b := range g.order() {
		at := p.to[b]
		arrive := func(to *block, s *step) {
			if to == nil {
				return
			}
			if s.before != nil {
				s.depth = s.before.depth + 1
			}
			if !arrived[to] {
				arrived[to] = true
				p.to[to] = s
			} else {
				p.to[to] = common(p.to[to], s)
			}
		}
		// A place where the ways out meet has passed b all the same.
		passed := &step{before: at, after: b, open: true}
		if at != nil {
			passed.depth = at.depth + 1
		}
		if b.kind == blockTest {
			arrive(b.jt, &step{before: passed, after: b, outcome: true})
			arrive(b.jf, &step{before: passed, after: b})
		} else {
			arrive(b.jt, &step{before: passed, after: b, open: true})
			arrive(b.jf, &step{before: passed, after: b, open: true})
		}
	}
	return p
}

// common is the last step that is on both ways.
func common(a, b *step) *step {
	for a != b {
		if a == nil || b == nil {
			return nil
		}
		if a.depth >= b.depth {
			a = a.before
		} else {
			b = b.before
		}
	}
	return a
}

// decides returns the outcome of a test after the steps, if they tell it. A test
// is only told by others of the same loads, so that to leave it out drops no load
// that could reject the packet. (A slot is never filled after it was read, so a
// value with slots in it stays what it was.)
func (s *step) decides(t test) (outcome, ok bool) {
	if t.b.kind != valueConst {
		for ; s != nil; s = s.before {
			if !s.open && s.after.test == t {
				return s.outcome, true
			}
		}
		return false, false
	}
	if t.a.kind == valueConst {
		return t.jump.compute(t.a.k, t.b.k), true
	}
	f := newFacts(t.a)
	for ; s != nil; s = s.before {
		if !s.open {
			f.learn(s.after.test, s.outcome)
		}
	}
	return f.decide(t)
}

// facts are what is known of a value.
type facts struct {
	of        *value
	low, high uint32
	ones      uint32 // bits that are known to be set
	zeros     uint32 // bits that are known to be clear
	not       []uint32
	masks     []uint32 // it has a bit in common with each of these
	seen      bool
}

func newFacts(v *value) *facts { return &facts{of: v, high: ^uint32(0)} }

// learn takes in a test's outcome, if it says something of the value.
func (f *facts) learn(t test, outcome bool) {
	if t.b.kind != valueConst {
		return
	}
	k := t.b.k
	if t.a == f.of {
		f.seen = true
		f.compared(t.jump, k, outcome)
		return
	}
	// A value tells of what a mask leaves of it, and the other way round.
	if of, mask, ok := f.of.masked(); ok && of == t.a {
		switch {
		case t.jump == jumpEqual && outcome:
			f.seen = true
			f.compared(jumpEqual, k&mask, true)
		case t.jump == jumpSet && !outcome:
			f.seen = true
			f.zeros |= k
		}
		return
	}
	if of, mask, ok := t.a.masked(); ok && of == f.of && t.jump == jumpEqual && outcome {
		f.seen = true
		f.ones |= k & mask
		f.zeros |= mask &^ k
	}
}

// compared takes in an outcome of a test of the value itself.
func (f *facts) compared(j jump, k uint32, outcome bool) {
	switch {
	case j == jumpEqual && outcome:
		f.low, f.high = max(f.low, k), min(f.high, k)
		f.ones |= k
		f.zeros |= ^k
	case j == jumpEqual:
		f.not = append(f.not, k)
	case j == jumpGreater && outcome:
		f.low = max(f.low, min(k, ^uint32(0)-1)+1)
	case j == jumpGreater:
		f.high = min(f.high, k)
	case j == jumpGreaterEqual && outcome:
		f.low = max(f.low, k)
	case j == jumpGreaterEqual && k > 0:
		f.high = min(f.high, k-1)
	case j == jumpSet && outcome:
		f.masks = append(f.masks, k)
		if singleBit(k) {
			f.ones |= k
		}
	case j == jumpSet:
		f.zeros |= k
	}
}

// decide returns the outcome of a test of the value, if the facts tell it.
func (f *facts) decide(t test) (outcome, ok bool) {
	if !f.seen {
		return false, false
	}
	k := t.b.k
	switch t.jump {
	case jumpEqual:
		if k < f.low || k > f.high || k&f.zeros != 0 || f.ones&^k != 0 {
			return false, true
		}
		for _, n := range f.not {
			if n == k {
				return false, true
			}
		}
		for _, m := range f.masks {
			if k&m == 0 {
				return false, true
			}
		}
		return true, f.low == f.high || f.ones|f.zeros == ^uint32(0)
	case jumpGreater:
		return f.low > k, f.low > k || f.high <= k
	case jumpGreaterEqual:
		return f.low >= k, f.low >= k || f.high < k
	}
	if k&f.ones != 0 {
		return true, true
	}
	for _, m := range f.masks {
		if m&^k == 0 {
			return true, true
		}
	}
	return false, k&^f.zeros == 0
}
