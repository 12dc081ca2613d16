package dissect

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
)

// notDissected is in tcpdump's text of protocols which this package does not have,
// or where it knowingly differs: a name that runs beyond its DHCPv6 option.
var notDissected = regexp.MustCompile(`(?i:EGP|MPCP|DCCP|igrp|RSVP|pgm|GeoNet)|IPX |PIM|OSI|VRRPv3|LLDP|OSPF|EIGRP|L2TP|CARP|ForCES|` +
	`-list|-domain|subopt:3|AFTR|\.(520|521|266) >|> [^ ]*\.(520|521|266):`)

// since499 rewrites our text to what tcpdump 4.99 says, which is what distributions
// have.
var since499 = []struct {
	now  *regexp.Regexp
	then string
}{
	{regexp.MustCompile(`, \[(ack|urg) \d+ != 0 while (ACK|URG) flag not set\]`), ""},
	{regexp.MustCompile(`Flags \[e\]`), "Flags [none]"},
	{regexp.MustCompile(`Flags \[([FSRP.UEW]+)e\]`), "Flags [$1]"},
	{regexp.MustCompile(`\bccecho `), " "},
	{regexp.MustCompile(`proto HBH \(0\)`), "proto Options (0)"},
	{regexp.MustCompile(`\bIP6?  \[\|ip(6?)\]`), " [|ip$1]"},
	{regexp.MustCompile(`, length (\d+): IP6?( \[\|ip6?\])`), ", length $1: $2"},
	{regexp.MustCompile(`\[\|hbh\]`), "[|hbhopt]"},
	{regexp.MustCompile(`\bGRE \[\|gre\]`), " [|gre]"},
	{regexp.MustCompile(`\bNTP \[\|ntp\]`), " [|ntp]"},
	{regexp.MustCompile(`\(payload protocol \d+ should be 59\) `), ""},
}

// otherSince499 is in our text where 4.99 looks at a packet in another way: nearly
// all that 5.0 calls invalid, lengths of 0, and flags of MPTCP. only499 is in the text of 4.99:
// record types that it has no name for.
var (
	otherSince499 = regexp.MustCompile(`\(invalid\)|presumed|mptcp|keep-alive|\(interface-ID |-info \?|length != N x|[IK] flag not set|type=4, segleft|extended echo|\[\|esp`)
	only499       = regexp.MustCompile(`\bType\d+|bad-len 0|No valid Jumbo`)
)

// Damaged packets have tcpdump's text too: that of the installed tcpdump, but for
// what is known to have changed; or that of the version whose text this package
// prints, 5.0, if THINNET_TCPDUMP5 names one. THINNET_SEED makes other packets.
func TestMutatedAgainstTcpdump(t *testing.T) {
	program, older := os.Getenv("THINNET_TCPDUMP5"), false
	if program == "" {
		program, older = installed(t), true
	}
	seed, _ := strconv.ParseUint(os.Getenv("THINNET_SEED"), 10, 64)
	all, differ := 0, 0
	for range *runs {
		n, d := mutatedAgainst(t, program, older, rand.New(rand.NewPCG(seed, 5)))
		all, differ = all+n, differ+d
		seed++
	}
	// A few are of protocols that are not dissected, and do not say so.
	if t.Logf("%d of %d differ", differ, all); differ > all/2500 {
		t.Errorf("%d of %d texts differ, more than one of 2500", differ, all)
	}
}

// runs is how often packets are mutated; a second takes one or two.
var runs = flag.Int("runs", 1, "how often to compare mutated packets with tcpdump's text")

// mutatedAgainst compares the texts of mutated packets, and returns how many those
// were and how many differ.
func mutatedAgainst(t *testing.T, program string, older bool, rnd *rand.Rand) (all, differ int) {
	for _, packets := range sources(t) {
		o := Options{Number: true, Numeric: true, Time: TimeNone, Location: time.UTC, Verbose: rnd.IntN(4),
			InterfaceName: interfaceName}
		args := []string{"-#", "-t"}
		for range o.Verbose {
			args = append(args, "-v")
		}
		if o.Link = rnd.IntN(3) == 0; o.Link {
			args = append(args, "-e")
		}
		if rnd.IntN(6) == 0 {
			o.Quiet, args = 1, append(args, "-q")
		}
		if older {
			packets = printedAlike(t, program, packets, o, args)
		}
		var mutated []capture.Packet
		for i := range min(400, 400*len(packets)) {
			p := packets[rnd.IntN(len(packets))]
			p.Data = mutate(rnd, slices.Clone(p.Data))
			p.Time, p.BadFraction = time.Unix(int64(i), 0), 0
			if !older && rnd.IntN(4) == 0 {
				p.OrigLen = len(p.Data)
			}
			mutated = append(mutated, p)
		}
		if len(mutated) == 0 {
			continue
		}
		got, want := numbered(text(o, mutated...)), numbered(run(t, program, mutated, args...))
		for i := range mutated {
			all++
			if got[i] == want[i] || notDissected.MatchString(want[i]) || older && is499(got[i], want[i]) {
				continue
			}
			if differ++; differ <= 30 {
				t.Logf("%v %x\n%s", args, mutated[i].Data, firstDifference([]byte(got[i]), []byte(want[i])))
			}
		}
	}
	return all, differ
}

// printedAlike returns the packets whose text has not changed since 4.99.
func printedAlike(t *testing.T, program string, packets []capture.Packet, o Options, args []string) (alike []capture.Packet) {
	for i := range packets {
		packets[i].Time, packets[i].BadFraction = time.Unix(int64(i), 0), 0
	}
	got, want := numbered(text(o, packets...)), numbered(run(t, program, packets, args...))
	for i, p := range packets {
		if got[i] == want[i] {
			alike = append(alike, p)
		}
	}
	return alike
}

// is499 says whether our text and that of 4.99 differ only by what has changed.
func is499(got, want string) bool {
	if otherSince499.MatchString(got) || only499.MatchString(want) {
		return true
	}
	for _, r := range since499 {
		got = r.now.ReplaceAllString(got, r.then)
	}
	// 4.99 closes some brackets of options that were cut.
	return got == strings.ReplaceAll(want, "[|tcp]>", "[|tcp]")
}

func interfaceName(index uint32) string {
	i, err := net.InterfaceByIndex(int(index))
	if err != nil {
		return ""
	}
	return i.Name
}

// sources returns the first packets of each capture of the vectors, and the
// samples by their link type.
func sources(t *testing.T) (all [][]capture.Packet) {
	byLink := map[capture.LinkType][]capture.Packet{}
	var links []capture.LinkType
	for _, s := range samples() {
		if byLink[s.link] == nil {
			links = append(links, s.link)
		}
		byLink[s.link] = append(byLink[s.link], capture.Packet{Data: s.data, OrigLen: len(s.data), LinkType: s.link})
	}
	for _, l := range links {
		all = append(all, byLink[l])
	}
	names, _ := filepath.Glob(filepath.Join(vectors, "pcap", "*"))
	for _, name := range names {
		if packets := readCapture(t, name, 60); len(packets) > 0 {
			all = append(all, packets)
		}
	}
	return all
}

// readCapture returns the first packets of a file that have any bytes.
func readCapture(t *testing.T, name string, most int) (packets []capture.Packet) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapfile.NewReader(f)
	for len(packets) < most {
		var p capture.Packet
		if err == nil {
			p, err = r.Next()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(fmt.Errorf("%s: %w", name, err))
		}
		if len(p.Data) > 0 {
			p.Data = slices.Clone(p.Data)
			packets = append(packets, p)
		}
	}
	return packets
}

// mutate cuts a packet, flips bits of it, or puts values at the edge of a range
// into it.
func mutate(rnd *rand.Rand, b []byte) []byte {
	edges := []byte{0, 1, 2, 3, 4, 7, 8, 127, 128, 254, 255}
	switch rnd.IntN(3) {
	case 0:
		return b[:rnd.IntN(len(b)+1)]
	case 1:
		for range 1 + rnd.IntN(3) {
			b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
		}
	default:
		for range 1 + rnd.IntN(2) {
			b[rnd.IntN(len(b))] = edges[rnd.IntN(len(edges))]
		}
	}
	return b
}

// numbered splits the text of packets that have their number before them. What
// looks like the number of the next packet is that.
func numbered(out string) map[int]string {
	texts, next := map[int]string{}, 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, fmt.Sprintf("%5d  ", next+1)) {
			next++
		}
		texts[next-1] += line
	}
	return texts
}
