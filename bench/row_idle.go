package main

import (
	"math"
	"net"
	"runtime"
	"time"
)

var (
	idleRow = Row{
		Name: "idle", What: "10,000 TCP connections that do nothing; a connection is both ends",
		Contestants: []string{"thinnet", "gvisor/pipe", "gvisor/gso", "wireguard-go"},
		Figures: []Figure{
			{Name: "memory", Unit: "B/connection", Better: Lower, Goals: []Goal{{1500, nil}}},
			{Name: "goroutines", Unit: "/connection", Better: Lower, Goals: []Goal{{0, nil}}},
		},
		Measure: onPair(idle{connections: 10_000}.measure),
	}
	idleMillionRow = Row{
		Name: "idle-million", What: "1,000,000 of them in one process, which then still does round trips",
		Contestants: []string{"thinnet"}, For: time.Second / 2, Patience: 10 * time.Minute,
		Figures: []Figure{
			{Name: "memory", Unit: "B/connection", Better: Lower, Goals: []Goal{{1500, nil}}},
			{Name: "goroutines", Unit: "/connection", Better: Lower, Goals: []Goal{{0, nil}}},
			{Name: "round trip p50", Unit: "µs", Better: Lower},
		},
		Measure: onPair(idle{connections: 1_000_000, roundTrips: true}.measure),
	}
)

// idle is connections that do nothing.
type idle struct {
	connections int
	roundTrips  bool // afterwards, on one more
}

// measure returns the heap and the stacks that a connection takes, in bytes, and
// its goroutines, in thousandths: one more in the process is nobody's.
func (k idle) measure(p Pair, o Span) ([]float64, error) {
	n := o.count(k.connections)
	before, goroutines := inUse(), runtime.NumGoroutine()
	conns, err := openIdle(p, n)
	if err != nil {
		return nil, err
	}
	values := []float64{
		float64(inUse()-before-uint64(cap(conns))*16) / float64(n),
		math.Round(float64(runtime.NumGoroutine()-goroutines)/float64(n)*1000) / 1000,
	}
	if k.roundTrips {
		times, err := roundTrips(p, o.For)
		if err != nil {
			return nil, err
		}
		values = append(values, microseconds(quantile(times, 0.5)))
	}
	runtime.KeepAlive(conns)
	return values, nil
}

// perPort is how many connections one port of the server is given: fewer than
// there are ephemeral ports on the client.
const perPort = 10_000

// openIdle opens n connections, without keepalive, and returns both ends of each.
func openIdle(p Pair, n int) ([]net.Conn, error) {
	conns := make([]net.Conn, 0, 2*n)
	for port := uint16(10_000); len(conns) < 2*n; port++ {
		clients, servers, err := connect(p, port, min(perPort, n-len(conns)/2))
		if err != nil {
			return nil, err
		}
		added := append(clients, servers...)
		for _, c := range added {
			// Package net's default, and ours, is to probe every 15 s.
			if k, ok := c.(interface{ SetKeepAlive(bool) error }); ok {
				if err := k.SetKeepAlive(false); err != nil {
					return nil, err
				}
			}
		}
		conns = append(conns, added...)
	}
	return conns, nil
}

// inUse returns how much memory is in use, in bytes.
func inUse() uint64 {
	var m runtime.MemStats
	for range 2 { // what a sync.Pool holds survives one collection
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
