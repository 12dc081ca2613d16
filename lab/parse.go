package lab

import "io"

// Parse reads a topology file. name is what the problems call it. The error is
// [Problems]: all that is wrong with the file, not the first thing only.
func Parse(name string, data []byte) (*Topology, error) {
	r := &report{file: name}
	t := &Topology{File: name}
	if v, ok := readYAML(data, r); ok {
		decoder{r}.topology(t, v)
		checkAddresses(t, r)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return t, nil
}

func (d decoder) topology(t *Topology, v value) {
	var links, steps value
	later := func(p *value) func(value) { return func(v value) { *p = v } }
	d.object(v, "a topology",
		setter{"nodes", func(v value) { t.Nodes = d.nodes(v) }},
		setter{"links", later(&links)},
		setter{"steps", later(&steps)},
	)
	if v.kind == mapping && len(t.Nodes) == 0 && len(d.list) == 0 {
		d.add(v.pos, "a topology needs nodes")
	}
	// Links and steps name nodes, and a file may have them in any order.
	byName := newNodeIndex(t.Nodes)
	t.Links = d.links(links, byName)
	t.Steps = d.steps(steps, byName)
}

// nodeIndex finds nodes by name.
type nodeIndex struct {
	names []string
	nodes map[string]*Node
}

func newNodeIndex(nodes []*Node) nodeIndex {
	x := nodeIndex{nodes: make(map[string]*Node, len(nodes))}
	for _, n := range nodes {
		x.names = append(x.names, n.Name)
		x.nodes[n.Name] = n
	}
	return x
}

// Read reads a topology file, of which [Parse] refuses what is longer than 1 MiB:
// no more than that, and one byte, is read.
func Read(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, maxFileSize+1)) }
