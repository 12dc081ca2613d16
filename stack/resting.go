package stack

import (
	"thinnet/clock"
	"thinnet/transport/tcp"
)

// resting is what a connection has in TIME-WAIT, when nobody holds it any more: it gives its
// machine back, and borrows one when a segment comes for it that does not begin another.
type resting struct {
	tcp          tcp.Remnant
	conn         *TCPConn
	until        clock.Time
	older, newer *resting
}

// restingConns are the connections that rest, in the order in which TIME-WAIT ends for them.
// It is as long for nearly all, so the one that begins last ends last, and there is no need
// for a heap. Where it is not, a connection does not rest.
type restingConns struct {
	ends resting // its newer is the oldest, its older the newest, and itself if there is none
	free []*resting
}

// maxResting is how many are kept for the next to rest.
const maxResting = 256

func (r *restingConns) init() {
	r.ends.older, r.ends.newer, r.ends.until = &r.ends, &r.ends, clock.Never
}

// first returns when TIME-WAIT ends for the first of them, clock.Never if there is none.
func (r *restingConns) first() clock.Time { return r.ends.newer.until }

// take lets a connection rest, and reports whether it does.
func (r *restingConns) take(c *TCPConn) bool {
	until, newest := c.conn.Deadline(), r.ends.older
	if newest != &r.ends && until < newest.until {
		return false
	}
	var e *resting
	if last := len(r.free) - 1; last >= 0 {
		e, r.free = r.free[last], r.free[:last]
	} else {
		e = new(resting)
	}
	c.conn.Leave(&e.tcp)
	e.conn, e.until, e.older, e.newer = c, until, newest, &r.ends
	newest.newer, r.ends.older = e, e
	c.s.deadline.remove(c)
	c.rest, c.conn = e, c.s.machines.giveBack(c.conn)
	return true
}

// remove takes e out.
//
//go:noinline
func (r *restingConns) remove(e *resting) {
	e.older.newer, e.newer.older = e.newer, e.older
	e.conn, e.older, e.newer = nil, nil, nil // what is kept holds on to nothing
	if len(r.free) < maxResting {
		r.free = append(r.free, e)
	}
}

// revive ends the rest of a connection, if it does: until output has looked whether it may
// rest again.
func (c *TCPConn) revive() {
	if c.rest == nil {
		return
	}
	s := c.s
	c.conn = c.look()
	s.resting.remove(c.rest)
	c.rest = nil
	s.touch(c)
}

// remnant returns what of a connection in TIME-WAIT there is, whether it rests or not.
func (c *TCPConn) remnant() *tcp.Remnant {
	if c.rest != nil {
		return &c.rest.tcp
	}
	return &c.conn.Remnant
}

// look returns a machine to look at, whether the connection rests or not: if it does one of
// its own, and what is done to that does not count.
func (c *TCPConn) look() *tcp.Conn {
	if c.rest == nil {
		return c.conn
	}
	s := c.s
	m := s.machines.borrow()
	m.Revive(&c.rest.tcp, &s.tcpCnt, &s.queues, s.tcpMem)
	return m
}
