package pcapfilter

// pullUp moves tests so that those of one value follow each other, as libpcap
// does: "src port 80 or dst port 80 or src port 443" loads the source port once.
// It is the one change that a packet cut short can notice: a load that would have
// rejected it may come after a test that accepts it.
func (g *graph) pullUp() (changed bool) {
	blocks := g.order()
	into := map[*block][]*block{}
	for _, b := range blocks {
		for _, to := range []*block{b.jt, b.jf} {
			if to != nil {
				into[to] = append(into[to], b)
			}
		}
	}
	for _, head := range blocks {
		for _, alternatives := range []bool{true, false} {
			for pullUpTo(head, alternatives, into) {
				changed = true
			}
		}
	}
	return changed
}

// pullUpTo looks for a test of the value that all blocks before head have tested,
// in the chain that begins with head, and moves it before head. A chain of
// alternatives has one true outcome in common, and goes on by the false ones; the
// other kind of chain is the other way round.
func pullUpTo(head *block, alternatives bool, into map[*block][]*block) bool {
	before := into[head]
	if len(before) == 0 || !before[0].plain() || !head.plain() {
		return false
	}
	v := before[0].test.a
	if head.test.a == v {
		return false
	}
	for _, b := range before {
		if !b.plain() || b.test.a != v {
			return false
		}
	}
	common, next := head.ways(alternatives)
	for last := head; ; {
		b := *next
		if !b.plain() || len(into[b]) != 1 {
			return false
		}
		same, further := b.ways(alternatives)
		if *same != *common {
			return false
		}
		if b.test.a != v {
			last, next = b, further
			continue
		}
		for i, p := range into[*further] {
			if p == b {
				into[*further][i] = last
			}
		}
		*next, *further = *further, head
		into[b], into[head] = before, []*block{b}
		for _, p := range before {
			if p.jt == head {
				p.jt = b
			}
			if p.jf == head {
				p.jf = b
			}
		}
		return true
	}
}

// plain says whether a block only tests, so that it can be moved.
func (b *block) plain() bool {
	return b.kind == blockTest && len(b.assign) == 0 && !b.pinned && b.test.b.kind == valueConst
}

// ways are the way out that a chain has in common and the one that leads on in it.
func (b *block) ways(alternatives bool) (common, next **block) {
	if alternatives {
		return &b.jt, &b.jf
	}
	return &b.jf, &b.jt
}
