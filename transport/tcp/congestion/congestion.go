// Package congestion decides how much a TCP connection may have in flight:
// numbers in, a window and a pacing rate out. An algorithm is one file; it
// knows nothing of segments, timers or sockets.
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
	// Limited: the window, and not the application or the receiver, was what
	// kept the sender from sending more (RFC 7661).
	Limited bool
}

// Controller is an algorithm with the memory of one connection.
type Controller interface {
	// Name is what Linux calls it, such as "reno".
	Name() string
	// OnAck tells of an acknowledgement outside of fast recovery.
	OnAck(s *State, a Ack)
	// OnLoss tells that fast recovery begins with inFlight bytes outstanding.
	// It sets the threshold and the window for the recovery.
	OnLoss(s *State, now clock.Time, inFlight int)
	// OnTimeout tells that the retransmission timer fired for the first time
	// in a row.
	OnTimeout(s *State, now clock.Time, inFlight int)
	// OnRecovered tells that fast recovery is over.
	OnRecovered(s *State, now clock.Time)
}
