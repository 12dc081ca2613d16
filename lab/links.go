package lab

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

func (d decoder) links(v value, byName nodeIndex) []*Link {
	if v.kind == null || !d.isKind(v, "links", list) {
		return nil
	}
	var links []*Link
	used := make(map[string]Pos)
	for _, item := range v.items {
		l := &Link{Pos: item.pos}
		sound := d.sound(func() { d.link(l, item, byName) })
		if sound {
			sound = d.sound(func() { d.checkEnds(l, used) })
		}
		l.broken = !sound
		links = append(links, l)
	}
	return links
}

// link decodes `a:x -- b:y`, or a mapping with the same in ends.
func (d decoder) link(l *Link, v value, byName nodeIndex) {
	if !d.isKind(v, "a link", scalar, mapping) {
		return
	}
	if v.kind == scalar {
		d.ends(l, v, byName)
		return
	}
	hasEnds := false
	var both Impairment
	set := d.impairment(&both)
	set = append(set,
		setter{"ends", func(v value) { hasEnds = true; d.ends(l, v, byName) }},
		d.integer("mtu", &l.MTU, 68, math.MaxUint16))
	d.object(v, "a link", append(set,
		setter{"there", func(value) {}}, setter{"back", func(value) {}})...)
	if !hasEnds {
		d.add(v.pos, "a link needs ends, such as: ends: client:eth0 -- server:eth0")
	}
	// A direction has what both have, and what is its own.
	l.There, l.Back = both, both
	for _, f := range v.fields {
		switch f.key {
		case "there":
			d.object(f.value, "there", d.impairment(&l.There)...)
		case "back":
			d.object(f.value, "back", d.impairment(&l.Back)...)
		}
	}
}

func (d decoder) impairment(i *Impairment) []setter {
	return []setter{
		d.duration("delay", &i.Delay, 0, time.Hour),
		d.duration("jitter", &i.Jitter, 0, time.Hour),
		d.rate("rate", &i.Rate),
		d.percentage("loss", &i.Loss),
		d.percentage("duplicate", &i.Duplicate),
		d.percentage("corrupt", &i.Corrupt),
		d.percentage("reorder", &i.Reorder),
		d.integer("queue", &i.Queue, 1, 1<<20),
	}
}

// ends decodes `a:x -- b:y` or a list of two ends.
func (d decoder) ends(l *Link, v value, byName nodeIndex) {
	if !d.isKind(v, "ends", scalar, list) {
		return
	}
	parts := v.items
	if v.kind == scalar {
		parts = splitEnds(v)
	}
	if len(parts) != 2 {
		d.add(v.pos, "a link has two ends, such as client:eth0 -- server:eth0; this one has %d", len(parts))
		return
	}
	for i, p := range parts {
		l.Ends[i] = d.end(p, byName)
	}
}

// splitEnds cuts a text at "--" and says where each part begins.
func splitEnds(v value) []value {
	var parts []value
	col := v.pos.Col
	for part := range strings.SplitSeq(v.text, "--") {
		trimmed := strings.TrimLeft(part, " \t\n")
		at := Pos{v.pos.Line, col + len([]rune(part)) - len([]rune(trimmed))}
		if text := strings.TrimSpace(trimmed); text != "" {
			parts = append(parts, value{pos: at, kind: scalar, text: text})
		}
		col += len([]rune(part)) + len("--")
	}
	return parts
}

func (d decoder) end(v value, byName nodeIndex) End {
	s, ok := d.text(v, "a link end")
	if !ok {
		return End{}
	}
	name, port, ok := strings.Cut(s, ":")
	if !ok {
		d.add(v.pos, "link end %q names no interface; write it as NODE:INTERFACE", s)
		return End{}
	}
	e := End{Pos: v.pos, Port: strings.TrimSpace(port)}
	if name == tapNode || name == packetNode {
		e.Outside = name
		if !interfaceName.MatchString(e.Port) {
			d.add(v.pos, "link end %q: %q cannot be the name of an interface of this computer", s, e.Port)
		}
		return e
	}
	n := byName.nodes[name]
	if n == nil {
		d.unknown(v.pos, fmt.Sprintf("link end %q: no node %q", s, name), name, byName.names)
		return e
	}
	if ports := n.ports(); !slices.Contains(ports, e.Port) {
		what := "interface"
		if n.Switch != nil {
			what = "port"
		}
		d.unknown(v.pos, fmt.Sprintf("link end %q: %s has no %s %q", s, n.Name, what, e.Port), e.Port, ports)
	}
	e.Node = n
	return e
}

// checkEnds makes sure that each end has one link.
func (d decoder) checkEnds(l *Link, used map[string]Pos) {
	a, b := l.Ends[0], l.Ends[1]
	switch {
	case a.Node == nil && b.Node == nil:
		d.add(l.Pos, "a link between two interfaces of this computer has nothing of the lab at its ends")
		return
	case a.String() == b.String():
		d.add(b.Pos, "link end %q: both ends are the same", b)
		return
	}
	for _, e := range l.Ends {
		if at, twice := used[e.String()]; twice {
			d.add(e.Pos, "link end %q has a link already (in line %d)", e, at.Line)
			continue
		}
		used[e.String()] = e.Pos
	}
}
