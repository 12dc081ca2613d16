package flow

import (
	"slices"

	"thinnet/wire"
)

// Chunk is a run of bytes that one side of a stream sent.
type Chunk struct {
	From Side
	// Data is valid until the function that was given the chunk returns.
	Data []byte
	// Missing, if it is not 0, is how many bytes the side sent here that were not
	// captured. Data is empty then.
	Missing uint32
}

// What an Assembler holds of each side until what comes before it is there.
const (
	maxHeld      = 1024    // segments
	maxHeldBytes = 4 << 20 // bytes
)

// Assembler puts the bytes of one stream in order. Bytes that come again are left
// out; the first to come count. The zero Assembler has seen nothing.
type Assembler struct{ sides [2]half }

// half is what one side sends.
type half struct {
	started bool
	next    uint32    // the number of the next byte
	held    []segment // by number, all behind next
	bytes   int       // in held
}

type segment struct {
	seq    uint32
	length uint32 // on the wire
	data   []byte // what was captured of it
}

// Add takes a segment of the stream, and calls emit with what is in order by it.
// What a side sends comes in order; which side comes first is as captured.
func (a *Assembler) Add(h *Headers, from Side, emit func(Chunk)) {
	side, other := &a.sides[from], &a.sides[from.Other()]
	flags, seq := h.TCP.Flags(), h.TCP.Seq()
	if flags&wire.FlagSYN != 0 {
		seq++ // the SYN itself
	}
	if !side.started {
		side.started, side.next = true, seq
	}
	if flags&wire.FlagACK != 0 {
		other.acknowledged(h.TCP.Ack(), from.Other(), emit)
	}
	if h.PayloadLen <= 0 || flags&wire.FlagRST != 0 {
		return
	}
	side.take(segment{seq, uint32(h.PayloadLen), h.Payload}, from, emit)
	for len(side.held) > maxHeld || side.bytes > maxHeldBytes {
		side.skip(from, emit)
	}
}

// End says that no more segments come: what is held is emitted, with what is
// missing before it.
func (a *Assembler) End(emit func(Chunk)) {
	for _, from := range []Side{A, B} {
		for len(a.sides[from].held) > 0 {
			a.sides[from].skip(from, emit)
		}
	}
}

// take emits a segment if it is next, and holds it if it is ahead.
func (s *half) take(g segment, from Side, emit func(Chunk)) {
	if int32(g.seq-s.next) > 0 {
		s.hold(g)
		return
	}
	s.deliver(g, from, emit)
	s.drain(from, emit)
}

// hold keeps a copy of a segment that is ahead.
func (s *half) hold(g segment) {
	i, _ := slices.BinarySearchFunc(s.held, g, func(a, b segment) int { return int(int32(a.seq - b.seq)) })
	if i < len(s.held) && s.held[i].seq == g.seq && s.held[i].length >= g.length {
		return
	}
	g.data = slices.Clone(g.data)
	s.held = slices.Insert(s.held, i, g)
	s.bytes += len(g.data)
}

// drain emits what is held and no longer ahead.
func (s *half) drain(from Side, emit func(Chunk)) {
	n := 0
	for ; n < len(s.held) && int32(s.held[n].seq-s.next) <= 0; n++ {
		s.bytes -= len(s.held[n].data)
		s.deliver(s.held[n], from, emit)
	}
	s.held = slices.Delete(s.held, 0, n)
}

// deliver emits what is new in a segment that starts at next or before.
func (s *half) deliver(g segment, from Side, emit func(Chunk)) {
	old := s.next - g.seq
	if old >= g.length {
		return
	}
	s.next = g.seq + g.length
	if int(old) < len(g.data) {
		emit(Chunk{From: from, Data: g.data[old:]})
		old = uint32(len(g.data))
	}
	if old < g.length {
		emit(Chunk{From: from, Missing: g.length - old})
	}
}

// skip gives up what is missing before the first segment that is held.
func (s *half) skip(from Side, emit func(Chunk)) {
	emit(Chunk{From: from, Missing: s.held[0].seq - s.next})
	s.next = s.held[0].seq
	s.drain(from, emit)
}

// acknowledged says that the other side has everything before ack: what is
// missing there was not captured, and will not come again.
func (s *half) acknowledged(ack uint32, from Side, emit func(Chunk)) {
	for len(s.held) > 0 && int32(ack-s.held[0].seq) > 0 {
		s.skip(from, emit)
	}
}
