package stack

import "thinnet/packet"

// tcpFlow is added to a connection's number to make a packet's Flow. Below are
// those of UDP, which are ports.
const tcpFlow = 1 << 16

// What users send at one instant of virtual time. Goroutines that one event has
// set going run side by side, and the scheduler chooses which of them writes first.
// So what they send waits until all of them have come to rest, and goes out in the
// order of the sockets it comes from. What the network's own events cause is in
// order as it is.

// ofUsers reports whether what is to be sent is to wait.
func (s *Stack) ofUsers() bool { return !s.event && s.ordered }

// hold keeps what is to be sent until flush.
func (s *Stack) hold() {
	for _, n := range s.nics {
		if n.iface.Out.Len() > 0 {
			n.held.MoveAll(&n.iface.Out)
		}
	}
	if s.flushing == nil {
		s.flushing = s.clk.NewTimer(s.src, s.flush)
	}
	s.flushing.Set(s.now)
}

// flush sends what users have sent at this instant.
func (s *Stack) flush() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	out := make([]packet.Batch, len(s.nics))
	nics := s.nics
	for i, n := range nics {
		out[i].MoveAllByFlow(&n.held)
	}
	s.mu.Unlock()
	for i, n := range nics {
		if out[i].Len() > 0 {
			n.dev.WriteBatch(&out[i])
		}
	}
}
