// Package link is the data link layer's contract: what a device is, whoever
// stands at either end of it.
//
// Frames are pushed. A host, a bridge or a program writes frames to a [Device]
// and is handed the frames that come in by it. Devices nest: a monitor or an
// offload is a device around another device.
package link

import (
	"strconv"

	"thinnet/packet"
	"thinnet/wire"
)

// Device is a network interface card, or something that looks like one: the end
// of a virtual cable, a TAP interface, a monitor around another device. Its
// methods may be called from any goroutine. A caller must hold no lock that the
// device's receiver takes: WriteBatch may run the receiver at the other end, and
// that one may write back, before it returns.
type Device interface {
	// WriteBatch sends the frames and takes them over: b is empty afterwards.
	// Frames that cannot be sent (too long, queue full, device down) are
	// released and counted in Stats. Frames that need what Capabilities does
	// not offer are the caller's mistake; package offload splits and sums.
	WriteBatch(b *packet.Batch)
	// SetReceiver says who is handed the frames that come in. nil discards
	// them, as before the first call.
	SetReceiver(r Receiver)
	// Capabilities says what the device takes. It does not change.
	Capabilities() Capabilities
	// Stats returns the counters so far.
	Stats() Stats
	// Close detaches the device: nothing is delivered after it returns, and
	// what is written is dropped. The second call does nothing.
	Close() error
}

// Receiver takes the frames that come in by a device. DeliverBatch takes them
// over: b is empty afterwards. It does not block.
type Receiver interface {
	DeliverBatch(b *packet.Batch)
}

// Capabilities says what a device takes, in bytes.
type Capabilities struct {
	// MTU is the longest network packet, without the link header: 68 to 65535.
	MTU int
	// MaxSegmented is the longest network packet that the device takes with
	// SegmentTCP or SegmentUDP; 0 if it takes none.
	MaxSegmented int
	// Checksum: the device takes packets with ChecksumPartial.
	Checksum bool
	// Headers is the kind of link header on the device's frames.
	Headers HeaderType
}

// HeaderType is the link header that a device's frames start with.
type HeaderType uint8

// Kinds of link header.
const (
	HeaderEthernet HeaderType = iota // Ethernet II
	HeaderNone                       // the IP packet itself, as on a TUN interface
)

// DefaultMTU is Ethernet's, in bytes.
const DefaultMTU = 1500

// Stats counts what went through a device, as Linux's ip -s link does.
type Stats struct {
	RxPackets, RxBytes uint64
	TxPackets, TxBytes uint64
	// Drops counts what was dropped, by reason.
	Drops Drops
}

// DropReason says why a device dropped a frame.
type DropReason uint8

// Reasons for a device to drop a frame.
const (
	DropQueueFull   DropReason = iota // the transmit queue had no room
	DropDown                          // the cable is down, the device closed or without a receiver
	DropTooLong                       // longer than the MTU, or than a frame can be
	DropTooShort                      // shorter than a link header
	DropLoss                          // lost on purpose by an impaired cable
	DropBadFrame                      // a header that cannot be split or summed
	DropDestination                   // no port to send it to: a bridge's own source came back
	DropError                         // the operating system refused it
	DropStorm                         // flooded beyond a bridge's storm control
	NumDropReasons
)

var dropNames = [NumDropReasons]string{
	"queue full", "down", "too long", "too short", "loss", "bad frame", "no destination", "error", "storm",
}

// String returns the reason in words.
func (r DropReason) String() string {
	if int(r) < len(dropNames) {
		return dropNames[r]
	}
	return "DropReason(" + strconv.Itoa(int(r)) + ")"
}

// Drops counts dropped frames by reason.
type Drops [NumDropReasons]uint64

// Total returns the number of dropped frames.
func (d *Drops) Total() uint64 {
	var n uint64
	for _, c := range d {
		n += c
	}
	return n
}

// LocalMAC returns a locally administered unicast address made from id: of
// 2^40 numbers each has an address of its own (02:xx:xx:xx:xx:xx).
func LocalMAC(id uint64) wire.MAC {
	return wire.MAC{0x02, byte(id >> 32), byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}
}
