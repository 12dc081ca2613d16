package command

import (
	"net/netip"

	"thinnet/wire"
)

// echoAnswer takes apart an ICMP message that answers an echo request with an identifier,
// which was sent to dst: a reply, or an error that quotes the request. ok is false for
// any other.
func echoAnswer(m []byte, dst netip.Addr, id uint16) (h wire.ICMPv4, seq uint16, ok bool) {
	h, err := wire.ParseICMPv4(m)
	if err != nil {
		return h, 0, false
	}
	if h.Type() == wire.ICMPv4EchoReply {
		return h, h.Seq(), h.ID() == id
	}
	// An error quotes the request: its IP header and eight bytes behind it.
	quoted, err := wire.ParseIPv4(m[wire.ICMPv4Len:])
	if err != nil || quoted.Protocol() != wire.ProtocolICMP || quoted.Dst() != dst {
		return h, 0, false
	}
	request, err := wire.ParseICMPv4(m[wire.ICMPv4Len+quoted.HeaderLen():])
	if err != nil || request.Type() != wire.ICMPv4Echo || request.ID() != id {
		return h, 0, false
	}
	return h, request.Seq(), true
}
