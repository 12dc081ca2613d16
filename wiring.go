package thinnet

import "io"

// wiring is what joins and parts a network's hosts, and who records it. The network knows it as
// something with ends only: what can be reached from a type is linked, and a program
// whose host has a device of its own needs no switches and no cables.
type wiring struct {
	switches   []*Switch
	links      []*Link
	recordings []*Recording
	partitions []*partition
}

// ends returns what is to be closed at the network's end. Called with the lock held.
func (w *wiring) ends() (list []io.Closer) {
	for _, s := range w.switches {
		list = append(list, s.ends()...)
	}
	for _, l := range w.links {
		list = append(list, l.cable)
	}
	return list
}

// wires returns the network's wiring. Called with the lock held.
func (n *Network) wires() *wiring {
	w, ok := n.wiring.(*wiring)
	if !ok {
		w = new(wiring)
		n.wiring = w
	}
	return w
}
