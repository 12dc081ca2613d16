package capture

import (
	"net/netip"
	"time"
)

// MaxSnapLen is the longest packet that is kept, in bytes: libpcap's and
// tcpdump's limit, and their default snapshot length.
const MaxSnapLen = 262144

// Packet is one packet as it was captured.
type Packet struct {
	// Time is when the packet was seen.
	Time time.Time
	// BadFraction is not 0 if the record gave a fraction of a second that is
	// not below one: the fraction, in nanoseconds. Time is then later than the
	// record's seconds by as much.
	BadFraction uint64
	// Data holds the bytes that were kept, from the link header on. Whoever
	// hands out the record says how long they stay valid.
	Data []byte
	// OrigLen is the length of the packet on the wire in bytes: more than
	// len(Data) if the packet was cut at the snapshot length.
	OrigLen int
	// Interface is the index of the interface in the capture, from 0.
	Interface int
	// LinkType says what the bytes of Data start with.
	LinkType LinkType
	// Direction is the way the packet went, seen from the interface.
	Direction Direction
	// Comment is what a person or a program noted about the packet, as UTF-8.
	Comment string
}

// Direction is the way a packet went, seen from the interface it was captured on.
// The values are those of pcapng's epb_flags, bits 0 and 1.
type Direction uint8

// Directions.
const (
	DirectionUnknown Direction = iota
	Inbound
	Outbound
)

// String returns "unknown", "in" or "out".
func (d Direction) String() string {
	switch d {
	case Inbound:
		return "in"
	case Outbound:
		return "out"
	}
	return "unknown"
}

// Interface is one of the interfaces of a capture.
type Interface struct {
	// Name is the interface's name, such as ens33; "" if the capture has none.
	Name string
	// LinkType is the link type of its packets.
	LinkType LinkType
	// SnapLen is how many bytes of a packet were kept at most.
	SnapLen int
}

// Statistics counts what an interface saw during a capture, in packets.
type Statistics struct {
	// Received counts what the interface received.
	Received uint64
	// Dropped counts what was lost because the capture could not keep up.
	Dropped uint64
}

// Name is a host name that a capture carries for an address.
type Name struct {
	Addr netip.Addr
	Name string
}
