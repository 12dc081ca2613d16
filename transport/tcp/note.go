package tcp

import (
	"strconv"

	"thinnet/wire"
)

// Notes on segments, for a capture. They are constants, so that they cost nothing.
const (
	noteFast        = "retransmission: fast recovery"
	noteAfterRTO    = "retransmission: after RTO"
	noteTailLoss    = "retransmission: tail loss probe"
	noteWindowProbe = "window probe"
	noteKeepAlive   = "keepalive"
)

// rtoNotes are the notes of what a retransmission timeout sends, by how many there
// were in a row. The last stands for more.
var rtoNotes = func() (notes [16]string) {
	for i := range notes {
		notes[i] = "retransmission: RTO " + strconv.Itoa(i)
	}
	return notes
}()

// note says why a segment of n bytes is sent from seq on; "" if that goes without
// saying, as of everything that is sent for the first time.
func (c *Conn) note(seq Seq, n int, flags wire.TCPFlags) string {
	switch {
	case seq == c.sndNxt, flags&wire.FlagSYN != 0 && !c.synResent:
		return ""
	case flags&wire.FlagSYN != 0:
		return c.rtoNote()
	case n == 0 && flags&wire.FlagFIN == 0:
		if c.probes > 0 {
			return noteKeepAlive
		}
		return noteWindowProbe
	case c.recovery.state == caLoss:
		return c.rtoNote()
	case c.recovery.state == caRecovery:
		return noteFast
	}
	return noteTailLoss
}

func (c *Conn) rtoNote() string {
	if c.retries == 0 {
		return noteAfterRTO
	}
	return rtoNotes[min(int(c.retries), len(rtoNotes)-1)]
}
