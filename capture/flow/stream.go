package flow

import (
	"net/netip"

	"thinnet/wire"
)

// Side is one of the two ends of a stream or conversation: A or B.
type Side uint8

// Sides.
const (
	A Side = iota // of a stream: who opened it, as far as the capture shows
	B
)

// Other returns the other side.
func (s Side) Other() Side { return s ^ 1 }

// Stream is one TCP connection.
type Stream struct {
	// Number counts the streams from 0, in the order of their first segments.
	Number int
	// Ends are the addresses of A and B.
	Ends [2]netip.AddrPort

	isn    [2]uint32 // the number of a side's SYN
	hasISN [2]bool
}

// MaxStreams is how many streams are told apart at a time. The one that was met
// first is forgotten for a new one; a segment of it would start another.
const MaxStreams = 1 << 16

// Streams tells TCP connections apart. The zero Streams has met none.
type Streams struct {
	known  map[pair]*Stream
	order  []pair // by age, from oldest on, once it is full
	oldest int
	count  int
}

// pair is two ends whichever way a packet goes: the lesser one comes first.
type pair struct {
	protocol uint16
	ends     [2]netip.AddrPort
}

// pairOf returns a packet's pair, and whether the lesser end sent it.
func pairOf(protocol uint16, src, dst netip.AddrPort) (p pair, fromLesser bool) {
	if src.Compare(dst) <= 0 {
		return pair{protocol, [2]netip.AddrPort{src, dst}}, true
	}
	return pair{protocol, [2]netip.AddrPort{dst, src}}, false
}

// Len returns how many streams there were.
func (s *Streams) Len() int { return s.count }

// Of returns the stream that a segment belongs to, and the side that sent it; nil
// for what is not a TCP segment whose header was captured. A SYN with another
// number than the side's first one starts another stream between the same ends.
func (s *Streams) Of(h *Headers) (*Stream, Side) {
	if h.TCP == nil {
		return nil, A
	}
	src, dst := netip.AddrPortFrom(h.Src, h.SrcPort), netip.AddrPortFrom(h.Dst, h.DstPort)
	key, _ := pairOf(uint16(wire.ProtocolTCP), src, dst)
	flags, seq := h.TCP.Flags(), h.TCP.Seq()
	syn := flags&(wire.FlagSYN|wire.FlagRST) == wire.FlagSYN
	t := s.known[key]
	if t != nil && syn && t.reopened(t.side(src), seq, flags) {
		t = nil
	}
	if t == nil {
		t = &Stream{Number: s.count, Ends: [2]netip.AddrPort{src, dst}}
		if syn && flags&wire.FlagACK != 0 { // the answer: the question was not captured
			t.Ends = [2]netip.AddrPort{dst, src}
		}
		s.count++
		s.add(key, t)
	}
	side := t.side(src)
	if syn {
		t.isn[side], t.hasISN[side] = seq, true
	}
	return t, side
}

// reopened says whether a SYN opens another connection between the ends.
func (t *Stream) reopened(side Side, seq uint32, flags wire.TCPFlags) bool {
	if t.hasISN[side] {
		return t.isn[side] != seq
	}
	// A connection whose start was not captured is over. But a SYN may yet be the
	// answer to the other side's, or cross it.
	return !t.hasISN[side.Other()]
}

func (t *Stream) side(src netip.AddrPort) Side {
	if src == t.Ends[A] {
		return A
	}
	return B
}

// ISN returns the sequence number of a side's SYN, if that was captured.
func (t *Stream) ISN(side Side) (seq uint32, ok bool) { return t.isn[side], t.hasISN[side] }

// add makes a stream the one between its ends.
func (s *Streams) add(key pair, t *Stream) {
	if s.known == nil {
		s.known = make(map[pair]*Stream)
	}
	if _, there := s.known[key]; !there {
		if len(s.order) < MaxStreams {
			s.order = append(s.order, key)
		} else {
			delete(s.known, s.order[s.oldest])
			s.order[s.oldest] = key
			s.oldest = (s.oldest + 1) % MaxStreams
		}
	}
	s.known[key] = t
}
