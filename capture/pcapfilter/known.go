package pcapfilter

import "slices"

// step is something that has happened on every way to some place in a graph: a
// block was passed, with an outcome of its test or whatever the outcome.
type step struct {
	before  *step
	depth   int
	after   *block
	outcome bool
	open    bool // whatever the outcome
	// among: before the block, a value was found to be one of some constants, each
	// on a way of its own. nil for none.
	among *choice
}

// choice is a value that is one of some constants.
type choice struct {
	of *value
	ks []uint32
}

// paths holds what has happened on every way past each block: the dominator tree
// of the graph, whose nodes are the blocks and the ways out of them.
type paths struct {
	after map[*block]*step
}

func newPaths(g *graph) *paths {
	p := &paths{after: map[*block]*step{}}
	in := map[*block][]*step{}
	for _, b := range g.order() {
		var at *step
		for i, s := range in[b] {
			if i == 0 {
				at = s
			} else {
				at = common(at, s)
			}
		}
		// A place where the ways out meet has passed b all the same.
		at = newStep(at, step{after: b, open: true, among: found(in[b])})
		p.after[b] = at
		if b.kind == blockTest {
			in[b.jt] = append(in[b.jt], newStep(at, step{after: b, outcome: true}))
			in[b.jf] = append(in[b.jf], newStep(at, step{after: b}))
		} else if b.kind != blockReturn {
			in[b.jt] = append(in[b.jt], at)
			in[b.jf] = append(in[b.jf], at)
		}
	}
	return p
}

func newStep(before *step, s step) *step {
	if s.before = before; before != nil {
		s.depth = before.depth + 1
	}
	return &s
}

// found is the choice that several ways to one place leave.
func found(ways []*step) *choice {
	if len(ways) < 2 {
		return nil
	}
	c := &choice{of: ways[0].after.test.a}
	for _, s := range ways {
		t := s.after.test
		if s.open || !s.outcome || t.jump != jumpEqual || t.a != c.of || t.b.kind != valueConst {
			return nil
		}
		c.ks = append(c.ks, t.b.k)
	}
	return c
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
			if s.after.test == t {
				return s.outcome, true
			}
			f.learn(s.after.test, s.outcome)
		} else if s.among != nil && s.among.of == t.a {
			f.seen = true
			f.among = s.among.ks
		}
	}
	return f.decide(t)
}

// facts are what is known of a value.
type facts struct {
	of        *value
	low, high uint32
	ones      uint32   // bits that are known to be set
	zeros     uint32   // bits that are known to be clear
	not       []uint32 // it is none of these, at most maxNot of all
	masks     []uint32 // it has a bit in common with each of these
	among     []uint32 // if not nil, it is one of these
	seen      bool
}

// maxNot bounds what is remembered of what a value is not; a filter for hundreds
// of hosts says it hundreds of times.
const maxNot = 8

func newFacts(v *value) facts {
	return facts{of: v, high: ^uint32(0), not: make([]uint32, 0, maxNot)}
}

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
		if len(f.not) < maxNot {
			f.not = append(f.not, k)
		}
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
	k := t.b.k
	switch {
	case !f.seen:
		return false, false
	case f.among != nil:
		return f.decideAmong(t)
	case f.low == f.high:
		return t.jump.compute(f.low, k), true
	}
	switch t.jump {
	case jumpEqual:
		return false, !f.allow(k)
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

// decideAmong is decide where there is a choice: all that is left of it must agree.
func (f *facts) decideAmong(t test) (outcome, ok bool) {
	for _, k := range f.among {
		if !f.allow(k) {
			continue
		}
		o := t.jump.compute(k, t.b.k)
		if ok && o != outcome {
			return false, false
		}
		outcome, ok = o, true
	}
	return outcome, ok
}

// allow says whether the value can be k.
func (f *facts) allow(k uint32) bool {
	if k < f.low || k > f.high || k&f.zeros != 0 || f.ones&^k != 0 || slices.Contains(f.not, k) {
		return false
	}
	for _, m := range f.masks {
		if k&m == 0 {
			return false
		}
	}
	return true
}
