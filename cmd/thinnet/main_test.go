package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"thinnet/capture/pcapfile"
)

// thinnet runs the program and returns its exit code and what it printed.
func thinnet(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&errs)
	err := root.ExecuteContext(t.Context())
	var exit exitCode
	switch {
	case errors.As(err, &exit):
		code = int(exit)
	case err != nil:
		code = exitProblem
		errs.WriteString(err.Error())
	}
	return code, out.String(), errs.String()
}

const example = "../../examples/handshake.yaml"

// The seed's scene, in real time, recorded into a file.
// Where the machine holds it up in the midst of that, TCP rightly sends something again, or
// acknowledges two things at once: then it is played again.
func TestRunHandshake(t *testing.T) {
	var file, stdout, stderr string
	for range 5 {
		var code int
		file = filepath.Join(t.TempDir(), "out.pcapng")
		if code, stdout, stderr = thinnet(t, "", "run", example, "-w", file, "--seed", "1"); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		if strings.Count(stdout, "\n") == 11 {
			break
		}
	}
	for _, line := range []string{
		`^tcpdump: verbose output suppressed, use -v\[v\]\.\.\. for full protocol decode$`,
		`^listening on ens33, link-type EN10MB \(Ethernet\), snapshot length 262144 bytes$`,
		`^11 packets captured$`,
	} {
		if !regexp.MustCompile("(?m)" + line).MatchString(stderr) {
			t.Errorf("no %s in:\n%s", line, stderr)
		}
	}
	want := []string{
		`client\.PORT > server\.http: Flags \[S\], seq \d+, win \d+, options \[mss 1460,.*\], length 0`,
		`server\.http > client\.PORT: Flags \[S\.\], seq \d+, ack \d+, win \d+, options \[mss 1460,.*\], length 0`,
		`client\.PORT > server\.http: Flags \[\.\], ack 1, win \d+, .*length 0`,
		`client\.PORT > server\.http: Flags \[P\.\], seq 1:436, ack 1, win \d+, .*length 435: HTTP: GET / HTTP/1\.1`,
		`server\.http > client\.PORT: Flags \[\.\], ack 436, win \d+, .*length 0`,
		`server\.http > client\.PORT: Flags \[P\.\], seq 1:970, ack 436, win \d+, .*length 969: HTTP: HTTP/1\.1 200 OK`,
		`client\.PORT > server\.http: Flags \[\.\], ack 970, win \d+, .*length 0`,
		`client\.PORT > server\.http: Flags \[F\.\], seq 436, ack 970, .*length 0`,
		`server\.http > client\.PORT: Flags \[\.\], ack 437, .*length 0`,
		`server\.http > client\.PORT: Flags \[F\.\], seq 970, ack 437, .*length 0`,
		`client\.PORT > server\.http: Flags \[\.\], ack 971, .*length 0`,
	}
	names := strings.NewReplacer(`client\.PORT`, `192\.168\.190\.1\.\d+`, `server\.http`, `192\.168\.190\.128\.http`)
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), stdout)
	}
	for i, w := range want {
		if !regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{6} IP ` + names.Replace(w) + "$").MatchString(lines[i]) {
			t.Errorf("%s\nis not %s", lines[i], w)
		}
	}
	checkCapture(t, file, "client:ens33", 13)
}

// checkCapture reads a file and compares its interface and number of packets.
func checkCapture(t *testing.T, file, name string, packets int) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapfile.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; ; n++ {
		if _, err := r.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n != packets || len(r.Interfaces()) != 1 || r.Interfaces()[0].Name != name {
		t.Errorf("%d packets of %v, want %d of %s", n, r.Interfaces(), packets, name)
	}
}

func TestRunScript(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lab.yaml")
	if err := os.WriteFile(file, []byte("nodes: {a: {}, b: {}}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := thinnet(t, "ip -br addr\n@b\nping\n", "run", file)
	if want := "lo               UNKNOWN        127.0.0.1/8 \n"; code != 1 || stdout != want {
		t.Errorf("exit code %d, %q; %s", code, stdout, stderr)
	}
}

func TestProblems(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("nodes: {a: {}}\nlinks: [a:x -- a:y]\nsteps: [{b: ping}]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	ring := filepath.Join(t.TempDir(), "ring.yaml")
	if err := os.WriteFile(ring, []byte("nodes: {a: {}, s: {switch: {ports: 2}}}\nlinks: [s:1 -- s:2]\nsteps: [{a: ip addr}]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	tests := []struct {
		args   []string
		code   int
		stderr []string
	}{
		{[]string{"check", example}, 0, nil},
		{[]string{"check", bad}, 2, []string{bad + ":2:9: link end \"a:x\"", bad + ":3:10: step: no node \"b\""}},
		{[]string{"check", ring}, 0, []string{ring + ":2:9: warning: s:1 -- s:2 closes a loop of switches"}},
		{[]string{"run", ring}, 0, []string{ring + ":2:9: warning: s:1 -- s:2 closes a loop of switches"}},
		{[]string{"run", bad}, 2, []string{bad + ":2:9: "}},
		{[]string{"check", missing}, 2, []string{"missing.yaml"}},
		{[]string{"run", missing}, 2, []string{"missing.yaml"}},
		{[]string{"run"}, 2, []string{"run: a topology file is missing: thinnet run FILE"}},
		{[]string{"check"}, 2, []string{"check: a topology file is missing: thinnet check FILE..."}},
		{[]string{"run", example, "ping"}, 2, []string{`run: "ping" is one argument too many: thinnet run FILE`}},
		{[]string{"run", example, "-w", "-"}, 2, []string{"-w -: standard output is where the steps print; name a file"}},
		{[]string{"bogus"}, 2, []string{"unknown command"}},
		{[]string{"run", "--bogus", bad}, 2, []string{"unknown flag"}},
		{[]string{"run", example, "-w", filepath.Join(missing, "x")}, 1, []string{"missing.yaml"}},
	}
	for _, tt := range tests {
		code, _, stderr := thinnet(t, "", tt.args...)
		if code != tt.code {
			t.Errorf("%q: exit code %d, want %d", tt.args, code, tt.code)
		}
		for _, want := range tt.stderr {
			if !strings.Contains(stderr, want) {
				t.Errorf("%q: no %q in %q", tt.args, want, stderr)
			}
		}
		if tt.stderr == nil && stderr != "" {
			t.Errorf("%q: %s", tt.args, stderr)
		}
	}
}

func TestLists(t *testing.T) {
	if _, stdout, _ := thinnet(t, "", "commands"); !strings.Contains(stdout, "ping ") || !strings.Contains(stdout, "tcpdump ") {
		t.Errorf("commands: %s", stdout)
	}
	if _, stdout, _ := thinnet(t, "", "version"); !strings.HasPrefix(stdout, "thinnet ") {
		t.Errorf("version: %s", stdout)
	}
	if _, stdout, _ := thinnet(t, "", "run", "--help"); !strings.Contains(stdout, "thinnet run examples/handshake.yaml") {
		t.Errorf("help: %s", stdout)
	}
}

func TestTCPDump(t *testing.T) {
	const file = "../../examples/handshake.pcap"
	code, stdout, stderr := thinnet(t, "", "tcpdump", "-nvr", file, "tcp[tcpflags] & tcp-syn != 0")
	if want := "reading from file " + file + ", link-type EN10MB (Ethernet), snapshot length 262144\n"; code != 0 || stderr != want {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	if lines := strings.Split(stdout, "\n"); len(lines) != 5 || !strings.HasPrefix(lines[1], "    192.168.190.1.") ||
		!strings.Contains(lines[3], "Flags [S.], cksum 0x") {
		t.Errorf("%s", stdout)
	}
	if code, _, stderr := thinnet(t, "", "tcpdump", "-r", file, "tcp port"); code != 1 ||
		!strings.HasSuffix(stderr, "tcpdump: can't parse filter expression: syntax error\n") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	copied := filepath.Join(t.TempDir(), "copy.pcap")
	if code, _, stderr := thinnet(t, "", "tcpdump", "-r", file, "-w", copied); code != 0 {
		t.Fatal(stderr)
	}
	if code, stdout, _ := thinnet(t, "", "tcpdump", "--count", "-r", copied); code != 0 || stdout != "13 packets\n" {
		t.Errorf("exit code %d, %q", code, stdout)
	}
}
