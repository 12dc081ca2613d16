package main

import (
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"time"
)

// A queue in place of a stack: bytes are copied into it and out of it again, under a lock,
// by two goroutines, which is the least that package net's interface asks for. There are
// no packets, no windows, no addresses and no clock. It is a yardstick, and no goal: how
// far is a stack from having nothing to do?
var plainQueue = Contestant{
	Name: "queue", Settings: "no stack: two goroutines copy into a queue and out of it, of 256 KiB or 512 datagrams",
	Open: func() (Pair, error) {
		return &queuePair{dialed: make(chan net.Conn), closed: make(chan struct{}), datagrams: newQueue(true)}, nil
	},
}

// queuePair is a listener and a socket that have no address.
type queuePair struct {
	dialed    chan net.Conn
	closed    chan struct{}
	datagrams *queue
}

func (p *queuePair) Listen(uint16) (net.Listener, error) { return &queueListener{pair: p}, nil }

func (p *queuePair) Dialer(uint16) func() (net.Conn, error) {
	return func() (net.Conn, error) {
		up, down := newQueue(false), newQueue(false)
		select {
		case p.dialed <- &queueConn{in: up, out: down}:
			return &queueConn{in: down, out: up}, nil
		case <-p.closed:
			return nil, net.ErrClosed
		}
	}
}

func (p *queuePair) ListenUDP(uint16) (Reader, error) { return &queueConn{in: p.datagrams}, nil }

func (p *queuePair) DialUDP(uint16) (net.Conn, error) { return &queueConn{out: p.datagrams}, nil }

func (p *queuePair) Close() error { close(p.closed); return nil }

// queueListener is the pair's listener.
type queueListener struct {
	pair *queuePair
	end  sync.Once
	done chan struct{}
	mu   sync.Mutex
}

// ended returns a channel that is closed with the listener.
func (l *queueListener) ended() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
	}
	return l.done
}

func (l *queueListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.pair.dialed:
		return c, nil
	case <-l.ended():
		return nil, net.ErrClosed
	}
}

func (l *queueListener) Close() error {
	l.end.Do(func() { close(l.ended()) })
	return nil
}

func (l *queueListener) Addr() net.Addr { return nil }

// Bounds of a queue.
const (
	maxQueued    = 256 << 10 // bytes
	maxDatagrams = 512
)

// queue is one direction: bytes, or datagrams.
type queue struct {
	datagrams bool

	mu      sync.Mutex
	changed sync.Cond
	blocks  []*block
	bytes   int
	written uint // datagrams
	ended   bool // by who writes
	expired bool // the reader's deadline is over
}

// block is what one Write wrote, as far as it is not read.
type block struct {
	pool *sync.Pool
	room []byte
	rest []byte
}

var shortBlocks, longBlocks sync.Pool

// copyOf returns a block of b, as much of it as there is room for.
func copyOf(b []byte) *block {
	pool, size := &longBlocks, blockSize
	if len(b) <= 2048 {
		pool, size = &shortBlocks, 2048
	}
	k, ok := pool.Get().(*block)
	if !ok {
		k = &block{pool: pool, room: make([]byte, size)}
	}
	k.rest = k.room[:copy(k.room, b)]
	return k
}

func (k *block) release() { k.pool.Put(k) }

func newQueue(datagrams bool) *queue {
	q := &queue{datagrams: datagrams}
	q.changed.L = &q.mu
	return q
}

// write adds b. A datagram that finds the queue full is lost.
func (q *queue) write(b []byte) (n int, err error) {
	for n < len(b) {
		k := copyOf(b[n:])
		q.mu.Lock()
		for !q.datagrams && q.bytes >= maxQueued && !q.ended {
			q.changed.Wait()
		}
		if q.ended {
			q.mu.Unlock()
			return n, net.ErrClosed
		}
		n += len(k.rest)
		if q.datagrams && len(q.blocks) == maxDatagrams {
			k.release()
		} else {
			q.bytes += len(k.rest)
			q.blocks = append(q.blocks, k)
			q.changed.Broadcast()
		}
		q.written++
		rest := q.datagrams && q.written%64 == 0
		q.mu.Unlock()
		if rest {
			runtime.Gosched() // who never waits would keep the processor from who reads
		}
	}
	return n, nil
}

var errExpired = errors.New("deadline exceeded")

// read takes the first bytes, or the first datagram.
func (q *queue) read(b []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for yielded := false; len(q.blocks) == 0; yielded = true {
		switch {
		case q.expired:
			return 0, errExpired
		case q.ended:
			return 0, io.EOF
		case yielded:
			q.changed.Wait()
		default:
			q.mu.Unlock()
			runtime.Gosched() // whoever writes may be on this processor
			q.mu.Lock()
		}
	}
	k := q.blocks[0]
	n := copy(b, k.rest)
	k.rest = k.rest[n:]
	q.bytes -= n
	if len(k.rest) == 0 || q.datagrams {
		q.bytes -= len(k.rest)
		q.blocks = q.blocks[:copy(q.blocks, q.blocks[1:])]
		k.release()
	}
	q.changed.Broadcast()
	return n, nil
}

// end ends the queue: what is in it can still be read.
func (q *queue) end() {
	if q == nil {
		return
	}
	q.mu.Lock()
	q.ended = true
	q.changed.Broadcast()
	q.mu.Unlock()
}

// queueConn is one end of a connection, or of a socket for datagrams.
type queueConn struct {
	in, out *queue
}

func (c *queueConn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *queueConn) Write(b []byte) (int, error) { return c.out.write(b) }
func (c *queueConn) CloseWrite() error           { c.out.end(); return nil }
func (c *queueConn) Close() error                { c.in.end(); c.out.end(); return nil }

// SetReadDeadline knows a deadline that is over, and none.
func (c *queueConn) SetReadDeadline(t time.Time) error {
	c.in.mu.Lock()
	c.in.expired = !t.IsZero() && !t.After(time.Now())
	c.in.changed.Broadcast()
	c.in.mu.Unlock()
	return nil
}

func (c *queueConn) SetDeadline(t time.Time) error    { return c.SetReadDeadline(t) }
func (c *queueConn) SetWriteDeadline(time.Time) error { return nil }
func (c *queueConn) LocalAddr() net.Addr              { return nil }
func (c *queueConn) RemoteAddr() net.Addr             { return nil }
