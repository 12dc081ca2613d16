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

// portUse says whether a port may be chosen.
type portUse uint8

const (
	portTaken portUse = iota
	portAgain         // it may, in place of a connection that has ended
	portFree
)

// freeIf is for ports that are free or taken.
func freeIf(free bool) portUse {
	if free {
		return portFree
	}
	return portTaken
}

// fewPorts is how many ports are looked at for one that is free, if there is one to use
// again. They are given in turn, so that one was given longest ago: who has opened more
// connections within TIME-WAIT than there are ports does not look at all of them each time.
const fewPorts = 8

// ephemeral chooses a local port: RFC 6056, section 3.3.3, "Simple Hash-Based Port
// Selection Algorithm". Two connections to different peers begin at unrelated places,
// and those to one peer count up.
func (s *Stack) ephemeral(local netip.Addr, remote netip.AddrPort, use func(port uint16) portUse) (uint16, error) {
	const count = lastEphemeral - firstEphemeral + 1
	offset := uint32(tcp.TupleHash(s.key, netip.AddrPortFrom(local, 0), remote))
	var again uint16
	var behind uint32 // nextPort behind again
	for i := range count {
		port := uint16(firstEphemeral + (offset+s.nextPort)%count)
		s.nextPort++
		switch u := use(port); {
		case u == portFree:
			return port, nil
		case u == portAgain && again == 0:
			again, behind = port, s.nextPort
		}
		if again != 0 && i >= fewPorts-1 {
			s.nextPort = behind
			return again, nil
		}
	}
	return 0, syscall.EADDRNOTAVAIL
}
