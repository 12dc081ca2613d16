package tcp

import "thinnet/wire"

// Codepoints of the ECN field in an IP header (RFC 3168, section 5).
const (
	ecnMask = 3
	ecnECT0 = 2 // ECN-capable
	ecnCE   = 3 // congestion experienced
)

// ecnFlags returns the ECN flags of a segment with the given ones. fresh says that
// it carries data for the first time.
func (c *Conn) ecnFlags(flags wire.TCPFlags, fresh bool) wire.TCPFlags {
	switch {
	case flags&(wire.FlagSYN|wire.FlagACK) == wire.FlagSYN:
		// Section 6.1.1. A SYN that was lost may have been lost for its flags.
		if c.offerECN && c.backoff == 0 {
			return wire.FlagECE | wire.FlagCWR
		}
		return 0
	case flags&wire.FlagSYN != 0:
		if c.useECN {
			return wire.FlagECE
		}
		return 0
	case !c.useECN || flags&wire.FlagRST != 0:
		return 0
	}
	var f wire.TCPFlags
	if c.ecnEcho {
		f |= wire.FlagECE
	}
	if c.cwrQueued && fresh {
		c.cwrQueued = false
		f |= wire.FlagCWR
	}
	return f
}

// ecnTOS returns the ECN field for a segment: section 6.1.4, pure acknowledgements
// and segments sent again are not ECN-capable.
func (c *Conn) ecnTOS(fresh bool) uint8 {
	if c.useECN && fresh && c.state.synchronized() {
		return ecnECT0
	}
	return 0
}

// ecnSYN takes the flags of the peer's SYN or SYN-ACK: section 6.1.1.
func (c *Conn) ecnSYN(s *Segment) {
	both := s.Flags & (wire.FlagECE | wire.FlagCWR)
	if s.has(wire.FlagACK) {
		c.useECN = c.offerECN && both == wire.FlagECE
	} else {
		c.useECN = c.set.ECN != ECNOff && both == wire.FlagECE|wire.FlagCWR
	}
}

// ecnInput takes the marks of a segment that arrived: section 6.1.3.
func (c *Conn) ecnInput(s *Segment) {
	if !c.useECN {
		return
	}
	if s.has(wire.FlagCWR) {
		c.ecnEcho = false
	}
	c.ecnSeen = c.ecnSeen || s.TOS&ecnMask != 0
	if s.TOS&ecnMask == ecnCE {
		c.cnt.IPCEReceived++
		if !c.ecnEcho {
			c.ecnEcho = true
			c.ackNow = true
		}
	}
}

// queueCWR has the peer told that the window was reduced.
func (c *Conn) queueCWR() { c.cwrQueued = c.useECN }
