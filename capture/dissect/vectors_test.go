package dissect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"thinnet/capture/pcapfile"
)

// vectors is the folder of tcpdump's own test cases, which lies beside the
// repository where it is there at all.
const vectors = "../../../shared/vectors/tcpdump"

// notYet are the cases whose text is not right yet, by what they need.
var notYet = map[string]string{}

// vectorCase is a line of cases.tsv: a capture, options, and the exact output.
type vectorCase struct {
	name, pcap, out string
	options         Options
	skip, count     int // --skip, -c
	sampling        int // --print-sampling
}

func vectorCases(t testing.TB) []vectorCase {
	t.Helper()
	f, err := os.Open(filepath.Join(vectors, "cases.tsv"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("tcpdump's cases are not here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vectorCase
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if fields[0] == "name" {
			continue
		}
		c := vectorCase{name: fields[0], pcap: fields[1], out: fields[2]}
		if err := c.parse(strings.Fields(fields[3])); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		all = append(all, c)
	}
	return all
}

// parse reads tcpdump's options.
func (c *vectorCase) parse(args []string) error {
	o := &c.options
	o.Location = time.UTC
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		number := func() (n int) {
			n, _ = strconv.Atoi(args[0])
			args = args[1:]
			return n
		}
		if value, ok := strings.CutPrefix(arg, "--print-sampling="); ok {
			c.sampling, _ = strconv.Atoi(value)
			o.AbsoluteSeq = true
			continue
		}
		switch arg {
		case "--nano":
			o.Nano = true
			continue
		case "--skip":
			c.skip = number()
			continue
		case "-c":
			c.count = number()
			continue
		case "-T":
			if args[0] != "domain" {
				return fmt.Errorf("unknown packet type %s", args[0])
			}
			o.Payload = PayloadDomain
			args = args[1:]
			continue
		}
		for _, letter := range strings.TrimPrefix(arg, "-") {
			switch letter {
			case '#':
				o.Number = true
			case 'n':
				o.Numeric = true
			case 't':
				o.Time++
			case 'q':
				o.Quiet++
			case 'v':
				o.Verbose++
			case 'e':
				o.Link = true
			case 'g':
				o.OneLine = true
			case 'x':
				o.Dump = max(DumpHex, o.Dump+1)
			case 'X':
				o.Dump = max(DumpHexASCII, o.Dump+1)
			case 'A':
				o.Dump = max(DumpASCII, o.Dump+1)
			default:
				return fmt.Errorf("unknown option %s", arg)
			}
		}
	}
	return nil
}

// run prints the case's capture.
func (c *vectorCase) run(t testing.TB) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(vectors, "pcap", c.pcap))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapfile.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	p := New(c.options)
	for n := 1; ; n++ {
		pkt, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if n <= c.skip || c.sampling != 0 && n%c.sampling != 0 {
			p.Skip()
			continue
		}
		out = p.AppendPacket(out, &pkt)
		if c.count != 0 && n == c.skip+c.count {
			return out
		}
	}
}

// Every case gives tcpdump's text, or is on the list of those that do not yet: a
// case that could leave the list must.
func TestVectors(t *testing.T) {
	passed, failed := 0, 0
	for _, c := range vectorCases(t) {
		want, err := os.ReadFile(filepath.Join(vectors, "out", c.out))
		if err != nil {
			t.Fatal(err)
		}
		got := c.run(t)
		ok := bytes.Equal(got, want)
		if ok {
			passed++
		} else {
			failed++
		}
		switch reason, listed := notYet[c.name]; {
		case ok && listed:
			t.Errorf("%s: passes, and is on the list of what does not yet", c.name)
		case !ok && listed:
			t.Logf("%s: not yet: %s: %s", c.name, reason, firstDifference(got, want))
		case !ok:
			t.Errorf("%s: %s", c.name, firstDifference(got, want))
		}
	}
	t.Logf("%d passed, %d failed", passed, failed)
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\n got %q\nwant %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
