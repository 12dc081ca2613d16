// Package congestion decides how much a TCP connection may have in flight:
// numbers in, a window and a pacing rate out. An algorithm is one file; it
// knows nothing of segments, timers or sockets, and joins the others with
// [Register].
package congestion

import (
	"time"

	"thinnet/clock"
)

// State is what an algorithm steers and its connection obeys. All sizes are in
// bytes.
type State struct {
	// Window is the congestion window, cwnd: at least MSS.
	Window int
	// Threshold is the slow start threshold, ssthresh.
	Threshold int
	// MSS is the sender's maximum segment size.
	MSS int
	// PacingRate is in bytes a second; 0 sends as fast as the window allows.
	PacingRate int64
}

// Infinite is the Threshold before the first loss.
const Infinite = 1<<31 - 1

// NewState returns the state of a connection that begins with a window of
// segments times mss bytes.
func NewState(mss, segments int) State {
	return State{Window: mss * segments, Threshold: Infinite, MSS: mss}
}

// SlowStart reports whether the window is below the threshold.
func (s *State) SlowStart() bool { return s.Window < s.Threshold }

// Ack tells of one acknowledgement of new data.
type Ack struct {
	Now      clock.Time
	Acked    int           // bytes that it acknowledges
	InFlight int           // bytes in flight before it came
	RTT      time.Duration // this measurement; 0: none
	SRTT     time.Duration
	// Round: it acknowledges what was sent when the last round ended, so a new
	// round trip begins.
	Round bool
	// Rate is the delivery rate that it shows, in bytes a second; 0: none. AppLimited
	// says that the application had nothing to send meanwhile, so that the path may
	// take more.
	Rate       int64
	AppLimited bool
	// Limited: the window, and not the application or the receiver, was what
	// kept the sender from sending more (RFC 7661).
	Limited bool
}

// Controller is an algorithm with the memory of one connection.
type Controller interface {
	// Name is what Linux calls it, such as "cubic".
	Name() string
	// OnAck tells of an acknowledgement outside of a reduction.
	OnAck(s *State, a Ack)
	// OnCongestion tells of a loss or of a mark (ECN) with inFlight bytes
	// outstanding. It sets the threshold, which the connection then brings the
	// window down to.
	OnCongestion(s *State, now clock.Time, inFlight int)
	// OnTimeout tells that the retransmission timer fired, for the first time
	// in a row. It sets the threshold; the connection begins again with one
	// segment.
	OnTimeout(s *State, now clock.Time, inFlight int)
	// OnUndo tells that the last congestion or timeout was none: the window and
	// the threshold are what they were before.
	OnUndo(s *State, now clock.Time)
	// OnIdle tells that nothing was sent for the time d, which has just ended.
	OnIdle(d time.Duration)
}
