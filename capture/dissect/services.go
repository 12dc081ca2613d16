package dissect

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"thinnet/wire"
)

// The names that Debian's /etc/services gives to ports. It is part of the
// program so that the text does not depend on the machine it is printed on.
//
//go:embed services.txt
var servicesText string

// services are the names of ports.
type services struct{ tcp, udp map[uint16]string }

// wellKnown parses the table once, when the first name is asked for.
var wellKnown = sync.OnceValue(func() services {
	s := services{map[uint16]string{}, map[uint16]string{}}
	for line := range strings.Lines(servicesText) {
		name, where, _ := strings.Cut(strings.TrimSpace(line), " ")
		number, protocols, _ := strings.Cut(where, "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			panic("dissect: bad line in services.txt: " + line)
		}
		if strings.Contains(protocols, "tcp") {
			s.tcp[uint16(port)] = name
		}
		if strings.Contains(protocols, "udp") {
			s.udp[uint16(port)] = name
		}
	}
	return s
})

// ServiceName returns the name of a TCP or UDP port, such as http for 80; "" if
// it has none.
func ServiceName(proto wire.Protocol, port uint16) string {
	if proto == wire.ProtocolUDP {
		return wellKnown().udp[port]
	}
	return wellKnown().tcp[port]
}

// tcpPort prints a TCP port, by its name if there is one.
func (p *Printer) tcpPort(port uint32) { p.port(wire.ProtocolTCP, port) }

// udpPort prints a UDP port, by its name if there is one.
func (p *Printer) udpPort(port uint32) { p.port(wire.ProtocolUDP, port) }

func (p *Printer) port(proto wire.Protocol, port uint32) {
	name := ""
	if !p.Numeric {
		name = ServiceName(proto, uint16(port))
	}
	if name != "" {
		p.s(name)
	} else {
		p.u(port)
	}
}
