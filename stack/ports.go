package stack

import (
	"net/netip"
	"syscall"

	"thinnet/transport/tcp"
)

// The range of ephemeral ports, as Linux's net.ipv4.ip_local_port_range.
const (
	firstEphemeral = 32768
	lastEphemeral  = 60999
)

// ephemeral chooses a local port that free accepts: RFC 6056, section 3.3.3,
// "Simple Hash-Based Port Selection Algorithm". Two connections to different
// peers begin at unrelated places, and those to one peer count up.
func (s *Stack) ephemeral(local netip.Addr, remote netip.AddrPort, free func(port uint16) bool) (uint16, error) {
	const count = lastEphemeral - firstEphemeral + 1
	offset := uint32(tcp.TupleHash(s.key, netip.AddrPortFrom(local, 0), remote))
	for range count {
		port := uint16(firstEphemeral + (offset+s.nextPort)%count)
		s.nextPort++
		if free(port) {
			return port, nil
		}
	}
	return 0, syscall.EADDRNOTAVAIL
}
