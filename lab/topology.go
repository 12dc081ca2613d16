package lab

import (
	"net/netip"
	"time"

	"thinnet/transport/tcp"
	"thinnet/wire"
)

// Topology is what a topology file says: a network, what runs in it, and what
// is to be done there. The documentation of the package describes the file.
type Topology struct {
	File  string // as Parse was told
	Nodes []*Node
	Links []*Link
	Steps []*Step
}

// Node is a host or a switch.
type Node struct {
	Pos
	Name string
	// Switch is nil for a host. A switch has none of the fields below.
	Switch     *Switch
	Interfaces []*Interface
	Routes     []Route
	Forwarding bool
	TCP        tcp.Settings
	Services   []Service

	broken bool // there was a problem with it
}

// Switch says what kind of switch a node is.
type Switch struct {
	Ports int           // named "1" to the number, 1 to 1024
	Aging time.Duration // 0: the default of 300 s
}

// Interface is a network interface of a host.
type Interface struct {
	Pos
	Name      string // 1 to 15 characters
	Addresses []Address
	MAC       wire.MAC // zero: chosen
	MTU       int      // bytes; 0: that of the link
}

// Address is an address of an interface and the length of its network's prefix.
type Address struct {
	Pos
	netip.Prefix
}

// Route is a route of a host. Via or Interface may be missing, not both.
type Route struct {
	Pos
	To        netip.Prefix
	Via       netip.Addr
	Interface string
}

// Link is a cable, or a connection to an interface of this computer.
type Link struct {
	Pos
	Ends [2]End
	// There is what happens to frames from the first end to the second, Back
	// the other way.
	There, Back Impairment
	MTU         int // bytes, 68 to 65535; 0: 1500

	broken bool // there was a problem with it
}

// End is one end of a link: an interface of a host, a port of a switch, or an
// interface of this computer.
type End struct {
	Pos
	Node    *Node  // nil: this computer
	Outside string // tap or packet, if it is this computer
	Port    string
}

// String returns the end as the file has it, such as client:eth0 or tap:thin0.
func (e End) String() string {
	if e.Node == nil {
		return e.Outside + ":" + e.Port
	}
	return e.Node.Name + ":" + e.Port
}

// Impairment is what a direction of a link does to the frames on it. The zero
// value delivers all of them at once.
type Impairment struct {
	Delay, Jitter                     time.Duration
	Rate                              int64   // bits a second; 0: no limit
	Loss, Duplicate, Corrupt, Reorder float64 // probability, 0 to 1
	Queue                             int     // frames that wait for the wire; 0: the default
}

// Step is one command on a host.
type Step struct {
	Pos
	Node  *Node
	Line  Line
	Stdin string
}
