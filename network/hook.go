package network

import (
	"thinnet/clock"
	"thinnet/packet"
)

// HookPoint is a place on a packet's way where a [Hook] sees it: the five of
// Linux's netfilter.
type HookPoint uint8

// Hook points.
const (
	Prerouting  HookPoint = iota // came in and is sound, before it is routed
	LocalIn                      // whole, for this host
	Forward                      // to be sent on, its TTL decremented
	LocalOut                     // made by this host, routed
	Postrouting                  // about to go out, before it is fragmented
	numHookPoints
)

// Verdict is what becomes of a packet that a hook saw.
type Verdict uint8

// Verdicts.
const (
	Accept Verdict = iota // goes on
	Drop                  // is released and counted
	Stolen                // the hook has taken it over
)

// HookPacket is a packet at a hook point. It is valid until the hook returns.
type HookPacket struct {
	Point   HookPoint
	In, Out *Interface // nil where there is none yet, or was none
	// Packet starts at the network header, which lies in its head together
	// with at least 60 bytes behind it, or all there are. A hook may rewrite
	// both, and sets right what checksums they have; the packet is routed
	// anew if its addresses change at Prerouting or LocalOut.
	Packet *packet.Packet
}

// Hook looks at a packet and says what becomes of it.
type Hook func(now clock.Time, h HookPacket) Verdict

// SetHook makes f see the packets that pass point; nil takes it away.
func (l *Layer) SetHook(point HookPoint, f Hook) { l.hooks[point] = f }
