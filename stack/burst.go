package stack

import (
	"time"

	"thinnet/clock"
)

// writeBurst is how many datagrams are sent in a row before others may run. Who sends on
// and on, and never waits, would keep the processor from the one who reads, and what
// finds the queue full is lost.
const writeBurst = 64

// burstTick is how far behind a host's time may be while a burst is sent from it.
const burstTick = time.Millisecond

// mostKept is how many datagrams wait to be sent together: see keeps.
const mostKept = 32

// keeps reports whether the datagram that the socket has just put into its interface's queue
// may wait there for others: their reader is still busy with those before, and has them sent
// when he wants more. In a burst there is a timer that sends them anyway, after burstTick.
func (u *UDPConn) keeps() bool {
	s := u.s
	if s.burstEnds == clock.Never {
		return false
	}
	n := s.nics[u.route.Interface.Index-1]
	return n.out.Doorbell().Muted(u.number) && n.iface.Out.Len() < mostKept
}

// flushOut sends what is kept, for a doorbell.
func (s *Stack) flushOut() {
	s.mu.Lock()
	s.sendNow()
	s.mu.Unlock()
}

// burst counts the datagrams that a socket sends.
type burst struct {
	sent  uint8      // modulo 256
	began clock.Time // when as many were sent as make a burst
}

// burstTime is readClock for who sends a datagram. Reading the clock takes a good part of
// that. But while the timer is set for an instant soon to come, and has not gone off, it
// cannot be later: in a burst that is so all the time, see countBurst.
func (s *Stack) burstTime() {
	if s.armed > s.now && s.armed.Sub(s.now) <= burstTick && !s.ordered {
		s.rough = true
		return
	}
	s.readClock()
}

// countBurst counts a datagram, and reports whether its sender is to let others run. Behind
// a burst that was quick it sets the timer for a tick, which ends with nothing to do.
func (s *Stack) countBurst(b *burst) bool {
	b.sent++
	if b.sent%writeBurst != 0 || s.ordered {
		return false
	}
	s.readClock()
	if s.now.Sub(b.began) <= burstTick && s.burstEnds == clock.Never {
		s.burstEnds = s.now.Add(burstTick)
	}
	b.began = s.now
	return true
}
