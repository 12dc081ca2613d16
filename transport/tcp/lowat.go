package tcp

import "math"

// unsent returns how many bytes were written and not sent.
func (c *Conn) unsent() int { return max(c.buf.end().Sub(c.sndNxt), 0) }

// notSentRoom returns how many bytes NotSentLowat lets the user write.
func (c *Conn) notSentRoom() int {
	if c.set.NotSentLowat <= 0 {
		return math.MaxInt
	}
	return max(c.set.NotSentLowat-c.unsent(), 0)
}

// noteUnsent tells a user who waits to write that less than half of NotSentLowat is
// left: as with the send buffer, not for every byte.
func (c *Conn) noteUnsent() {
	if c.set.NotSentLowat > 0 && 2*c.unsent() < c.set.NotSentLowat && c.SendSpace() > 0 {
		c.events |= Writable
	}
}
