package thinnet

import (
	"errors"
	"time"

	"thinnet/annotate"
	"thinnet/clock"
	"thinnet/link/cable"
	"thinnet/stack"
)

// AfterFunc runs f as an event of the network, d from now: in virtual time it
// has its place among the packets of that instant. f must not wait for the
// network. Stop the timer to call it off.
func (n *Network) AfterFunc(d time.Duration, f func()) clock.Timer {
	n.mu.Lock()
	src := n.source()
	n.mu.Unlock()
	t := n.clk.NewTimer(src, func() {
		f()
		n.clk.Stir()
	})
	t.Set(n.clk.Now().Add(d))
	return t
}

// Impairments returns what the two directions do to frames, by cable.Direction.
func (l *Link) Impairments() [2]cable.Impairment {
	return [2]cable.Impairment{
		cable.AToB: l.cable.Impairment(cable.AToB),
		cable.BToA: l.cable.Impairment(cable.BToA),
	}
}

// SetImpairments changes what both directions do to the frames that are sent from
// now on.
func (l *Link) SetImpairments(i [2]cable.Impairment) error {
	for d := range i {
		if err := l.SetImpairment(cable.Direction(d), i[d]); err != nil {
			return err
		}
	}
	return nil
}

// SetLoss makes both directions lose frames with a probability, 0 to 1.
func (l *Link) SetLoss(p float64) error {
	i := l.Impairments()
	i[0].Loss, i[1].Loss = p, p
	return l.SetImpairments(i)
}

// SetDelay makes frames travel for d, 0 to [cable.MaxDelay], in each direction.
func (l *Link) SetDelay(d time.Duration) error {
	i := l.Impairments()
	i[0].Delay, i[1].Delay = d, d
	return l.SetImpairments(i)
}

// Crash ends the host as when its power fails: its connections and listeners are
// gone, without a word to their peers. Calls that wait on its sockets return
// net.ErrClosed, and so does whatever is tried before [Host.Restart].
func (h *Host) Crash() { h.Stack().Close() }

// Restart boots a host that has crashed. It has the interfaces, addresses, static
// routes and TCP settings that it had, and nothing else: no neighbour, no socket.
func (h *Host) Restart() error {
	old := h.Stack()
	if !old.Closed() {
		return errors.New(h.name + " has not crashed")
	}
	h.net.mu.Lock()
	if h.net.closed {
		h.net.mu.Unlock()
		return errClosed
	}
	interfaces := h.interfaces
	h.boots++
	s := h.boot()
	h.net.mu.Unlock()

	for k, was := range old.Interfaces() {
		i := interfaces[k]
		c := stack.InterfaceConfig{Name: i.name, MAC: was.MAC, Loopback: was.Loopback, Addresses: was.Addresses, Dropped: i.dropped}
		if err := s.AddInterface(c, i.monitor); err != nil {
			return annotate.Error(i.String(), err)
		}
		if err := s.SetMTU(i.name, was.MTU); err != nil {
			return annotate.Error(i.String(), err)
		}
		if err := s.SetUp(i.name, was.Up); err != nil {
			return annotate.Error(i.String(), err)
		}
	}
	s.SetForwarding(old.Forwarding())
	for _, r := range old.Routes() {
		if r.Connected {
			continue
		}
		if err := s.AddRoute(r); err != nil {
			return annotate.Error(h.name+": route to "+r.Prefix.String(), err)
		}
	}
	return nil
}
