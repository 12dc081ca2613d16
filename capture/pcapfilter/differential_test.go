package pcapfilter

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"thinnet/capture"
)

// paddedFrames are frames so long that no load of a random filter is beyond their
// end: whether such a load rejects the packet may differ with the optimiser.
func paddedFrames(frames [][]byte, limit int) [][]byte {
	var padded [][]byte
	for i := 0; i < len(frames); i += 1 + len(frames)/limit {
		padded = append(padded, append(bytes.Clone(frames[i]), make([]byte, 4096)...))
	}
	return padded
}

// someFrames are a few packets that random filters match.
func someFrames() [][]byte {
	return [][]byte{
		append([]byte{0, 1, 2, 3, 4, 5, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 60, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 1, 0, 2, 0, 80, 1, 187}, make([]byte, 64)...),
		append([]byte{0, 1, 2, 3, 4, 5, 2, 0, 0, 0, 0, 1, 8, 0, 0x46, 0, 0, 60, 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 1, 2, 2, 0, 0, 0, 0, 0, 53, 0, 68}, make([]byte, 64)...),
		append([]byte{0, 1, 2, 3, 4, 5, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 17, 64, 0xfe, 0x80, 0, 0, 0, 0}, make([]byte, 64)...),
		append([]byte{255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2}, make([]byte, 32)...),
		append([]byte{1, 128, 194, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 38, 0x42, 0x42, 3}, make([]byte, 64)...),
	}
}

// TestOptimizedAgainstNot: what an optimiser changes is not what a filter means.
func TestOptimizedAgainstNot(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	frames := paddedFrames(someFrames(), 5)
	for range 3000 {
		expr := generator{random}.expression(random.IntN(5))
		o := Options{LinkType: capture.LinkTypeEthernet}
		want, err := Compile(expr, o)
		if err != nil {
			t.Fatalf("%q: %v", expr, err)
		}
		o.Optimize = true
		got, err := Compile(expr, o)
		if err != nil {
			if err.Error() != "expression rejects all packets" {
				t.Fatalf("%q: %v", expr, err)
			}
			got = newProgram([]Instruction{{Op: opReturn}})
		}
		if len(got.Instructions()) > len(want.Instructions()) {
			t.Errorf("%q: optimised from %d instructions to %d", expr, len(want.Instructions()), len(got.Instructions()))
		}
		for range 4 {
			if err := sameResults(got, want, frames, random, false); err != nil {
				t.Fatalf("%q: %v", expr, err)
			}
		}
	}
}

// TestAgainstTcpdump holds random filters against the programs of the installed
// tcpdump, which may be of an older libpcap.
func TestAgainstTcpdump(t *testing.T) {
	tcpdump, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skipf("no tcpdump to compare with: %v", err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	frames := paddedFrames(someFrames(), 5)
	longer, total := 0, 0
	for range 300 {
		expr := generator{random}.expression(random.IntN(4))
		var stdout, stderr bytes.Buffer
		c := exec.Command(tcpdump, "-d", "-y", "EN10MB", expr)
		c.Stdout, c.Stderr = &stdout, &stderr
		wantErr := c.Run()
		got, err := Compile(expr, Options{LinkType: capture.LinkTypeEthernet, Optimize: true})
		if err != nil && err.Error() == "expression rejects all packets" {
			continue // which an optimiser may find out or not
		}
		if err != nil || wantErr != nil {
			t.Errorf("%q: error is %v, tcpdump's is %v: %s", expr, err, wantErr, &stderr)
			continue
		}
		lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		want, err := assemble(lines)
		if err != nil {
			t.Fatal(err)
		}
		if total++; len(got.Instructions()) > len(want.Instructions()) {
			longer++
		}
		for range 4 {
			if err := sameResults(got, want, frames, random, false); err != nil {
				t.Errorf("%q: %v", expr, err)
				break
			}
		}
	}
	t.Logf("%d of %d programs are longer than tcpdump's", longer, total)
}
