package main

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Contestant is a TCP/IP stack in one set-up.
type Contestant struct {
	Name string
	// Settings say what was chosen, for whoever reads the table.
	Settings string
	// Root: it needs interfaces of the kernel, and so root.
	Root bool
	// Program is the import path of a program of it, for its size, "" if there is
	// none.
	Program string
	// Open starts it. Whoever opens a pair closes it. Nil: it has a Program only.
	Open func() (Pair, error)
}

// Pair is two hosts and the link between them: the client dials, the server
// listens. The two may be one host, on its loopback interface.
type Pair interface {
	// Listen listens on a TCP port of the server.
	Listen(port uint16) (net.Listener, error)
	// Dialer returns a function that connects the client to a TCP port of the
	// server, by its address: none has to read one from a text first.
	Dialer(port uint16) func() (net.Conn, error)
	// ListenUDP opens a UDP port of the server.
	ListenUDP(port uint16) (Reader, error)
	// DialUDP opens a UDP socket of the client, connected to a port of the
	// server.
	DialUDP(port uint16) (net.Conn, error)
	// Close ends both hosts.
	Close() error
}

// datagramBuffers is the room that a UDP socket of every contestant has for datagrams that
// are not read yet, in bytes: gVisor's buffers are as large.
const datagramBuffers = gvisorBuffers

// Reader is the side of a UDP socket that datagrams come in by.
type Reader interface {
	Read(b []byte) (int, error)
	SetReadDeadline(t time.Time) error
	Close() error
}

// contestants are all of them, by the order in which tables have them.
var contestants = []Contestant{
	thinnetCable, thinnetByReference, thinnetFrames, thinnetNames, thinnetStack,
	gvisorPipe, gvisorVeth, gvisorLoopback, gvisorGSO, gvisor1500, gvisor1500NoSums,
	wireguardLarge, wireguard1500,
	kernelLoopback, kernelVeth, plainQueue,
	thinnetTAP, thinnetTUN, thinnetPacket, gvisorTUN, gvisorPacket,
}

// contestant returns the one of a name.
func contestant(name string) (Contestant, error) {
	for _, c := range contestants {
		if c.Name == name {
			return c, nil
		}
	}
	return Contestant{}, fmt.Errorf("no contestant %q: -list names them", name)
}

// connect opens n connections to a port of the server, and returns their ends.
func connect(p Pair, port uint16, n int) (clients, servers []net.Conn, err error) {
	l, err := p.Listen(port)
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	for range n {
		c, s, err := connectTo(p, l, port)
		if err != nil {
			return nil, nil, err
		}
		clients, servers = append(clients, c), append(servers, s)
	}
	return clients, servers, nil
}

// connectTo opens one connection to a listener, and returns its ends.
func connectTo(p Pair, l net.Listener, port uint16) (client, server net.Conn, err error) {
	accepted := make(chan error, 1)
	go func() {
		var err error
		server, err = l.Accept()
		accepted <- err
	}()
	client, err = p.Dialer(port)()
	if err != nil {
		l.Close() // which ends the waiting
	}
	return client, server, errors.Join(err, <-accepted)
}
