package stack

import (
	"math/rand/v2"
	"slices"
	"testing"

	"thinnet/network"
)

// Whoever looks for something to send finds it, one interface after the other, except where
// somebody sends already; and looks at no interface once there is nothing.
func TestSender(t *testing.T) {
	s := &Stack{net: network.New(network.Config{Random: rand.New(rand.NewPCG(1, 2))}), backlog: 1}
	for range 4 {
		s.nics = append(s.nics, &nic{s: s, iface: &network.Interface{}})
	}
	put := func(i int) {
		s.nics[i].iface.Out.New()
		s.net.Queued = true
	}
	var found []*nic
	find := func() {
		t.Helper()
		found = found[:0]
		for n := s.sender(); n != nil; n = s.sender() {
			n.iface.Out.Release()
			found = append(found, n)
		}
	}
	put(1)
	put(2)
	put(3)
	s.nics[2].sending = true
	find()
	if !slices.Equal(found, []*nic{s.nics[1], s.nics[3]}) {
		t.Errorf("found %d interfaces of those that nobody sends by", len(found))
	}
	s.nics[2].sending = false
	find()
	if !slices.Equal(found, []*nic{s.nics[2]}) {
		t.Error("what came while somebody was sending is not found when he has done")
	}
	if s.net.Queued {
		t.Error("nothing is left, and it is looked for each time")
	}
}
