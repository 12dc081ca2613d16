package pcapfilter

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"thinnet/capture"
	"thinnet/capture/internal/capturetest"
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
	for range 1000 {
		expr := capturetest.Filters{Rand: random}.Expression(random.IntN(5))
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
		if os.Getenv("THINNET_REQUIRE_KERNEL") == "1" {
			t.Fatalf("tcpdump is required: %v", err)
		}
		t.Skipf("no tcpdump to compare with: %v", err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	g := capturetest.Filters{Rand: random}
	frames := paddedFrames(someFrames(), 5)
	longer, total := 0, 0
	for i := range 300 {
		link, expr := capture.LinkTypeEthernet, g.Expression(random.IntN(4))
		switch i % 4 {
		case 1:
			link = fuzzLinkTypes[random.IntN(len(fuzzLinkTypes))]
		case 2:
			expr = g.Tunnelled(random.IntN(3))
		}
		got, err := Compile(expr, Options{LinkType: link, Optimize: true})
		want, wantErr := compileWith(tcpdump, link, expr)
		switch {
		case err != nil && err.Error() == "expression rejects all packets":
			continue // which an optimiser may find out or not
		case (err == nil) != (wantErr == nil):
			t.Errorf("%v %q: error is %v, tcpdump's is %v", link, expr, err, wantErr)
			continue
		case err != nil:
			continue
		}
		if total++; len(got.Instructions()) > len(want.Instructions()) {
			longer++
		}
		for range 4 {
			if err := sameResults(got, want, frames, random, false); err != nil {
				t.Errorf("%v %q: %v", link, expr, err)
				break
			}
		}
	}
	t.Logf("%d of %d programs are longer than tcpdump's", longer, total)
}

// compileWith has tcpdump compile an expression.
func compileWith(tcpdump string, link capture.LinkType, expr string) (*Program, error) {
	var stderr bytes.Buffer
	c := exec.Command(tcpdump, "-d", "-y", link.String(), "--", expr)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, &stderr)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return assemble(lines)
}
