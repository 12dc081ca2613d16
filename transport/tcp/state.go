package tcp

import "strconv"

// State is a state of a connection (RFC 9293, section 3.3.2).
type State uint8

// The eleven states.
const (
	Closed State = iota
	Listen
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	CloseWait
	Closing
	LastAck
	TimeWait
)

var stateNames = [...]string{
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
	"FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
}

// String returns the RFC's name of the state.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// synchronized reports whether both ends know each other's sequence numbers
// (RFC 9293, section 3.5.2, group 3).
func (s State) synchronized() bool { return s >= Established }

// canSend reports whether the user may still send: the CLOSE call has not been
// made.
func (s State) canSend() bool { return s == Established || s == CloseWait }
