package tcpdump_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
	"thinnet/capture/tcpdump"
)

// folder holds the files of a test, which a command reads and writes.
type folder struct {
	root   string
	stdin  []byte
	stdout io.Writer // nil: kept
	now    time.Time
	full   string // the name of a file on a full disk
	ran    []string
}

var errFull = errors.New("No space left on device")

type fullFile struct{}

func (fullFile) Write([]byte) (int, error) { return 0, errFull }
func (fullFile) Close() error              { return nil }

func (f *folder) create(name string) (io.WriteCloser, error) {
	if name == f.full {
		return fullFile{}, nil
	}
	return os.Create(filepath.Join(f.root, name))
}

// run runs the command and returns what it printed.
func (f *folder) run(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	e := &tcpdump.Env{
		Stdin: bytes.NewReader(f.stdin), Stdout: &out, Stderr: &errs,
		Open: func(name string) (io.ReadCloser, error) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(f.root, name)
			}
			return os.Open(name)
		},
		Create:  f.create,
		Now:     func() time.Time { f.now = f.now.Add(time.Second); return f.now },
		Rotated: func(command, file string) { f.ran = append(f.ran, command+" "+file) },
	}
	if f.stdout != nil {
		e.Stdout = f.stdout
	}
	code = tcpdump.Run(t.Context(), e, args)
	return code, out.String(), errs.String()
}

func TestMain(m *testing.M) {
	time.Local = time.UTC // the text has local times
	os.Exit(m.Run())
}

// sample is a capture of a connection, made by thinnet run.
const sample = "../../examples/handshake.pcap"

func sampleFolder(t testing.TB) (*folder, []byte) {
	t.Helper()
	b, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	f := &folder{root: t.TempDir(), stdin: b, now: time.Unix(1e9, 0).UTC()}
	if err := os.WriteFile(filepath.Join(f.root, "a.pcap"), b, 0o666); err != nil {
		t.Fatal(err)
	}
	return f, b
}

const vectors = "../../../shared/vectors/tcpdump"

// tcpdump's own cases, through the command line.
func TestVectors(t *testing.T) {
	cases, err := os.ReadFile(filepath.Join(vectors, "cases.tsv"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("tcpdump's cases are not here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	passed, failed := 0, 0
	for _, line := range strings.Split(strings.TrimSpace(string(cases)), "\n")[1:] {
		fields := strings.Split(line, "\t")
		want, err := os.ReadFile(filepath.Join(vectors, "out", fields[2]))
		if err != nil {
			t.Fatal(err)
		}
		file, err := filepath.Abs(filepath.Join(vectors, "pcap", fields[1]))
		if err != nil {
			t.Fatal(err)
		}
		args := append([]string{"-r", file}, strings.Fields(fields[3])...)
		code, stdout, stderr := new(folder).run(t, args...)
		if stdout == string(want) && code == 0 {
			passed++
			continue
		}
		failed++
		t.Errorf("%s: exit code %d, %s", fields[0], code, stderr)
	}
	t.Logf("%d passed, %d failed", passed, failed)
}

const reading = "link-type EN10MB (Ethernet), snapshot length 262144\n"

func TestMessages(t *testing.T) {
	f, _ := sampleFolder(t)
	tests := []struct {
		args   string
		code   int
		stderr string // its start
	}{
		{"-r a.pcap tcp port", 1, "reading from file a.pcap, " + reading + "tcpdump: can't parse filter expression: syntax error\n"},
		{"-r none", 1, "tcpdump: none: No such file or directory\n"},
		{"-r a.pcap -w no/b", 1, "reading from file a.pcap, " + reading + "tcpdump: no/b: No such file or directory\n"},
		{"-V none", 1, "tcpdump: Unable to open file: No such file or directory\n"},
		{"-F none -r a.pcap", 1, "reading from file a.pcap, " + reading + "tcpdump: can't open none: No such file or directory\n"},
		{"-c 0", 1, "tcpdump: invalid packet count 0 (must be >= 1 and <= 2147483647)\n"},
		{"-c 1x", 1, "tcpdump: invalid packet count \"1x\" (not a valid number)\n"},
		{"-s 262145", 1, "tcpdump: invalid snaplen 262145 (must be >= 0 and <= 262144)\n"},
		{"--skip -1", 1, "tcpdump: invalid packet skip count \"-1\" (not a valid unsigned number)\n"},
		{"-c 2147483647 --skip 1 -r a.pcap", 1, "tcpdump: Overflow (-c count) 2147483647 + (--skip count) 1\n"},
		{"-C 1q -w x", 1, "tcpdump: invalid file size 1q (invalid units)\n"},
		{"-C 9223372036854775807k -w x", 1, "tcpdump: file size 9223372036854775807k is too large\n"},
		{"-C 1", 1, "tcpdump: -C cannot be used without -w.\n"},
		{"-G 1", 1, "tcpdump: -G cannot be used without -w.\n"},
		{"-z gzip -w x", 1, "tcpdump: -z cannot be used without -w and (-C or -G).\n"},
		{"--count", 1, "tcpdump: --count cannot be used without -r or -V.\n"},
		{"-r a -V b", 1, "tcpdump: -V and -r are mutually exclusive.\n"},
		{"-xA", 1, "tcpdump: -A and -x[x] are mutually exclusive.\n"},
		{"-AX", 1, "tcpdump: -A and -X[X] are mutually exclusive.\n"},
		{"-Xxx", 1, "tcpdump: -x[x] and -X[X] are mutually exclusive.\n"},
		{"-tttttt -r a", 1, "tcpdump: only -t, -tt, -ttt, -tttt and -ttttt are supported\n"},
		{"--json --ladder -r a.pcap", 1, "tcpdump: --json and --ladder are mutually exclusive.\n"},
		{"--count --endpoints -r a.pcap", 1, "tcpdump: --count and --endpoints are mutually exclusive.\n"},
		{"--follow 7 -r a.pcap", 1, "reading from file a.pcap, " + reading + "tcpdump: no TCP stream 7: want 0 to 0\n"},
		{"--ladder -r a.pcap arp", 1, "reading from file a.pcap, " + reading + "tcpdump: no TCP stream 0: there was none at all\n"},
		{"--follow x -r a.pcap", 1, "tcpdump: invalid stream number \"x\" (not a valid number)\n"},
		{"--pack --im --json=1", 1, "tcpdump: option '--json' doesn't allow an argument\n"},
		{"--p", 1, "tcpdump: option '--p' is ambiguous; possibilities: '--packet-buffered' '--print' '--print-sampling'\n"},
		{"-Q up", 1, "tcpdump: unknown capture direction 'up'\n"},
		{"-T rtp", 1, "tcpdump: packet type 'rtp' is not built: want domain, tftp or vxlan\n"},
		{"-f -r a.pcap", 1, "tcpdump: -f can not be used with -V or -r\n"},
		{"-j pigeon -r a.pcap", 1, "tcpdump: invalid time stamp type pigeon\n"},
		{"-m mib -r none", 1, "tcpdump: ignoring option '-m mib' (no libsmi support)\ntcpdump: none: "},
		{"-E x -r none", 1, "tcpdump: WARNING: crypto code not compiled in\ntcpdump: none: "},
		{"-T pigeon", 1, "tcpdump: unknown packet type 'pigeon'\n"},
		{"-y pigeon", 1, "tcpdump: invalid data link type pigeon\n"},
		{"--time-stamp-precision pico", 1, "tcpdump: unsupported time stamp precision\n"},
		{"--bogus", 1, "tcpdump: unrecognized option '--bogus'\ntcpdump version "},
		{"-r", 1, "tcpdump: option requires an argument -- 'r'\n"},
		{"-i eth0", 1, "tcpdump: no interfaces available for capture\n"},
		{"-d", 0, "Warning: assuming Ethernet\n"},
	}
	for _, tt := range tests {
		code, stdout, stderr := f.run(t, strings.Fields(tt.args)...)
		if code != tt.code || !strings.HasPrefix(stderr, tt.stderr) || code != 0 && stdout != "" {
			t.Errorf("tcpdump %s: exit code %d, %q, %q, want %d and %q", tt.args, code, stdout, stderr, tt.code, tt.stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, arg := range []string{"--help", "-h", "--version"} {
		code, stdout, stderr := new(folder).run(t, arg)
		if code != 0 || !strings.HasPrefix(stdout, "tcpdump version 5.") || stderr != "" {
			t.Errorf("%s: %d %q %q", arg, code, stdout, stderr)
		}
	}
}

// -d in its three notations.
func TestPrintFilter(t *testing.T) {
	for args, want := range map[string]string{
		"-d -y RAW ip":      "(000) ldb      [0]\n(001) and      #0xf0\n(002) jeq      #0x40            jt 3\tjf 4\n(003) ret      #262144\n(004) ret      #0\n",
		"-dd -y IPV4 -s 96": "{ 0x6, 0, 0, 0x00000060 },\n",
		"-ddd -y IPV4":      "1\n6 0 0 262144\n",
		"-d -y EN10MB ip":   "(000) ldh      [12]\n(001) jeq      #0x800           jt 2\tjf 3\n(002) ret      #262144\n(003) ret      #0\n",
	} {
		code, stdout, stderr := new(folder).run(t, strings.Fields(args)...)
		if code != 0 || stdout != want || stderr != "" {
			t.Errorf("%s: %d %q %q", args, code, stdout, stderr)
		}
	}
}

func packets(t *testing.T, b []byte) (n int) {
	t.Helper()
	r, err := pcapfile.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for ; ; n++ {
		if _, err := r.Next(); err == io.EOF {
			return n
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// What -w writes is what -r reads.
func TestRoundTrip(t *testing.T) {
	f, original := sampleFolder(t)
	if code, stdout, stderr := f.run(t, "-r", "-", "-w", "b.pcap"); code != 0 || stdout != "" || stderr != "reading from file -, "+reading {
		t.Fatalf("%d %q %q", code, stdout, stderr)
	}
	got, err := os.ReadFile(filepath.Join(f.root, "b.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, original) {
		t.Errorf("a copy is not alike")
	}
	_, stdout, _ := f.run(t, "-r", "a.pcap", "-w", "-", "--nano")
	f.stdin = []byte(stdout)
	_, nano, _ := f.run(t, "-nr", "-")
	if _, want, _ := f.run(t, "-nr", "a.pcap"); nano != want || nano == "" {
		t.Errorf("through nanoseconds:\n%s\nwant\n%s", nano, want)
	}
}

func TestCount(t *testing.T) {
	f, original := sampleFolder(t)
	n := packets(t, original)
	if err := os.WriteFile(filepath.Join(f.root, "list"), []byte("a.pcap\na.pcap\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string
		want int // lines, or the number that --count says
	}{
		{"-nr a.pcap", n},
		{"-nr a.pcap -c 3", 3},
		{"-nr a.pcap -c 3 --skip 2", 3},
		{"-nr a.pcap --skip 2", n - 2},
		{"-nr a.pcap --print-sampling 4", n / 4},
		{"-nV list", 2 * n},
		{"-nr a.pcap -w b.pcap --print", n},
	} {
		code, stdout, stderr := f.run(t, strings.Fields(tt.args)...)
		if got := strings.Count(stdout, "\n"); code != 0 || got != tt.want {
			t.Errorf("%s: %d lines, want %d; %s", tt.args, got, tt.want, stderr)
		}
	}
	if _, stdout, _ := f.run(t, "--count", "-V", "list", "arp"); stdout != "4 packets\n" {
		t.Errorf("--count says %q", stdout)
	}
	// Numbers are those of the packets that the filter takes.
	if _, stdout, _ := f.run(t, "-#nr", "a.pcap", "--skip", "1", "-c", "1", "tcp"); !strings.HasPrefix(stdout, "    2  ") {
		t.Errorf("-# says %q", stdout)
	}
}

func TestRotation(t *testing.T) {
	for _, tt := range []struct{ args, files, stderr string }{
		{"-C 1k -w x", "x x1", ""},
		{"-C 1k -W 12 -w x", "x00 x01", ""},
		{"-C 1k -W 1 -w x", "x", ""},
		{"-G 4 -w %H%M%S-x", "014641-x 014645-x 014649-x 014653-x", ""},
		{"-G 4 -W 2 -w x%S", "x41 x45", "Maximum file limit reached: 2\n"},
	} {
		f, _ := sampleFolder(t)
		code, _, stderr := f.run(t, append(strings.Fields(tt.args), "-r", "a.pcap", "-z", "gzip")...)
		entries, _ := os.ReadDir(f.root)
		var names []string
		for _, e := range entries {
			if e.Name() != "a.pcap" {
				names = append(names, e.Name())
			}
		}
		if got := strings.Join(names, " "); code != 0 || got != tt.files || !strings.HasSuffix(stderr, tt.stderr) {
			t.Errorf("%s: %d, files %s, want %s; %s", tt.args, code, got, tt.files, stderr)
		}
		if len(f.ran) == 0 || f.ran[0] != "gzip "+names[0] {
			t.Errorf("%s: -z ran %q", tt.args, f.ran)
		}
	}
}

// A file that was cut anywhere gives the text of what is whole, and says what is
// not.
func TestCut(t *testing.T) {
	f, original := sampleFolder(t)
	_, whole, _ := f.run(t, "-nr", "-")
	for n := range original {
		f.stdin = original[:n]
		code, stdout, stderr := f.run(t, "-nr", "-")
		if !strings.HasPrefix(whole, stdout) || (code != 0) != strings.Contains(stderr, "truncated dump file") {
			t.Fatalf("cut at %d: exit code %d, %q, %q", n, code, stdout, stderr)
		}
	}
}

// A full disk is told, for text and for files.
func TestFull(t *testing.T) {
	f, _ := sampleFolder(t)
	f.full = "full"
	for _, args := range []string{"-w full", "-U -w full"} {
		code, _, stderr := f.run(t, append(strings.Fields(args), "-r", "a.pcap")...)
		if want := "tcpdump: Unable to write output: No space left on device\n"; code != 1 || !strings.HasSuffix(stderr, want) {
			t.Errorf("%s: %d %q", args, code, stderr)
		}
	}
	f.stdout = fullFile{}
	if code, _, stderr := f.run(t, "-nr", "a.pcap"); code != 1 || !strings.HasSuffix(stderr, "Unable to write output: No space left on device\n") {
		t.Errorf("text: %d %q", code, stderr)
	}
}

// Packets of several link types in one file are each printed and filtered as
// what they are.
func TestLinkTypes(t *testing.T) {
	var b bytes.Buffer
	w, err := pcapfile.NewNGWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w.AddInterface("a", capture.LinkTypeRaw, 0)
	w.AddInterface("b", capture.LinkTypeEthernet, 0)
	ip := []byte("\x45\x00\x00\x14\x00\x00\x00\x00\x40\xfd\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02")
	for i, data := range [][]byte{ip, append([]byte("\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00"), ip...)} {
		if err := w.WritePacket(&capture.Packet{Time: time.Unix(1, 0), Data: data, OrigLen: len(data), Interface: i}); err != nil {
			t.Fatal(err)
		}
	}
	f := &folder{root: t.TempDir(), stdin: b.Bytes()}
	code, stdout, stderr := f.run(t, "-tnr", "-", "src", "host", "10.0.0.1")
	if want := strings.Repeat("IP 10.0.0.1 > 10.0.0.2:  ip-proto-253 0\n", 2); code != 0 || stdout != want || !strings.Contains(stderr, "link-type RAW") {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
	if code, _, stderr := f.run(t, "-r", "-", "-w", "x"); code != 1 || !strings.Contains(stderr, "different from the type of the first interface") {
		t.Errorf("-w: %d %q", code, stderr)
	}
}

// What a run allocates does not depend on how many packets there are.
func TestAllocations(t *testing.T) {
	var few, many bytes.Buffer
	if err := errors.Join(generate(&few, 100), generate(&many, 5100)); err != nil {
		t.Fatal(err)
	}
	for args, more := range map[string]float64{
		"--count -r - tcp port 80": 50, "-w x -r -": 50, "-w x.pcapng -r -": 50,
		"-nr -": 3000, "--json -nr -": 3000, // connections are remembered, of which there are more
	} {
		allocations := func(file []byte) float64 {
			e := &tcpdump.Env{Stdout: io.Discard, Stderr: io.Discard, Create: func(string) (io.WriteCloser, error) { return discard{io.Discard}, nil }}
			return testing.AllocsPerRun(3, func() {
				e.Stdin = bytes.NewReader(file)
				tcpdump.Run(t.Context(), e, strings.Fields(args))
			})
		}
		if a, b := allocations(few.Bytes()), allocations(many.Bytes()); b-a > more {
			t.Errorf("%s: %.0f allocations for 100 packets, %.0f for 5100", args, a, b)
		}
	}
}
