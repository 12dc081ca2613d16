package tcpdump_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/capture/internal/capturetest"
	"thinnet/capture/pcapfile"
)

// runs makes the comparisons with the installed tcpdump longer; a second or two each.
var (
	runs = flag.Int("runs", 1, "how often to compare with the installed tcpdump")
	seed = flag.Uint64("seed", 1, "of what is compared")
)

// installed returns the tcpdump that is installed.
func installed(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("tcpdump")
	if err != nil {
		if os.Getenv("THINNET_REQUIRE_KERNEL") == "1" {
			t.Fatalf("tcpdump is required: %v", err)
		}
		t.Skipf("tcpdump is not installed: %v", err)
	}
	return program
}

// theirs runs the installed tcpdump.
func theirs(t *testing.T, program string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c := exec.Command(program, append([]string{"-Z", "root"}, args...)...)
	c.Stdout, c.Stderr, c.WaitDelay = &out, &errs, time.Minute
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

// Random filters choose the same of random packets.
func TestFiltersAgainstTcpdump(t *testing.T) {
	program := installed(t)
	f := &folder{root: t.TempDir()}
	name := filepath.Join(f.root, "packets.pcap")
	compared, chosen := 0, 0
	for run := range uint64(*runs) {
		random := rand.New(rand.NewPCG(*seed+run, 1))
		var file bytes.Buffer
		w, err := pcapfile.NewWriter(&file, capture.LinkTypeEthernet, 0, pcapfile.Micro)
		if err != nil {
			t.Fatal(err)
		}
		const packets = 300
		for i := range packets {
			frame := capturetest.Packets{Rand: random}.Frame()
			if err := w.WritePacket(&capture.Packet{Time: time.Unix(int64(i), 0), Data: frame, OrigLen: len(frame)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(name, file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		filters := capturetest.Filters{Rand: random}
		for i := range 60 {
			expression := filters.Expression(random.IntN(4))
			if i%5 == 0 {
				expression = filters.Tunnelled(random.IntN(2))
			}
			code, got, errs := f.run(t, "-r", name, "-w", "-", expression)
			theirCode, want, theirErrs := theirs(t, program, "-r", name, "-w", "-", expression)
			if rejects := "expression rejects all packets"; strings.Contains(errs, rejects) || strings.Contains(theirErrs, rejects) {
				continue // which an optimiser may find out or not
			}
			if compared++; code != theirCode || got != want {
				t.Errorf("%q: exit codes %d, %d; %d and %d bytes of packets\n%s%s", expression, code, theirCode, len(got), len(want), errs, theirErrs)
			}
			if len(got) > 24 {
				chosen++
			}
		}
	}
	t.Logf("%d filters, of which %d chose packets", compared, chosen)
	if chosen < compared/3 {
		t.Errorf("of %d filters %d choose a packet", compared, chosen)
	}
}

// containers are small captures in both formats, and where their packets start.
func containers(t *testing.T) (files [][]byte) {
	t.Helper()
	random := capturetest.Packets{Rand: rand.New(rand.NewPCG(1, 2))}
	var classic, ng bytes.Buffer
	w, err := pcapfile.NewWriter(&classic, capture.LinkTypeEthernet, 0, pcapfile.Micro)
	n, ngErr := pcapfile.NewNGWriter(&ng)
	if err := errors.Join(err, ngErr); err != nil {
		t.Fatal(err)
	}
	n.AddInterface("eth0", capture.LinkTypeEthernet, 0)
	for i := range 5 {
		frame := random.Frame()[:60+i]
		p := capture.Packet{Time: time.Unix(1e9, int64(i)*1000), Data: frame, OrigLen: len(frame), Direction: capture.Inbound, Comment: "a comment"}
		if err := errors.Join(w.WritePacket(&p), n.WritePacket(&p)); err != nil {
			t.Fatal(err)
		}
	}
	return [][]byte{classic.Bytes(), ng.Bytes()}
}

// damage changes some of the fields that hold lengths, magics and types, or cuts
// the file.
func damage(random *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	if random.IntN(4) == 0 {
		return b[:random.IntN(len(b)+1)]
	}
	values := []uint32{0, 1, 2, 3, 4, 8, 12, 16, 28, 0x7fffffff, 0xffffffff, 0x80000000, 262144, 262145, 65535, random.Uint32()}
	for range 1 + random.IntN(2) {
		at := random.IntN(len(b)/4) * 4
		if random.IntN(2) == 0 {
			at = random.IntN(16) * 4
		}
		switch field := b[at:]; random.IntN(3) {
		case 0:
			binary.LittleEndian.PutUint32(field, values[random.IntN(len(values))])
		case 1:
			field[random.IntN(4)] ^= 1 << random.IntN(8)
		default:
			binary.LittleEndian.PutUint32(field, binary.LittleEndian.Uint32(field)+uint32(random.IntN(9))-4)
		}
	}
	return b
}

// changes are what messages may differ in: what has changed since libpcap 1.10.3,
// whose names of link types are not all those of today either.
var changes = []struct {
	text *regexp.Regexp
	both string
}{
	{regexp.MustCompile(`, link-type [^,]*,`), ", link-type …,"},
	{regexp.MustCompile(`in header (\d+ )?and trailer (\d+ )?don't`), "in header and trailer don't"},
	{regexp.MustCompile(`unsupported pcap savefile version [01].*`), "archaic pcap savefile format"},
}

func sinceLibpcap1103(message string) string {
	for _, c := range changes {
		message = c.text.ReplaceAllString(message, c.both)
	}
	return message
}

// Damaged files are read as far as tcpdump reads them, with its words and its exit
// code.
func TestFilesAgainstTcpdump(t *testing.T) {
	program := installed(t)
	f := &folder{root: t.TempDir()}
	name := filepath.Join(f.root, "damaged")
	files := containers(t)
	refused := 0
	for run := range uint64(*runs) {
		random := rand.New(rand.NewPCG(*seed+run, 3))
		for range 100 {
			b := damage(random, files[random.IntN(len(files))])
			if err := os.WriteFile(name, b, 0o644); err != nil {
				t.Fatal(err)
			}
			code, got, errs := f.run(t, "-r", name, "-w", "-")
			theirCode, want, theirErrs := theirs(t, program, "-r", name, "-w", "-")
			if code != 0 {
				refused++
			}
			if strings.Contains(theirErrs, "unknown data link type") {
				continue // 1.11 knows others
			}
			if strings.Contains(theirErrs, "different from the ") {
				continue // ours takes interfaces of several kinds
			}
			if !strings.Contains(errs, "EN10MB") && len(want) > 24 && len(got) > 24 {
				// Numbers of link types that have no name here may have another
				// in files.
				want, got = want[:20]+want[24:], got[:20]+got[24:]
			} else if len(want) > 24 && want[23] != 0 {
				want = want[:23] + "\x00" + want[24:] // what it says of a frame check sequence
			}
			if code != theirCode || got != want || sinceLibpcap1103(errs) != sinceLibpcap1103(theirErrs) {
				t.Errorf("%x:\nexit codes %d, %d; %d and %d bytes of packets\n%s%s", b, code, theirCode, len(got), len(want), errs, theirErrs)
			}
		}
	}
	t.Logf("%d refused", refused)
}
