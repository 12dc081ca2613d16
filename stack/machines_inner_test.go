package stack

import "testing"

// What is given back is what the next one borrows, up to a bound; and blocks grow, so that
// a host with one connection does not pay for a hundred.
func TestMachines(t *testing.T) {
	var m machines
	first := m.borrow()
	if m.made != 1 {
		t.Errorf("%d machines are made for one connection", m.made)
	}
	if none := m.giveBack(first); none != &m.none || m.giveBack(none) != &m.none {
		t.Error("who gives his machine back has another than the one that is Closed for ever")
	}
	if m.borrow() != first || len(m.free) != 0 {
		t.Error("what was given back is not what the next one borrows")
	}
	for range 10 * maxMachines {
		m.borrow()
	}
	if len(m.free) >= maxBlock {
		t.Errorf("%d machines that nobody asked for", len(m.free))
	}
	for range 10 * maxMachines {
		m.giveBack(first)
	}
	if len(m.free) != maxMachines {
		t.Errorf("%d machines are kept", len(m.free))
	}
}
