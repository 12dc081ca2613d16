// Package inetd is the small services that every host once had: echo (RFC 862),
// discard (RFC 863), chargen (RFC 864) and daytime (RFC 867), over TCP and UDP.
package inetd

import (
	"io"
	"net"
	"time"
)

// Service is one of the services.
type Service struct {
	Name string
	Port uint16 // that IANA gave it
	// Stream serves a connection until its end.
	Stream func(c net.Conn, now func() time.Time)
	// Answer returns the answer to a datagram, at the end of buf; nil is none.
	Answer func(buf, datagram []byte, now func() time.Time) []byte
}

// Services are all of them.
var Services = []Service{
	{"echo", 7, echo, echoDatagram},
	{"discard", 9, discard, func([]byte, []byte, func() time.Time) []byte { return nil }},
	{"daytime", 13, daytime, daytimeDatagram},
	{"chargen", 19, chargen, chargenDatagram},
}

// Find returns the service of a name, and whether there is one.
func Find(name string) (Service, bool) {
	for _, s := range Services {
		if s.Name == name {
			return s, true
		}
	}
	return Service{}, false
}

// echo sends back what comes.
func echo(c net.Conn, _ func() time.Time) { _, _ = io.Copy(c, c) }

func echoDatagram(buf, datagram []byte, _ func() time.Time) []byte { return append(buf, datagram...) }

// discard throws away what comes.
func discard(c net.Conn, _ func() time.Time) { _, _ = io.Copy(io.Discard, c) }

// daytime is the date, as RFC 867 suggests it.
func daytime(c net.Conn, now func() time.Time) {
	_, _ = c.Write(daytimeDatagram(nil, nil, now))
}

func daytimeDatagram(buf, _ []byte, now func() time.Time) []byte {
	return now().UTC().AppendFormat(buf, "Monday, January 2, 2006 15:04:05-UTC\r\n")
}

// Lines of chargen: 72 of the 95 printing characters, each line begins one
// character later.
const (
	firstPrinting = ' '
	printing      = 95
	lineLength    = 72
)

// appendLine appends the n-th line of chargen.
func appendLine(b []byte, n int) []byte {
	for i := range lineLength {
		b = append(b, byte(firstPrinting+(n+i)%printing))
	}
	return append(b, "\r\n"...)
}

// chargen sends lines until the peer has enough.
func chargen(c net.Conn, _ func() time.Time) {
	var b []byte
	for n := range printing {
		b = appendLine(b, n)
	}
	for {
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// chargenDatagram answers with a line. RFC 864 would have a random length; one
// line is as good, and the same each time.
func chargenDatagram(buf, datagram []byte, _ func() time.Time) []byte {
	return appendLine(buf, len(datagram))
}

// ServeDatagrams answers the datagrams of p until it is closed. Those that come
// from the port of a service that answers by itself are ignored: two such would
// talk for ever.
func (s Service) ServeDatagrams(p net.PacketConn, now func() time.Time) {
	b, answer := make([]byte, 65535), []byte(nil)
	for {
		n, from, err := p.ReadFrom(b)
		if err != nil {
			return
		}
		if u, ok := from.(*net.UDPAddr); ok && answers(u.Port) {
			continue
		}
		if answer = s.Answer(answer[:0], b[:n], now); answer != nil {
			// What cannot be sent is lost, as datagrams are.
			_, _ = p.WriteTo(answer, from)
		}
	}
}

// answers reports whether a service that answers any datagram has the port: one of
// ours, or qotd (RFC 865), time, DNS's or another.
func answers(port int) bool { return port < 1024 }
