package tcp

import (
	"testing"

	"thinnet/clock"
	"thinnet/wire"
)

// What was overtaken is taken only as long as its sequence numbers cannot have
// wrapped: from pawsSpan bytes ago on.
func TestOvertaken(t *testing.T) {
	c := Conn{Remnant: Remnant{useTS: true, tsRecent: 1000, rcvNxt: pawsSpan / 2}, data: &traffic{tsMark: tsMark{val: 100}}, early: &reorderQueue{}}
	at := func(seq Seq, val uint32) *Segment {
		return &Segment{Seq: seq, Len: 100, Options: wire.TCPOptions{HasTimestamps: true, TSVal: val}}
	}
	const now = clock.Time(1)
	if !c.refuses(now, at(c.rcvNxt, 999)) {
		t.Error("taken with nothing behind it")
	}
	c.early.cover(c.rcvNxt+1000, c.rcvNxt+2000)
	if c.refuses(now, at(c.rcvNxt+500, 999)) || c.refuses(now, at(c.rcvNxt, 100)) {
		t.Error("refused though only overtaken")
	}
	if !c.refuses(now, at(c.rcvNxt+2000, 999)) {
		t.Error("taken behind all that has arrived")
	}
	if !c.refuses(now, at(c.rcvNxt, 99)) {
		t.Error("taken though older than what is remembered")
	}
	c.rcvNxt, c.lastAckSent = pawsSpan, pawsSpan
	c.noteTimestamp(now, c.lastAckSent, at(c.lastAckSent, 1001))
	if !c.refuses(now, at(c.rcvNxt, 1000)) {
		t.Errorf("taken after %d bytes, in which sequence numbers may begin to repeat themselves", pawsSpan)
	}
	c.noteTimestamp(now, c.lastAckSent, at(c.lastAckSent, 1000))
	if c.tsRecent != 1001 {
		t.Errorf("TS.Recent went back to %d", c.tsRecent)
	}
}
