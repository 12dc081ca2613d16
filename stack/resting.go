package stack

import (
	"thinnet/clock"
	"thinnet/transport/tcp"
)

// resting is what a connection has in TIME-WAIT, when nobody holds it any more: it gives its
// machine back, and borrows one when a segment comes for it that does not begin another.
type resting struct {
	tcp   tcp.Remnant
	place uint32 // in restingConns
}

// restingConns are the connections that rest, in the order in which TIME-WAIT ends for them.
// It is as long for nearly all, so the one that begins last ends last, and there is no need
// for a heap. Where it is not, a connection does not rest. They are linked by numbers:
// pointers in thousands of connections are as many for the garbage collector to follow.
type restingConns struct {
	// As many as have rested at a time, behind the ends: their newer is the oldest, their
	// older the newest, and the ends themselves if there is none.
	places []restingPlace
	first  clock.Time // until when the oldest rests; clock.Never: nobody does
	unused uint32     // a place that nobody has, linked by newer; 0: none
	free   []*resting
}

// restingPlace is a connection's in the order.
type restingPlace struct {
	conn         *TCPConn
	until        clock.Time
	older, newer uint32
}

// maxResting is how many are kept for the next to rest.
const maxResting = 256

func (r *restingConns) init() { r.places, r.first = []restingPlace{{until: clock.Never}}, clock.Never }

// oldest returns the first for whom TIME-WAIT ends, or the ends.
func (r *restingConns) oldest() *restingPlace { return &r.places[r.places[0].newer] }

// take lets a connection rest, and reports whether it does.
func (r *restingConns) take(c *TCPConn) bool {
	until, newest := c.conn.Deadline(), r.places[0].older
	if newest != 0 && until < r.places[newest].until {
		return false
	}
	var e *resting
	if last := len(r.free) - 1; last >= 0 {
		e, r.free = r.free[last], r.free[:last]
	} else {
		e = new(resting)
	}
	c.conn.Leave(&e.tcp)
	at := r.unused
	if at == 0 {
		at = uint32(len(r.places))
		r.places = append(r.places, restingPlace{})
	}
	p := &r.places[at]
	r.unused, e.place = p.newer, at
	p.conn, p.until, p.older, p.newer = c, until, newest, 0
	r.places[newest].newer, r.places[0].older = at, at
	r.first = r.oldest().until
	c.s.deadline.remove(c)
	c.rest, c.conn = e, c.s.machines.giveBack(c.conn)
	return true
}

// remove takes e out.
//
//go:noinline
func (r *restingConns) remove(e *resting) {
	p := &r.places[e.place]
	r.places[p.older].newer, r.places[p.newer].older = p.newer, p.older
	p.conn, p.newer, r.unused = nil, r.unused, e.place // what is kept holds on to nothing
	r.first = r.oldest().until
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
