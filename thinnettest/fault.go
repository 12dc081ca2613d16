package thinnettest

import (
	"testing"
	"time"

	"thinnet"
)

// Fault is something that goes wrong at a time, and is put right again.
type Fault struct {
	At   time.Duration // from the call of Schedule
	For  time.Duration // how long it lasts; 0: for good
	What Trouble
}

// Trouble makes something go wrong, and returns how it is put right.
type Trouble func() (undo func() error, err error)

// Schedule makes faults happen at their times, as events of the network. A fault
// that cannot be is an error of the test.
func Schedule(t *testing.T, n *thinnet.Network, faults ...Fault) {
	t.Helper()
	for _, f := range faults {
		n.AfterFunc(f.At, func() {
			undo, err := f.What()
			if err != nil {
				t.Errorf("a fault at %v: %v", f.At, err)
				return
			}
			if f.For == 0 {
				return
			}
			n.AfterFunc(f.For, func() {
				if err := undo(); err != nil {
					t.Errorf("the end of a fault at %v: %v", f.At, err)
				}
			})
		})
	}
}

// Down unplugs links.
func Down(links ...*thinnet.Link) Trouble {
	return func() (func() error, error) {
		for _, l := range links {
			l.Down()
		}
		return func() error {
			for _, l := range links {
				l.Up()
			}
			return nil
		}, nil
	}
}

// Loss makes a link lose frames in both directions with a probability, 0 to 1.
func Loss(l *thinnet.Link, p float64) Trouble {
	return impaired(l, func() error { return l.SetLoss(p) })
}

// Delay makes frames travel for d in each direction of a link.
func Delay(l *thinnet.Link, d time.Duration) Trouble {
	return impaired(l, func() error { return l.SetDelay(d) })
}

// impaired changes a link, and gives it back the impairments that it had.
func impaired(l *thinnet.Link, change func() error) Trouble {
	return func() (func() error, error) {
		before := l.Impairments()
		return func() error { return l.SetImpairments(before) }, change()
	}
}

// Partition keeps the hosts of one side from hearing those of the other.
func Partition(n *thinnet.Network, a, b []*thinnet.Host) Trouble {
	return func() (func() error, error) {
		heal := n.Partition(a, b)
		return func() error { heal(); return nil }, nil
	}
}

// Crash takes a host's power away; when the fault ends, the host boots.
func Crash(h *thinnet.Host) Trouble {
	return func() (func() error, error) {
		h.Crash()
		return h.Restart, nil
	}
}
