// Package neighbor knows the link addresses of the stations on a host's links,
// and how sure it is of each: the machine of RFC 4861, section 7.3, which Linux
// runs for ARP as well.
//
//	                 asked            answered
//	NONE ──────► INCOMPLETE ─────────► REACHABLE ◄─────────────┐
//	 ▲ in use again  │ 3 times no answer  │ 15 to 45 s         │ answered, or
//	 │               ▼                    ▼                    │ confirmed
//	 └─────────── FAILED ◄─── PROBE ◄── DELAY ◄── STALE        │ by a transport
//	                  3 times  │    5 s  │   in use            │
//	                  no answer└─────────┴─────────────────────┘
//
// It does not know how to ask: the layer above does, by ARP or by neighbour
// solicitation, and reports what it hears.
package neighbor

import "strconv"

// State is what is known of a neighbour.
type State uint8

// States, as Linux's ip neigh names them.
const (
	None       State = iota // nobody has asked yet
	Incomplete              // asked, not answered; packets wait
	Reachable               // the address is right
	Stale                   // it was right some time ago
	Delay                   // stale and in use; a transport may still confirm it
	Probe                   // asked again, by unicast
	Failed                  // there was no answer
	Permanent               // set by the user
	numStates
)

// gone marks an entry that has left its table. Whoever kept it looks it up anew.
const gone State = numStates

var stateNames = [numStates]string{
	"NONE", "INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT",
}

// String returns the state's name in capitals.
func (s State) String() string {
	if s < numStates {
		return stateNames[s]
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// usable reports whether packets may be sent to the link address.
func (s State) usable() bool {
	return s == Reachable || s == Stale || s == Delay || s == Probe || s == Permanent
}

// unknown reports whether no link address is known.
func (s State) unknown() bool { return s == None || s == Incomplete || s == Failed }
