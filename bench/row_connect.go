package main

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

var (
	connectRow = Row{
		Name: "connect", What: "TCP, connect, one byte each way, close",
		Contestants: inProcess, For: time.Second,
		Figures: connectFigures,
		Measure: onPair(connects{workers: 1}.measure),
	}
	connect8Row = Row{
		Name: "connect-8", What: "the same, 8 workers",
		Contestants: inProcess, For: time.Second,
		Figures: connectFigures,
		Measure: onPair(connects{workers: 8}.measure),
	}
)

var connectFigures = []Figure{
	{Name: "rate", Unit: "/s", Goals: []Goal{{18, gvisorAll}, {5, kernelLo}}},
	{Name: "per CPU second"},
}

// connects is short connections, one after the other.
type connects struct{ workers int }

// measure returns how many there are in a second, and in a second of the
// processor's time.
func (k connects) measure(p Pair, o Span) ([]float64, error) {
	l, err := p.Listen(echoPort)
	if err != nil {
		return nil, err
	}
	var serving sync.WaitGroup
	serving.Go(func() { serveOnce(l) })

	dial := p.Dialer(echoPort)
	if err := connectOnce(dial, make([]byte, 1)); err != nil { // and addresses are resolved
		return nil, err
	}
	var done atomic.Int64
	errs := make([]error, k.workers)
	var workers sync.WaitGroup
	start, w := time.Now(), startWatch()
	for i := range k.workers {
		workers.Go(func() {
			b := make([]byte, 1)
			for time.Since(start) < o.For {
				if errs[i] = connectOnce(dial, b); errs[i] != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	workers.Wait()
	elapsed, cpu := w.stop()
	l.Close()
	serving.Wait()
	n := float64(done.Load())
	return []float64{n / elapsed, n / cpu}, errors.Join(errs...)
}

// serveOnce answers every connection's first byte, and closes it.
func serveOnce(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go answerWith(c, make([]byte, 1))
	}
}

// answerWith answers a connection's first byte and closes it; it leaves errors to
// the client to see. b is its buffer.
func answerWith(c net.Conn, b []byte) {
	if _, err := c.Read(b); err == nil {
		_, _ = c.Write(b)
	}
	c.Close()
}

// connectOnce has a connection, with a byte each way. b is its buffer.
func connectOnce(dial func() (net.Conn, error), b []byte) error {
	c, err := dial()
	if err != nil {
		return err
	}
	defer c.Close()
	b[0] = 42
	if _, err := c.Write(b); err != nil {
		return err
	}
	b[0] = 0
	if _, err := c.Read(b); err != nil {
		return err
	}
	if b[0] != 42 {
		return errWrongEcho
	}
	return nil
}
