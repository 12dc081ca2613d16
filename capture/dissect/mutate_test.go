package dissect

import (
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
var notDissected = regexp.MustCompile(`EGP|MPCP|DCCP|igrp|RSVP|pgm|PIM|OSI|VRRPv3|LLDP|OSPF|EIGRP|L2TP|CARP|` +
	`-list|-domain|subopt:3|AFTR|\.(520|521|266) >|> [^ ]*\.(520|521|266):`)

// Damaged packets have tcpdump's text too. THINNET_TCPDUMP5 is a tcpdump of the
// version whose text this package prints, as distributions do not have it yet.
// THINNET_SEED makes other packets.
func TestMutatedAgainstTcpdump(t *testing.T) {
	program := os.Getenv("THINNET_TCPDUMP5")
	if program == "" {
		t.Skip("THINNET_TCPDUMP5 does not name a tcpdump 5.0")
	}
	seed, _ := strconv.ParseUint(os.Getenv("THINNET_SEED"), 10, 64)
	rnd := rand.New(rand.NewPCG(seed, 5))
	all, differ := 0, 0
	for _, packets := range sources(t) {
		var mutated []capture.Packet
		for i := range 400 {
			p := packets[rnd.IntN(len(packets))]
			p.Data = mutate(rnd, slices.Clone(p.Data))
			p.Time, p.BadFraction = time.Unix(int64(i), 0), 0
			if rnd.IntN(4) == 0 {
				p.OrigLen = len(p.Data)
			}
			mutated = append(mutated, p)
		}
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
		got, want := numbered(text(o, mutated...)), numbered(run(t, program, mutated, args...))
		for i := range mutated {
			all++
			if got[i] == want[i] || notDissected.MatchString(want[i]) {
				continue
			}
			if differ++; differ <= 30 {
				t.Logf("%v %x\n%s", args, mutated[i].Data, firstDifference([]byte(got[i]), []byte(want[i])))
			}
		}
	}
	// A few are of protocols that are not dissected, and do not say so.
	if t.Logf("%d of %d differ", differ, all); differ > all/5000 {
		t.Errorf("%d of %d texts differ, more than one of 5000", differ, all)
	}
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
