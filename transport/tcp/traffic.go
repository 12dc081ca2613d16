package tcp

import (
	"thinnet/clock"
	"thinnet/transport/tcp/congestion"
	"thinnet/wire"
)

// traffic is what a connection knows of the data that went through it.
type traffic struct {
	_ [0]func() // as in Conn

	control congestion.Controller // nil: there is no window to control yet
	stats   connStats
	rate    deliveryRate
	paceAt  clock.Time // nothing goes before, if the algorithm paces
	rack    rack
	rcvSize rightSizing
	tsMark  tsMark
	search  *mtuSearch     // nil: there is none
	dup     wire.SACKBlock // a duplicate that arrived; valid if Conn.dupPending

	measures bool // the congestion control wants every acknowledgement

	lastSent, lastReceived clock.Time
	soft                   error // what ICMP said since: why the connection will have timed out

	written, arrived brief // see sendBuffer and recvBuffer
	run              lone  // see inflight
}

// traffic returns what is known of the data that went through. It is made with the
// first byte: connections on which nothing was said are many, and shall be small.
func (c *Conn) traffic() *traffic {
	if c.data == nil {
		c.makeTraffic()
	}
	return c.data
}

//go:noinline // happens once, and is asked for in forty places
func (c *Conn) makeTraffic() {
	c.data = c.queues.newTraffic()
	*c.data = traffic{
		lastSent: c.synAt, tsMark: tsMark{c.tsRecent, c.rcvNxt}, rack: rack{fack: c.sndUna},
		measures: congestion.Measures(c.set.CongestionControl),
	}
}

// maxTraffic is how many are kept for the next connections.
const maxTraffic = 256

// newTraffic returns one whose content is undefined.
func (q *Queues) newTraffic() *traffic {
	if len(q.traffic) == 0 {
		return new(traffic)
	}
	last := len(q.traffic) - 1
	d := q.traffic[last]
	q.traffic = q.traffic[:last]
	return d
}

// forget ends what is known of the data. The user is gone and all has arrived: what is
// left waits for stray segments, and there may be many who do.
//
//go:noinline // as makeTraffic
func (c *Conn) forget() {
	if q := c.queues; c.data != nil && len(q.traffic) < maxTraffic {
		*c.data = traffic{} // holds on to nothing
		q.traffic = append(q.traffic, c.data)
	}
	c.data = nil
}

// lastSent returns when data was sent last, or else the SYN.
func (c *Conn) lastSent() clock.Time {
	if c.data == nil {
		return c.synAt
	}
	return c.data.lastSent
}
