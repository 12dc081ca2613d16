package thinnettest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
	"thinnet/lab"
	"thinnet/siphash"
)

var (
	seedFlag = flag.Uint64("thinnet.seed", 0, "seed of every test's network; 0: one for each test, from its name")
	captures = flag.String("thinnet.captures", "", "folder where failed tests leave their packets; empty: that of temporary files")
)

// Run runs f in virtual time, as [synctest.Test] does, with an empty network that
// is closed behind it. The test fails if goroutines outlive f. f's t is not the
// t of the caller: it belongs to the bubble.
func Run(t *testing.T, f func(t *testing.T, n *thinnet.Network)) {
	t.Helper()
	run(t, func(t *testing.T, seed uint64) (*thinnet.Network, func() error, func()) {
		n := thinnet.New(thinnet.Options{Seed: seed, Settle: synctest.Wait})
		return n, n.Close, func() { f(t, n) }
	})
}

// RunLab is Run with the network of a topology file, its services running. Its
// steps are not run: a [lab.Session] runs commands.
func RunLab(t *testing.T, file string, f func(t *testing.T, l *lab.Lab)) {
	t.Helper()
	run(t, func(t *testing.T, seed uint64) (*thinnet.Network, func() error, func()) {
		topology, err := load(file)
		if err != nil {
			t.Fatal(err)
		}
		l, err := lab.Build(topology, lab.Options{Seed: seed, Settle: synctest.Wait, Folder: filepath.Dir(file)})
		if err != nil {
			t.Fatal(err)
		}
		return l.Network(), l.Close, func() { f(t, l) }
	})
}

func load(file string) (*lab.Topology, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := lab.Read(f)
	if err != nil {
		return nil, err
	}
	return lab.Parse(file, data)
}

// trial is one run of a test.
type trial struct {
	name      string
	seed      uint64
	bubble    string // as a goroutine's trace names it
	packets   *history
	recording *thinnet.Recording // into packets
	saved     bool
}

// trials are those under way, by their network.
var trials sync.Map

// build makes a test's network, and says how it is closed and what the test is.
type build func(t *testing.T, seed uint64) (n *thinnet.Network, closing func() error, body func())

func run(t *testing.T, build build) {
	t.Helper()
	s := &trial{name: t.Name(), seed: *seedFlag, packets: new(history)}
	if s.seed == 0 {
		s.seed = siphash.Key{}.Sum([]byte(t.Name()))
	}
	defer func() {
		// synctest panics if the bubble's goroutines wait for each other for
		// ever. That is a failure of this test, and not of the others.
		if p := recover(); p != nil {
			if !s.saved { // else its goroutines have been told of
				t.Errorf("%v\n%s\n%s", p, goroutinesOf(s.bubble), s.save())
			}
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		s.bubble = bubble()
		n, closing, body := build(t, s.seed)
		s.recording = n.Record(s.packets)
		trials.Store(n, s)
		ended := false
		t.Cleanup(func() {
			trials.Delete(n)
			if err := closing(); err != nil {
				t.Error(err)
			}
			if err := s.recording.Close(); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if left := goroutinesOf(s.bubble); left != "" {
				t.Errorf("goroutines outlive the test:\n%s", left)
			}
			switch {
			case t.Failed():
				t.Log(s.save())
			case !ended: // it panics, and nobody will read its log
				fmt.Fprintln(os.Stderr, s.save())
			}
		})
		body()
		ended = true
	})
}

// Settle returns when all that happens at this instant of virtual time has
// happened: every goroutine waits, and the clock has gone on by a nanosecond.
func Settle() { time.Sleep(time.Nanosecond) }
