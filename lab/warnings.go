package lab

// Warnings returns what is allowed, but hardly meant, in the order of the file: links that
// close a loop of switches.
func (t *Topology) Warnings() Problems {
	// Each switch stands for the group of those that it is linked with, or leads to one that does.
	group := make(map[*Node]*Node)
	find := func(n *Node) *Node {
		for group[n] != nil {
			if over := group[group[n]]; over != nil {
				group[n] = over // shorter next time
			}
			n = group[n]
		}
		return n
	}
	r := report{file: t.File}
	for _, l := range t.Links {
		a, b := l.Ends[0].Node, l.Ends[1].Node
		if a == nil || b == nil || a.Switch == nil || b.Switch == nil {
			continue
		}
		if a, b = find(a), find(b); a != b {
			group[a] = b
			continue
		}
		r.add(l.Pos, "warning: %s -- %s closes a loop of switches, which have no spanning tree: what is for everybody goes round for ever, and hardly anything else gets through", l.Ends[0], l.Ends[1])
	}
	return r.list
}
