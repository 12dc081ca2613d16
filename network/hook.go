package network

import (
	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
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
	// anew if its addresses change at Prerouting or LocalOut. One that drops a
	// packet that came in may put into its Note why, such as "firewall FORWARD
	// rule 3": a capture shows it.
	Packet *packet.Packet
}

// Hook looks at a packet and says what becomes of it.
type Hook func(now clock.Time, h HookPacket) Verdict

// SetHook makes f see the packets that pass point; nil takes it away.
func (l *Layer) SetHook(point HookPoint, f Hook) { l.hooks[point] = f }

// hook lets the hook of a point look at p, which starts with its IP header. What
// is not accepted is dealt with.
func (l *Layer) hook(now clock.Time, point HookPoint, in, out *Interface, p *packet.Packet) Verdict {
	f := l.hooks[point]
	if f == nil {
		return Accept
	}
	ip := int(p.Head()[0]&15) * 4
	p.Pull(min(p.Len(), ip+wire.TCPMaxLen))
	v := f(now, HookPacket{point, in, out, p})
	if v == Drop {
		i, why := in, p.Note
		if i == nil {
			i, why = out, "" // the note is the sender's
		}
		if why == "" {
			why = dropInfo[DropHook].name
		}
		l.dropAs(i, p, DropHook, why)
	}
	return v
}

// err returns what the sender of a packet that was not accepted is told.
func (v Verdict) err() error {
	if v == Drop {
		return ErrDropped
	}
	return nil
}
