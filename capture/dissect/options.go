package dissect

import (
	"net/netip"
	"time"
)

// Options say what is printed and how; the zero value is tcpdump without options.
// The letters are tcpdump's.
type Options struct {
	// Number prints the packet's number before it (-#).
	Number bool
	// Lengths prints the captured and the original length (--lengths).
	Lengths bool
	// Time is how the time stamp is printed (-t to -ttttt).
	Time TimeFormat
	// Nano prints time stamps in nanoseconds, not microseconds (--nano).
	Nano bool
	// Location is the time zone of local time; nil is time.Local.
	Location *time.Location
	// Numeric prints addresses and ports as numbers (-n).
	Numeric bool
	// Host returns the name of an address, "" if it has none. It is called for
	// each address that is printed, so it should remember its answers. nil
	// prints addresses as numbers; so does Numeric.
	Host func(netip.Addr) string
	// InterfaceName returns the name of the interface that has an index on the
	// host where the packet was captured; "" if it is not known. nil knows none.
	InterfaceName func(index uint32) string
	// NoDomain prints host names up to their first dot (-N).
	NoDomain bool
	// Link prints the link header (-e).
	Link bool
	// Verbose is how much is printed beyond the ordinary: 0 to 3 (-v, -vv, -vvv).
	Verbose int
	// Quiet prints less, if it is not 0 (-q).
	Quiet int
	// AbsoluteSeq prints TCP sequence numbers as they are on the wire (-S).
	AbsoluteSeq bool
	// OneLine does not break the line after the IP header (-g).
	OneLine bool
	// NoChecksum does not verify checksums (-K).
	NoChecksum bool
	// Dump adds the packet's bytes (-x to -AA).
	Dump Dump
	// Payload is what transport protocols carry, whatever their ports (-T).
	Payload Payload
}

// TimeFormat is how time stamps are printed.
type TimeFormat uint8

// Time formats, by the number of letters in tcpdump's option.
const (
	TimeOfDay      TimeFormat = iota // 22:57:44.252852, in local time
	TimeNone                         // -t: nothing
	TimeUnix                         // -tt: seconds since 1970
	TimeSincePrev                    // -ttt: since the packet before
	TimeDate                         // -tttt: date and time of day, in local time
	TimeSinceFirst                   // -ttttt: since the first packet
)

// Dump is how the bytes of a packet are added to its text.
type Dump uint8

// Dumps. Those whose name ends in Link start with the link header, the others
// after it.
const (
	DumpNone         Dump = iota
	DumpHex               // -x
	DumpHexLink           // -xx
	DumpHexASCII          // -X
	DumpHexASCIILink      // -XX
	DumpASCII             // -A
	DumpASCIILink         // -AA
)

// Payload is what UDP or TCP is said to carry.
type Payload uint8

// Payloads.
const (
	PayloadByPort Payload = iota // as the ports say
	PayloadDomain                // -T domain
	PayloadTFTP                  // -T tftp
	PayloadVXLAN                 // -T vxlan
)
