package main

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

var udpRow = Row{
	Name: "udp", What: "UDP, 64-byte datagrams, those that are read; receive buffers of 4 MiB",
	Contestants: inProcess, For: time.Second,
	Figures: []Figure{
		{Name: "rate", Unit: "/s", Goals: []Goal{{18, gvisorAll}, {8, kernelLo}}},
		{Name: "per CPU second"},
		{Name: "read / sent"},
	},
	Measure: onPair(measureUDP),
}

const (
	udpPort   = 7
	udpLength = 64
)

// measureUDP returns how many datagrams are read in a second and in a second of the
// processor's time, and the share of those sent.
func measureUDP(p Pair, o Span) ([]float64, error) {
	r, err := p.ListenUDP(udpPort)
	if err != nil {
		return nil, err
	}
	w, err := p.DialUDP(udpPort)
	if err != nil {
		return nil, err
	}
	if err := resolve(r, w); err != nil {
		return nil, err
	}
	var sent, read atomic.Int64
	var end atomic.Bool
	sending, reading := make(chan error), make(chan error)
	go func() { sending <- sendUDP(w, &sent, &end) }()
	go func() { reading <- readUDP(r, &read) }()

	time.Sleep(o.For / 10)
	watch := startWatch()
	sentBefore, readBefore := sent.Load(), read.Load()
	time.Sleep(o.For)
	elapsed, cpu := watch.stop()
	nsent, nread := sent.Load()-sentBefore, read.Load()-readBefore
	end.Store(true)
	err = <-sending
	r.SetReadDeadline(time.Now())
	err = errors.Join(err, <-reading)
	r.Close()
	w.Close()
	n := float64(nread)
	return []float64{n / elapsed, n / cpu, n / float64(max(nsent, 1))}, err
}

// resolve sends datagrams until one arrives: by then addresses are resolved.
func resolve(r Reader, w net.Conn) error {
	b := make([]byte, 2048)
	for range 50 {
		if _, err := w.Write(newBlock()[:udpLength]); err != nil {
			return err
		}
		r.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := r.Read(b); err == nil {
			r.SetReadDeadline(time.Time{})
			return nil
		}
	}
	return errors.New("no datagram arrives")
}

func sendUDP(w net.Conn, n *atomic.Int64, end *atomic.Bool) error {
	b := newBlock()[:udpLength]
	for i := uint64(0); !end.Load(); i++ {
		stamp(b, i)
		if _, err := w.Write(b); err != nil {
			return err
		}
		n.Add(1)
	}
	return nil
}

var errWrongDatagram = errors.New("a datagram arrived that differs from those sent")

// readUDP reads until the socket's deadline.
func readUDP(r Reader, n *atomic.Int64) error {
	want := newBlock()[stampLen:udpLength]
	b := make([]byte, 2048)
	for {
		k, err := r.Read(b)
		if err != nil {
			return nil
		}
		if k != udpLength || string(b[stampLen:k]) != string(want) {
			return errWrongDatagram
		}
		n.Add(1)
	}
}
