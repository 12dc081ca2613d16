package pcapfilter

// graph is a program as a graph of blocks without cycles.
type graph struct {
	entry          *block
	accept, reject *block
	values         *values
	// reuse: a block may use what the block before it left in the registers.
	reuse bool
}

// block is a step of a program: it fills slots, and then goes on by its test's
// outcome. A block without a test goes on to jt.
type block struct {
	kind   blockKind
	assign []assignment
	test   test
	pinned bool // the test stays although it decides nothing
	chain  *protochain
	jt, jf *block
	ret    uint32 // of blockReturn
}

type blockKind uint8

const (
	blockTest blockKind = iota
	blockGo
	blockChain
	blockReturn
)

type assignment struct {
	slot  uint32
	value *value
}

// newGraph is the graph for a condition: packets that meet it are kept to snapLen bytes.
func newGraph(c *cond, snapLen uint32, vs *values) *graph {
	g := &graph{
		accept: &block{kind: blockReturn, ret: snapLen},
		reject: &block{kind: blockReturn},
		values: vs,
	}
	g.entry = g.build(c, g.accept, g.reject)
	return g
}

// build is the first of the blocks that evaluate c and go on to jt or jf.
func (g *graph) build(c *cond, jt, jf *block) *block {
	switch c.kind {
	case condNever:
		return jf
	case condAlways:
		return jt
	case condAnd:
		return g.build(c.a, g.build(c.b, jt, jf), jf)
	case condOr:
		return g.build(c.a, jt, g.build(c.b, jt, jf))
	case condNot:
		return g.build(c.a, jf, jt)
	case condAssign:
		return &block{kind: blockGo, assign: []assignment{{c.slot, c.value}}, jt: jt}
	case condChain:
		return &block{kind: blockChain, chain: c.chain, jt: jt, jf: jf}
	}
	return &block{kind: blockTest, test: c.test, pinned: c.pinned, jt: jt, jf: jf}
}

// order returns the blocks that can be reached, each before those it goes on to,
// and the blocks of a true outcome before those of a false one.
func (g *graph) order() []*block {
	seen := map[*block]bool{}
	var reversed []*block
	var visit func(b *block)
	visit = func(b *block) {
		if b == nil || seen[b] {
			return
		}
		seen[b] = true
		visit(b.jf)
		visit(b.jt)
		reversed = append(reversed, b)
	}
	visit(g.entry)
	ordered := make([]*block, len(reversed))
	for i, b := range reversed {
		ordered[len(reversed)-1-i] = b
	}
	return ordered
}

// rejectsAll says whether no packet can match.
func (g *graph) rejectsAll() bool { return g.entry == g.reject }
