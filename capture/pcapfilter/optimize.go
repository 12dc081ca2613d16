package pcapfilter

import "slices"

const (
	// maxOptimized bounds the blocks of a graph that is optimised: what is known
	// on the way to a block is looked for block by block.
	maxOptimized = 4096
	// maxPasses bounds how often all is looked through again after a change.
	maxPasses = 1000
)

// optimize makes the graph smaller. The outcome stays what it is, but for packets
// cut short before a load that is dropped or comes later.
func (g *graph) optimize() {
	g.reuse = true
	g.simplifyTests()
	if len(g.order()) > maxOptimized {
		return
	}
	for passes, changed := 0, true; changed && passes < maxPasses; passes++ {
		changed = g.thread()
		changed = g.dropAssignments() || changed
		changed = g.bypass() || changed
		changed = g.share() || changed
		changed = changed || g.pullUp()
	}
}

func (g *graph) simplifyTests() {
	for _, b := range g.order() {
		if b.kind != blockTest {
			continue
		}
		var negated bool
		if b.test, negated = b.test.simplified(g.values); negated {
			b.jt, b.jf = b.jf, b.jt
		}
	}
}

// thread sends each way out past the tests whose outcome is known by then. It goes
// from the last block to the first: what it changes behind a block leaves alone
// what is known up to there.
func (g *graph) thread() (changed bool) {
	paths := newPaths(g)
	for _, b := range slices.Backward(g.order()) {
		if b.kind == blockGo {
			if jt := paths.after[b].past(b.jt, nil); jt != b.jt {
				b.jt, changed = jt, true
			}
		}
		if b.kind != blockTest {
			continue
		}
		ifTrue := newStep(paths.after[b], step{after: b, outcome: true})
		ifFalse := newStep(paths.after[b], step{after: b})
		if jt := ifTrue.past(b.jt, nil); jt != b.jt {
			b.jt, changed = jt, true
		}
		if jf := ifFalse.past(b.jf, nil); jf != b.jf {
			b.jf, changed = jf, true
		}
		// Where a true outcome would come to jt by way of jf too, or a false one to
		// jf by way of jt, the test decides nothing.
		switch {
		case b.jt == b.jf || b.pinned:
		case ifTrue.past(b.jf, b.jt) == b.jt:
			b.jt, changed = b.jf, true
		case ifFalse.past(b.jt, b.jf) == b.jf:
			b.jf, changed = b.jt, true
		}
	}
	// At the start only what is constant is known.
	var start *step
	if entry := start.past(g.entry, nil); entry != g.entry {
		g.entry, changed = entry, true
	}
	return changed
}

// past goes from a block past the tests whose outcome is known, at most to the end.
func (s *step) past(b, end *block) *block {
	for b != end && b.kind == blockTest && !b.pinned && len(b.assign) == 0 {
		outcome, ok := s.decides(b.test)
		if !ok {
			break
		}
		if outcome {
			b = b.jt
		} else {
			b = b.jf
		}
	}
	return b
}

// dropAssignments removes assignments to slots that no block reads.
func (g *graph) dropAssignments() (changed bool) {
	read := map[uint32]bool{}
	note := func(slot uint32) { read[slot] = true }
	blocks := g.order()
	for _, b := range blocks {
		b.test.a.eachSlot(note)
		b.test.b.eachSlot(note)
		for _, a := range b.assign {
			a.value.eachSlot(note)
		}
	}
	for _, b := range blocks {
		var kept []assignment
		for _, a := range b.assign {
			if read[a.slot] {
				kept = append(kept, a)
			}
		}
		changed = changed || len(kept) < len(b.assign)
		b.assign = kept
	}
	return changed
}

// bypass takes out blocks that do nothing: those with neither assignment nor
// test, and those whose test leads to the same block either way.
func (g *graph) bypass() (changed bool) {
	past := func(to **block) {
		for *to != nil && (*to).idle() {
			*to = (*to).jt
			changed = true
		}
	}
	past(&g.entry)
	for _, b := range g.order() {
		past(&b.jt)
		past(&b.jf)
	}
	return changed
}

func (b *block) idle() bool {
	if len(b.assign) > 0 || b.pinned {
		return false
	}
	return b.kind == blockGo || b.kind == blockTest && b.jt == b.jf
}

// share makes one of blocks that do the same.
func (g *graph) share() (changed bool) {
	type sameTest struct {
		test   test
		pinned bool
		jt, jf *block
	}
	first := map[sameTest]*block{}
	same := map[*block]*block{}
	for _, b := range slices.Backward(g.order()) {
		for _, to := range []**block{&b.jt, &b.jf} {
			if s := same[*to]; s != nil {
				*to = s
				changed = true
			}
		}
		if b.kind != blockTest || len(b.assign) > 0 {
			continue
		}
		key := sameTest{b.test, b.pinned, b.jt, b.jf}
		if f := first[key]; f != nil {
			same[b] = f
		} else {
			first[key] = b
		}
	}
	if s := same[g.entry]; s != nil {
		g.entry = s
	}
	return changed
}
