package main

import (
	"errors"
	"io"
	"net"
	"time"
)

var (
	roundTripRow = Row{
		Name: "round-trip", What: "TCP, one byte there and one back",
		Contestants: inProcess, For: time.Second,
		Figures: []Figure{
			{Name: "p50", Unit: "µs", Better: Lower, Goals: []Goal{{1. / 16, gvisorAll}, {1. / 3, kernelLo}}},
			{Name: "p99", Unit: "µs", Better: Lower, Goals: []Goal{{1, kernelLo}}},
		},
		Measure: onPair(roundTrip{}.measure),
	}
	besideBulkRow = Row{
		Name: "round-trip-beside-bulk", What: "the same, beside one bulk stream of the same hosts",
		Contestants: []string{"thinnet", "gvisor/pipe", "gvisor/gso", "kernel/loopback", "kernel/veth"}, For: time.Second,
		Figures: []Figure{
			{Name: "p50", Unit: "µs", Better: Lower},
			{Name: "p99", Unit: "µs", Better: Lower, Goals: []Goal{{100, nil}}},
		},
		Measure: onPair(roundTrip{beside: 1}.measure),
	}
	besideBulk8Row = Row{
		Name: "round-trip-beside-8", What: "the same, beside eight bulk streams",
		Contestants: []string{"thinnet", "gvisor/pipe", "gvisor/gso", "kernel/loopback", "kernel/veth"}, For: time.Second,
		Figures: []Figure{
			{Name: "p50", Unit: "µs", Better: Lower},
			{Name: "p99", Unit: "µs", Better: Lower, Goals: []Goal{{460, nil}}},
		},
		Measure: onPair(roundTrip{beside: 8}.measure),
	}
)

// roundTrip is a request and its response, again and again.
type roundTrip struct {
	beside int // bulk streams at the same time
}

// maxRoundTrips is how many are remembered at most.
const maxRoundTrips = 2_000_000

// measure returns the median and the 99th percentile, in microseconds.
func (r roundTrip) measure(p Pair, o Span) ([]float64, error) {
	streams, err := startStreams(p, bulk{streams: r.beside})
	if err != nil {
		return nil, err
	}
	times, err := roundTrips(p, o.For)
	if err := errors.Join(err, stopStreams(streams)); err != nil {
		return nil, err
	}
	return []float64{microseconds(quantile(times, 0.5)), microseconds(quantile(times, 0.99))}, nil
}

// roundTrips makes round trips for a while, and some before that.
func roundTrips(p Pair, d time.Duration) ([]time.Duration, error) {
	clients, servers, err := connect(p, echoPort, 1)
	if err != nil {
		return nil, err
	}
	c, s := clients[0], servers[0]
	defer s.Close()
	done := make(chan error)
	go func() { done <- echo(s) }()
	times, err := pingPong(c, d)
	c.Close()
	return times, errors.Join(err, <-done)
}

// echoPort is the port of a server that sends back what it is sent.
const echoPort = 7

func echo(c net.Conn) error {
	b := make([]byte, 1)
	for {
		if _, err := c.Read(b); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
}

var errWrongEcho = errors.New("another byte came back than was sent")

func pingPong(c net.Conn, d time.Duration) ([]time.Duration, error) {
	times := make([]time.Duration, 0, maxRoundTrips)
	b := make([]byte, 1)
	warm := d / 10
	end := warm + d
	begin, last := time.Now(), time.Duration(0)
	for i := byte(0); len(times) < maxRoundTrips && last < end; i++ {
		b[0] = i
		if _, err := c.Write(b); err != nil {
			return nil, err
		}
		if _, err := c.Read(b); err != nil {
			return nil, err
		}
		if b[0] != i {
			return nil, errWrongEcho
		}
		now := time.Since(begin) // of the two clocks of time.Now this reads one
		if now > warm {
			times = append(times, now-last)
		}
		last = now
	}
	if len(times) == 0 {
		return nil, errors.New("no round trip was done in time")
	}
	return times, nil
}
