package tcp

import (
	"thinnet/clock"
	"thinnet/wire"
)

// Remnant is what of a connection TIME-WAIT needs. It is all that is left of one whose user
// is gone, in a quarter of the memory: a busy server has thousands of them, and all they do is
// wait.
type Remnant struct {
	_ [0]func() // as in Conn

	set *Settings

	localPort, remotePort uint16
	pseudo                uint16 // sum of the pseudo-header without the length

	state      State
	role       role
	userClosed bool // Close: nobody will read any more
	finQueued  bool // a FIN follows the last byte of the send buffer
	finSent    bool // and was sent at least once
	readClosed bool // CloseRead
	gotFIN     bool // the peer's FIN was received in order
	zeroWindow bool // the last window that the peer was told is 0
	useTS      bool // both ends agreed on timestamps
	useSACK    bool
	useScale   bool
	useECN     bool // both ends agreed on ECN
	ecnEcho    bool // the peer is told of a mark until it has reduced its window

	sndScale, rcvScale uint8

	sndUna, sndNxt Seq
	sndWl1, sndWl2 Seq
	sndWnd         int
	maxSndWnd      int
	advMSS         int32 // bytes of payload and options that we told the peer to send
	mtu            int32 // the longest IP packet on the path, as far as IP knows, bytes
	peerMSS        int32 // bytes of payload and options that the peer takes in a segment
	maxSegment     int32 // bytes of payload and options in a super-segment; 0: none
	headerLen      int32 // bytes of IP header

	rcvNxt      Seq
	rcvAdv      Seq // right edge of the window that the peer knows
	lastAckSent Seq
	rcvBufSize  int
	rcvMSS      int32 // the largest segment seen, bytes

	tsOffset    uint32
	tsRecent    uint32
	tsRecentAge clock.Time

	waitAt       clock.Time // the end of FIN-WAIT-2 without a user, and of TIME-WAIT
	lastReceived clock.Time // anything
	lastInvalid  clock.Time // acknowledgement sent for a segment that was not acceptable
}

// Rests reports whether a connection does nothing but wait for the end of TIME-WAIT: what is
// left of it is a Remnant, and when it ends is Deadline.
func (c *Conn) Rests() bool {
	return c.state == TimeWait && c.userClosed && c.held == 0 && !c.HasOutput() && c.Deadline() == c.waitAt
}

// Leave makes r what is left of a connection that rests, which is not used any more: who
// counts the host's connections goes on counting it.
func (c *Conn) Leave(r *Remnant) {
	c.forget()
	*r = c.Remnant
}

// State returns the state.
func (r *Remnant) State() State { return r.state }

// CanReplace reports whether a SYN that arrived for a connection in TIME-WAIT
// may open a new one in its place (RFC 9293, section 3.6.1, MAY-2; RFC 6191):
// its timestamp, or its sequence number, is beyond the old connection's.
func (r *Remnant) CanReplace(s *Segment) bool {
	if r.state != TimeWait || s.Flags&(wire.FlagSYN|wire.FlagACK|wire.FlagRST|wire.FlagFIN) != wire.FlagSYN {
		return false
	}
	if r.useTS && s.Options.HasTimestamps && s.Options.TSVal != r.tsRecent {
		return int32(s.Options.TSVal-r.tsRecent) > 0
	}
	return r.rcvNxt.Less(s.Seq)
}

// NextISS returns an initial sequence number beyond everything that this
// connection, in TIME-WAIT, has sent.
func (r *Remnant) NextISS() Seq { return r.sndNxt.Add(65535 + 2) }

// End ends a connection that rests: m, which counted it, does not any more.
func (r *Remnant) End(m *Memory) {
	m.roles[r.role]--
	m.roles[roleNone]++
	r.state, r.role = Closed, roleNone
}

// Revive makes c the connection that r is what is left of, on a host with such counters,
// queues and memory. It answers as if it had never rested; what it had measured is forgotten.
func (c *Conn) Revive(r *Remnant, cnt *Counters, q *Queues, m *Memory) {
	*c = Conn{}
	c.Remnant = *r
	c.cnt, c.queues, c.mem = cnt, q, m
	c.rtoAt, c.lossAt, c.ackAt, c.keepAt = clock.Never, clock.Never, clock.Never, clock.Never
	// The FIN, behind what was written, was acknowledged.
	c.buf.base = c.sndNxt - 1
	c.fitSegments()
	c.startWindow(c.set.InitialWindow)
}
