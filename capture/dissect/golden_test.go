package dissect

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldens are the option sets that every sample is printed with.
var goldens = []struct {
	file, args string
	options    Options
}{
	{"plain", "", Options{Numeric: true}},
	{"names", "", Options{}},
	{"v", "-v", Options{Numeric: true, Verbose: 1}},
	{"vv-e", "-vv -e", Options{Numeric: true, Verbose: 2, Link: true}},
	{"q", "-q", Options{Numeric: true, Quiet: 1}},
}

// The text of a packet of each protocol is as it was when it was compared with
// tcpdump's.
func TestGolden(t *testing.T) {
	for _, g := range goldens {
		g.options.Time, g.options.Location = TimeNone, time.UTC
		var got bytes.Buffer
		for _, s := range samples() {
			pkt := capture.Packet{Data: s.data, OrigLen: len(s.data), LinkType: s.link}
			got.WriteString("# " + s.name + "\n" + text(g.options, pkt))
		}
		path := filepath.Join("testdata", "golden", g.file+".txt")
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %s", path, firstDifference(got.Bytes(), want))
		}
	}
}

// newer are the samples that tcpdump 4.99 prints otherwise.
var newer = map[string]string{
	"mptcp":         "4.99 does not print the flags",
	"ipv6 mobility": "4.99 takes the options to be cut",
	"raw":           "4.99 starts otherwise with -e",
	"raw 6":         "4.99 starts otherwise with -e",
	"cooked 2":      "the name of the interface is the machine's",
}

// changes are what tcpdump 5.0 words otherwise than 4.99.
var changes = strings.NewReplacer(
	"next-header Options (0)", "next-header HBH (0)",
	"next-header unknown (59)", "next-header No Next Header (59)",
	"Originator Timestamp: ", "Origin Timestamp:     ",
	"gre-proto-0x0\n", "keep-alive\n",
)

var payloadLength = regexp.MustCompile(`\) payload length: (\d+)\)`)

// The real tcpdump prints the samples alike.
func TestSamplesAgainstTcpdump(t *testing.T) {
	for _, g := range goldens {
		if g.file == "names" {
			continue // names differ from machine to machine
		}
		g.options.Time = TimeNone
		for _, s := range samples() {
			if newer[s.name] != "" {
				continue
			}
			pkt := capture.Packet{Time: time.Unix(1, 0), Data: s.data, OrigLen: len(s.data), LinkType: s.link}
			want := tcpdump(t, []capture.Packet{pkt}, append(strings.Fields(g.args), "-t")...)
			want = payloadLength.ReplaceAllString(changes.Replace(want), "), payload length $1)")
			if got := text(g.options, pkt); got != want {
				t.Errorf("%s, %s: %s", s.name, g.args, firstDifference([]byte(got), []byte(want)))
			}
		}
	}
}

// A packet cut anywhere, or with any byte changed, is printed without a panic.
func TestHostileSamples(t *testing.T) {
	options := []Options{{}, {Numeric: true, Verbose: 3, Link: true}, {Verbose: 1, Dump: DumpHexASCII}, {Quiet: 1}}
	var out []byte
	for _, o := range options {
		o.Location = time.UTC
		p := New(o)
		for _, s := range samples() {
			for n := range s.data {
				pkt := capture.Packet{Data: s.data[:n], OrigLen: len(s.data), LinkType: s.link}
				out = p.AppendPacket(out[:0], &pkt)
				for _, change := range []byte{0xff, 0x80, 1} {
					data := bytes.Clone(s.data)
					data[n] ^= change
					pkt = capture.Packet{Data: data, OrigLen: len(data) + n%3, LinkType: s.link}
					out = p.AppendPacket(out[:0], &pkt)
				}
			}
		}
	}
}
