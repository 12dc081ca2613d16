package lab

import (
	"fmt"

	"thinnet/command"
)

func (d decoder) steps(v value, byName nodeIndex) []*Step {
	if v.kind == null || !d.isKind(v, "steps", list) {
		return nil
	}
	var steps []*Step
	for _, item := range v.items {
		if !d.isKind(item, "a step", mapping) {
			continue
		}
		if len(item.fields) != 1 {
			d.add(item.pos, "a step is one command on one node, such as: client: ping -c 3 10.0.0.1")
			continue
		}
		steps = append(steps, d.step(item.fields[0], byName))
	}
	return steps
}

// step decodes `node: command line`, or a mapping with the same in run.
func (d decoder) step(f field, byName nodeIndex) *Step {
	s := &Step{Pos: f.pos}
	switch n := byName.nodes[f.key]; {
	case n == nil:
		d.unknown(f.pos, fmt.Sprintf("step: no node %q", f.key), f.key, byName.names)
	case n.Switch != nil:
		d.add(f.pos, "step: %s is a switch; commands run on hosts", f.key)
	default:
		s.Node = n
	}
	if f.value.kind != mapping {
		d.line(s, f.value)
		return s
	}
	hasRun := false
	d.object(f.value, "a step",
		setter{"run", func(v value) { hasRun = true; d.line(s, v) }},
		d.str("stdin", &s.Stdin))
	if !hasRun {
		d.add(f.value.pos, "a step needs run: the command line")
	}
	return s
}

func (d decoder) line(s *Step, v value) {
	text, ok := d.text(v, "the command line")
	if !ok {
		return
	}
	line, err := ParseLine(text)
	switch err := err.(type) {
	case nil:
	case *LineError:
		// A folded text has its columns elsewhere, but begins here.
		d.add(Pos{v.pos.Line, v.pos.Col + err.Offset}, "%s", err.Message)
		return
	}
	if len(line.Args) == 0 {
		d.add(v.pos, "no command")
		return
	}
	if command.Find(line.Args[0]) == nil {
		d.unknown(v.pos, fmt.Sprintf("no command %q; thinnet commands lists them", line.Args[0]), line.Args[0], command.Names())
	}
	s.Line = line
}
