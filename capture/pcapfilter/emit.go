package pcapfilter

import (
	"fmt"
	"slices"
)

// emit turns a graph into instructions.
func emit(g *graph) ([]Instruction, error) {
	order := g.order()
	e := &emitter{values: g.values, slots: slotsUsed(order), needs: map[*value]need{}}
	entry := map[*block]*registers{g.entry: {}}
	sections := make([]section, len(order))
	for i, b := range order {
		e.registers, e.temps, e.code = registers{}, 0, nil
		if g.reuse {
			e.registers = *entry[b]
		}
		sections[i] = e.section(b)
		for _, next := range []*block{b.jt, b.jf} {
			if next == nil {
				continue
			}
			if at := entry[next]; at != nil {
				at.meet(&e.registers)
			} else {
				left := e.registers
				entry[next] = &left
			}
		}
	}
	if e.err != nil {
		return nil, e.err
	}
	if g.reuse {
		sections = shareSections(sections)
	}
	return place(sections), nil
}

// shareSections makes one of sections that came out as the same code and go on to
// the same, as tests of two values do that are both in A by then.
func shareSections(sections []section) []section {
	last := map[string]*block{}
	same := map[*block]*block{}
	kept := make([]section, 0, len(sections))
	for _, s := range slices.Backward(sections) {
		b := s.block
		for _, to := range []**block{&b.jt, &b.jf} {
			if other := same[*to]; other != nil {
				*to = other
			}
		}
		key := fmt.Sprintf("%v %v %p %p", s.code, s.jump, b.jt, b.jf)
		if last[key] == nil {
			last[key] = b
			kept = append(kept, s)
		} else {
			same[b] = last[key]
		}
	}
	slices.Reverse(kept)
	return kept
}

func slotsUsed(blocks []*block) int {
	n := 0
	for _, b := range blocks {
		for _, a := range b.assign {
			n = max(n, int(a.slot)+1)
		}
	}
	return n
}

// section is the code of one block: its instructions, and how it goes on.
type section struct {
	block *block
	code  []Instruction
	// jump compares and goes to the block's jt or jf; nil goes on to jt. For a
	// return it is the return.
	jump *Instruction
}

// registers are the values that a machine's registers hold; nil is any value.
type registers struct {
	a, x *value
	mem  [memoryWords]*value
}

// meet keeps what both hold.
func (r *registers) meet(other *registers) {
	if r.a != other.a {
		r.a = nil
	}
	if r.x != other.x {
		r.x = nil
	}
	for i := range r.mem {
		if r.mem[i] != other.mem[i] {
			r.mem[i] = nil
		}
	}
}

// inMemory is the scratch cell that holds v.
func (r *registers) inMemory(v *value) (cell uint32, ok bool) {
	if v.kind == valueSlot {
		return v.k, true
	}
	for i, m := range r.mem {
		if m == v {
			return uint32(i), true
		}
	}
	return 0, false
}

// section emits one block, given what the registers hold before it.
func (e *emitter) section(b *block) section {
	for _, a := range b.assign {
		e.assign(a)
	}
	s := section{block: b}
	switch b.kind {
	case blockReturn:
		s.jump = &Instruction{Op: opReturn, K: b.ret}
	case blockChain:
		s.jump = e.chain(b.chain)
		e.registers = registers{}
	case blockTest:
		s.jump = e.test(b.test)
		if b.jt == b.jf {
			s.jump = nil
		}
	}
	s.code = e.code
	return s
}

// place puts the sections one behind the other and fills in the jumps.
func place(sections []section) []Instruction {
	// A comparison jumps at most 255 instructions far; what is farther is
	// reached by an instruction behind it that jumps any distance.
	far := make([]struct{ jt, jf bool }, len(sections))
	start := map[*block]int{}
	next := func(i int) *block {
		if i+1 < len(sections) {
			return sections[i+1].block
		}
		return nil
	}
	length := func(i int) int {
		s, n := sections[i], len(sections[i].code)
		switch {
		case s.jump == nil:
			if s.block.jt != next(i) {
				n++
			}
			return n
		case far[i].jt && far[i].jf:
			return n + 3
		case far[i].jt || far[i].jf:
			return n + 2
		}
		return n + 1
	}
	for changed := true; changed; {
		changed = false
		at := 0
		for i := range sections {
			start[sections[i].block] = at
			at += length(i)
		}
		for i, s := range sections {
			if s.jump == nil || s.block.kind == blockReturn {
				continue
			}
			from := start[s.block] + len(s.code) + 1
			jt, jf := start[s.block.jt]-from > 255, start[s.block.jf]-from > 255
			if jt && !far[i].jt || jf && !far[i].jf {
				far[i].jt, far[i].jf = far[i].jt || jt, far[i].jf || jf
				changed = true
			}
		}
	}

	var code []Instruction
	goTo := func(b *block) {
		code = append(code, Instruction{Op: opJumpAlways, K: uint32(start[b] - len(code) - 1)})
	}
	for i, s := range sections {
		code = append(code, s.code...)
		switch {
		case s.jump == nil:
			if s.block.jt != next(i) {
				goTo(s.block.jt)
			}
			continue
		case s.block.kind == blockReturn:
			code = append(code, *s.jump)
			continue
		}
		jump, from := *s.jump, len(code)+1
		if !far[i].jt {
			jump.Jt = uint8(start[s.block.jt] - from)
		}
		switch {
		case !far[i].jf:
			jump.Jf = uint8(start[s.block.jf] - from)
		case far[i].jt:
			jump.Jf = 1
		}
		code = append(code, jump)
		if far[i].jt {
			goTo(s.block.jt)
		}
		if far[i].jf {
			goTo(s.block.jf)
		}
	}
	return code
}
