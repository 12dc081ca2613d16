package pcapfilter

// cond is a condition on a packet, evaluated from left to right.
type cond struct {
	kind condKind
	a, b *cond // operands
	test test
	// pinned keeps the test although both its outcomes lead to the same: its
	// loads can reject the packet.
	pinned bool
	slot   uint32 // of condAssign
	value  *value // of condAssign
	chain  *protochain
}

type condKind uint8

const (
	condNever condKind = iota
	condAlways
	condTest
	condAnd
	condOr
	condNot
	condAssign // true, and puts a value into a slot
	condChain  // a protochain
)

var (
	never  = &cond{kind: condNever}
	always = &cond{kind: condAlways}
)

func constantCond(b bool) *cond {
	if b {
		return always
	}
	return never
}

func and(cs ...*cond) *cond {
	all := always
	for i := len(cs) - 1; i >= 0; i-- {
		all = and2(cs[i], all)
	}
	return all
}

func and2(a, b *cond) *cond {
	switch {
	case a.kind == condNever, b.kind == condAlways:
		return a
	case b.kind == condNever, a.kind == condAlways:
		return b
	}
	return &cond{kind: condAnd, a: a, b: b}
}

func or(cs ...*cond) *cond {
	anyOf := never
	for i := len(cs) - 1; i >= 0; i-- {
		anyOf = or2(cs[i], anyOf)
	}
	return anyOf
}

func or2(a, b *cond) *cond {
	switch {
	case a.kind == condAlways, b.kind == condNever:
		return a
	case b.kind == condAlways, a.kind == condNever:
		return b
	}
	return &cond{kind: condOr, a: a, b: b}
}

func not(a *cond) *cond {
	switch a.kind {
	case condNever:
		return always
	case condAlways:
		return never
	case condNot:
		return a.a
	}
	return &cond{kind: condNot, a: a}
}
