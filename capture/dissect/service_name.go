package dissect

import "thinnet/wire"

// ServiceName returns the name of a TCP or UDP port, such as http for 80; "" if
// it has none.
func ServiceName(proto wire.Protocol, port uint16) string {
	if proto == wire.ProtocolUDP {
		return wellKnown().udp[port]
	}
	return wellKnown().tcp[port]
}
