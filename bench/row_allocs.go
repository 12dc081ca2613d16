package main

import (
	"errors"
	"io"
	"runtime"
	"time"
)

var allocsRow = Row{
	Name: "allocations", What: "allocations of both hosts together",
	Contestants: []string{"thinnet", "gvisor/pipe", "gvisor/gso", "wireguard-go"},
	Figures: []Figure{
		{Name: "per 64 KiB of a stream", Better: Lower, Goals: []Goal{{0, nil}}},
		{Name: "per datagram", Better: Lower, Goals: []Goal{{0, nil}}},
		{Name: "per connection's life", Better: Lower, Goals: []Goal{{12, nil}}},
	},
	Measure: onPair(measureAllocs),
}

// How often each thing is done.
const (
	allocBlocks      = 20_000
	allocDatagrams   = 20_000
	allocConnections = 2_000
)

// measureAllocs returns the allocations of a block, of a datagram and of a
// connection. What happens less than once in a hundred times, such as a pool that
// is filled again after a collection, is rounded away.
func measureAllocs(p Pair, o Span) ([]float64, error) {
	var values []float64
	for _, k := range []struct {
		n       int
		prepare func(Pair) (once func() error, end func(), err error)
	}{
		{o.count(allocBlocks), blockOnce},
		{o.count(allocDatagrams), datagramOnce},
		{o.count(allocConnections), connectionOnce},
	} {
		once, end, err := k.prepare(p)
		if err != nil {
			return nil, err
		}
		n, err := mallocs(k.n, once)
		end()
		if err != nil {
			return nil, err
		}
		values = append(values, n)
	}
	return values, nil
}

// mallocs returns how often f allocates, after some calls that count for nothing.
func mallocs(n int, f func() error) (float64, error) {
	var before, after runtime.MemStats
	for i := range n/10 + n {
		if i == n/10 {
			runtime.ReadMemStats(&before)
		}
		if err := f(); err != nil {
			return 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs-before.Mallocs)*100/uint64(n)) / 100, nil
}

// blockOnce sends a block over one connection, and has it read.
func blockOnce(p Pair) (once func() error, end func(), err error) {
	clients, servers, err := connect(p, bulkPort, 1)
	if err != nil {
		return nil, nil, err
	}
	from, to := clients[0], servers[0]
	b := newBlock()
	read := make(chan error)
	go func() {
		in := make([]byte, blockSize)
		for {
			_, err := io.ReadFull(to, in)
			if errors.Is(err, io.EOF) {
				return
			}
			read <- err
		}
	}()
	once = func() error {
		if _, err := from.Write(b); err != nil {
			return err
		}
		return <-read
	}
	return once, func() { from.Close(); to.Close() }, nil
}

// datagramOnce sends a datagram and reads it.
func datagramOnce(p Pair) (once func() error, end func(), err error) {
	r, err := p.ListenUDP(udpPort)
	if err != nil {
		return nil, nil, err
	}
	w, err := p.DialUDP(udpPort)
	if err != nil {
		return nil, nil, err
	}
	out, in := newBlock()[:udpLength], make([]byte, 2048)
	r.SetReadDeadline(time.Now().Add(time.Minute))
	once = func() error {
		if _, err := w.Write(out); err != nil {
			return err
		}
		_, err := r.Read(in)
		return err
	}
	return once, func() { w.Close(); r.Close() }, nil
}

// connectionOnce has a connection with a byte each way.
func connectionOnce(p Pair) (once func() error, end func(), err error) {
	l, err := p.Listen(echoPort)
	if err != nil {
		return nil, nil, err
	}
	go func() {
		b := make([]byte, 1)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answerWith(c, b)
		}
	}()
	dial, b := p.Dialer(echoPort), make([]byte, 1)
	return func() error { return connectOnce(dial, b) }, func() { l.Close() }, nil
}
