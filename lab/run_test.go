package lab

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // tcpdump prints local time
	os.Exit(m.Run())
}

// load parses a topology file of the tests.
func load(t *testing.T, file string) *Topology {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	topology, err := Parse(filepath.Base(file), data)
	if err != nil {
		t.Fatal(err)
	}
	return topology
}

// result is what a run of a lab in virtual time leaves.
type result struct {
	output  string // both streams, as on a screen
	capture []byte
	code    int
	took    time.Duration
}

// runVirtual runs a lab's steps in virtual time.
func runVirtual(t *testing.T, topology *Topology, seed uint64) (r result) {
	t.Helper()
	cryptotest.SetGlobalRandom(t, seed) // WebSocket's masks
	synctest.Test(t, func(t *testing.T) {
		l, err := Build(topology, Options{Seed: seed, Settle: synctest.Wait, Folder: "testdata"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var screen, capture bytes.Buffer
		recording, err := l.Record(&capture)
		if err != nil {
			t.Fatal(err)
		}
		files, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		s := l.NewSession(SessionOptions{Stdout: &screen, Stderr: &screen, Files: files})
		start := time.Now()
		r.code = s.Run(t.Context())
		r.took = time.Since(start)
		if err := recording.Close(); err != nil {
			t.Error(err)
		}
		r.output, r.capture = screen.String(), capture.Bytes()
	})
	return r
}

// inLab runs f with the lab of a topology file, in virtual time.
func inLab(t *testing.T, file string, f func(t *testing.T, l *Lab)) {
	t.Helper()
	topology, err := Parse("x.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		l, err := Build(topology, Options{Settle: synctest.Wait})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		f(t, l)
	})
}

// Every example runs, and its output is as it was.
func TestExamples(t *testing.T) {
	runGolden(t, "../examples/*.yaml", "testdata/examples")
}

// The commands behave as the programs that they are named after.
func TestCommands(t *testing.T) {
	runGolden(t, "testdata/commands/*.yaml", "testdata/commands")
}

// HTTP/2 prints the same in every run. Its packets are not compared: net/http's
// goroutines race, within an instant, for whether two frames go in one segment.
func TestHTTP2(t *testing.T) {
	topology := load(t, "testdata/http2.yaml")
	for range 3 {
		golden(t, "testdata/http2.golden", mask(runVirtual(t, topology, 1).output))
	}
}

// runGolden runs labs twice in virtual time and compares what is on the screen
// with the golden files.
func runGolden(t *testing.T, pattern, goldens string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no labs", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			topology := load(t, file)
			first := runVirtual(t, topology, 1)
			again := runVirtual(t, topology, 1)
			if first.output != again.output {
				t.Errorf("the second run differs:\n%s\nthe first:\n%s", again.output, first.output)
			}
			if !bytes.Equal(first.capture, again.capture) {
				t.Error("the second run's packets differ")
			}
			golden(t, filepath.Join(goldens, name+".golden"), mask(first.output))
		})
	}
}

// What follows from the finer points of TCP is not what these tests are about.
var masks = []struct{ pattern, with string }{
	{`(wscale:\S+) .*`, "$1 …"},
	{`bytes in [\d.]+ s`, "bytes in … s"},
	{`win \d+`, "win …"},
	{`(/sec +\d+   )[ \d.]{4} [KM]?Bytes( {7})`, "$1…$2"}, // Cwnd
	{`TS val \d+ ecr \d+`, "TS val … ecr …"},
}

func mask(output string) string {
	for _, m := range masks {
		output = regexp.MustCompile(m.pattern).ReplaceAllString(output, m.with)
	}
	return output
}

func TestExitCode(t *testing.T) {
	tests := []struct {
		name, steps string
		code        int
	}{
		{"none", "", 0},
		{"good", "- a: sleep 1", 0},
		{"first that failed", "- a: ping\n- a: curl\n- a: sleep 1", 1},
		{"may fail", "- a: curl || true\n- a: ip foo", 1},
		{"background", "- a: tcpdump -i nope &\n- a: sleep 1", 1},
		{"interrupted in the end", "- a: nc -l 80 &\n- a: ping 127.0.0.1 &", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := "nodes: {a: {}}\nsteps:\n" + tt.steps + "\n"
			topology, err := Parse("x.yaml", []byte(data))
			if err != nil {
				t.Fatal(err)
			}
			if r := runVirtual(t, topology, 1); r.code != tt.code {
				t.Errorf("exit code %d, want %d:\n%s", r.code, tt.code, r.output)
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	inLab(t, "nodes: {a: {}}\nsteps: [{a: sleep 1000}, {a: sleep 1000}]", func(t *testing.T, l *Lab) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		var screen bytes.Buffer
		code := l.NewSession(SessionOptions{Stdout: &screen, Stderr: &screen}).Run(ctx)
		if code != 130 || time.Since(start) != time.Minute {
			t.Errorf("exit code %d after %v", code, time.Since(start))
		}
	})
}
