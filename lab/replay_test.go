package lab_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/cryptotest"
	"testing/synctest"

	"thinnet/lab"
)

// runs is how often TestReplay repeats each example; 1,000 were tried.
var runs = flag.Int("runs", 3, "how often an example is run with each number of processors")

// replay runs a topology's steps in virtual time, and returns what they printed
// and what went over the links.
func replay(t *testing.T, file string, seed uint64) (printed, packets []byte) {
	t.Helper()
	cryptotest.SetGlobalRandom(t, seed) // WebSocket's masks
	synctest.Test(t, func(t *testing.T) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		topology, err := lab.Parse(file, text)
		if err != nil {
			t.Fatal(err)
		}
		l, err := lab.Build(topology, lab.Options{Seed: seed, Settle: synctest.Wait, Folder: filepath.Dir(file)})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var out, capture bytes.Buffer
		r, err := l.Record(&capture)
		if err != nil {
			t.Fatal(err)
		}
		files, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		s := l.NewSession(lab.SessionOptions{Stdout: &out, Stderr: &out, Files: files})
		if code := s.Run(t.Context()); code != 0 {
			t.Errorf("%s: exit code %d:\n%s", file, code, out.Bytes())
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		printed, packets = out.Bytes(), capture.Bytes()
	})
	return printed, packets
}

// Each example runs to its end, and one seed gives the same output and packets to
// the byte, with any number of processors.
func TestReplay(t *testing.T) {
	examples, err := filepath.Glob("../examples/*.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range examples {
		t.Run(filepath.Base(file), func(t *testing.T) {
			printed, packets := replay(t, file, 1)
			if _, other := replay(t, file, 2); bytes.Equal(packets, other) {
				t.Error("two seeds, and the same packets")
			}
			for _, procs := range []int{1, 2, 16} {
				old := runtime.GOMAXPROCS(procs)
				for i := range *runs {
					p, k := replay(t, file, 1)
					if !bytes.Equal(k, packets) {
						t.Errorf("GOMAXPROCS %d, run %d: other packets from the same seed", procs, i)
						break
					}
					if !bytes.Equal(p, printed) {
						t.Errorf("GOMAXPROCS %d, run %d: other output from the same seed:\n%s\nwas:\n%s", procs, i, p, printed)
						break
					}
				}
				runtime.GOMAXPROCS(old)
			}
		})
	}
}
