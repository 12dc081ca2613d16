package stack

import (
	"math/rand/v2"
	"slices"
	"testing"

	"thinnet/clock"
	"thinnet/network"
)

// alarms notes what a timer is set to.
type alarms []clock.Time

func (a *alarms) Set(t clock.Time) { *a = append(*a, t) }
func (a *alarms) Stop()            { *a = append(*a, clock.Never) }

// The timer is set for what is due first, but in real time not moved later before it has gone
// off: then it is set anew.
func TestArm(t *testing.T) {
	for _, tt := range []struct {
		name    string
		ordered bool
		due     []clock.Time // one after the other; fired: the timer goes off
		want    alarms
	}{
		{"later", false, []clock.Time{10, 20, clock.Never, 30, 10}, alarms{10}},
		{"earlier", false, []clock.Time{20, 10}, alarms{20, 10}},
		{"it has gone off", false, []clock.Time{10, 20, fired, 20}, alarms{10, 20}},
		{"it has gone off, and nothing is due", false, []clock.Time{10, clock.Never, fired, clock.Never, 30}, alarms{10, clock.Never, 30}},
		{"in virtual time", true, []clock.Time{10, 20, clock.Never, 20}, alarms{10, 20, clock.Never, 20}},
	} {
		var set alarms
		s := &Stack{
			net: network.New(network.Config{Random: rand.New(rand.NewPCG(1, 2))}), timer: &set,
			armed: clock.Never, ordered: tt.ordered,
		}
		s.resting.init()
		for _, at := range tt.due {
			if at == fired {
				s.armed = fired
				continue
			}
			s.burstEnds = at
			s.arm()
		}
		if !slices.Equal(set, tt.want) {
			t.Errorf("%s: set to %v, want %v", tt.name, set, tt.want)
		}
	}
}
