package tcp

import (
	"time"

	"thinnet/clock"
	"thinnet/wire"
)

// pawsIdle is how long TS.Recent is believed (RFC 7323, section 5.5).
const pawsIdle = 24 * 24 * time.Hour

// pawsSpan is how many bytes of the peer's are told from each other by their
// sequence numbers alone, with room to spare: an eighth of all numbers.
const pawsSpan = 1 << 29

// tsMark is a timestamp of the peer's, and where its bytes stood at the time.
type tsMark struct {
	val uint32
	seq Seq
}

// refuses is PAWS (RFC 7323, section 5.3, R1): whether a segment is too old to be
// one of the bytes that its sequence numbers mean today.
//
// Where R1 refuses any timestamp before TS.Recent, a segment is taken here if it
// was only overtaken: if it lies among what arrived ahead of its turn, and was sent
// less than pawsSpan bytes ago. Its sequence numbers cannot have wrapped since, nor
// is it of an earlier connection, and those are what PAWS is against. R1 would
// throw it away when the retransmission of something else has reached the peer
// before it, which section 5.3 takes for "very unlikely": on a path that reorders
// and loses it happens in every recovery, and the retransmission of what was thrown
// away overtakes the next one.
func (c *Conn) refuses(now clock.Time, s *Segment) bool {
	if !c.useTS || !s.Options.HasTimestamps || s.has(wire.FlagRST) ||
		!tsLess(s.Options.TSVal, c.tsRecent) || now.Sub(c.tsRecentAge) >= pawsIdle {
		return false
	}
	overtaken := c.early != nil && c.early.reaches(s.Seq)
	return !overtaken || tsLess(s.Options.TSVal, c.traffic().tsMark.val)
}

// noteTimestamp is R3 of RFC 7323, section 5.3, which section 4.3 explains:
// TS.Recent follows the segment that the next acknowledgement is for. seq is where
// the segment began.
func (c *Conn) noteTimestamp(now clock.Time, seq Seq, s *Segment) {
	if !c.useTS || !s.Options.HasTimestamps || c.lastAckSent.Less(seq) {
		return
	}
	if tsLess(s.Options.TSVal, c.tsRecent) && now.Sub(c.tsRecentAge) < pawsIdle {
		return // it was overtaken: see refuses
	}
	c.tsRecent, c.tsRecentAge = s.Options.TSVal, now
	if d := c.data; d != nil && c.rcvNxt.Sub(d.tsMark.seq) >= pawsSpan {
		d.tsMark = tsMark{c.tsRecent, c.rcvNxt}
	}
}

// tsLess reports whether timestamp a is before b.
func tsLess(a, b uint32) bool { return int32(a-b) < 0 }
