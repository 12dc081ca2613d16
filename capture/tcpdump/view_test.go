package tcpdump_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each view of the sample is as it was when it was looked at.
func TestViews(t *testing.T) {
	f, _ := sampleFolder(t)
	for name, args := range map[string]string{
		"json": "--json", "follow": "--follow 0", "follow-x": "--follow=0 -x", "conversations": "--conversations",
		"endpoints": "--endpoints", "ladder": "--ladder", "ladder-s": "--ladder=0 -S",
	} {
		code, got, stderr := f.run(t, append(strings.Fields(args), "-n", "-r", "a.pcap")...)
		if code != 0 {
			t.Errorf("%s: exit code %d, %s", args, code, stderr)
		}
		golden := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is\n%s\nwant\n%s", args, got, want)
		}
	}
}

// A view is beside -w, and with the filter, -c and --skip.
func TestViewAndFile(t *testing.T) {
	f, _ := sampleFolder(t)
	code, stdout, stderr := f.run(t, strings.Fields("--json -c 2 --skip 1 -w b.pcap -r a.pcap tcp")...)
	if code != 0 || strings.Count(stdout, "\n") != 2 || !strings.HasPrefix(stdout, `{"number":2,`) {
		t.Errorf("exit code %d, %s\n%s", code, stderr, stdout)
	}
	if _, stdout, _ := f.run(t, "--count", "-r", "b.pcap"); stdout != "2 packets\n" {
		t.Errorf("-w wrote %q", stdout)
	}
}

// Each member of the schema, in its place.
func TestJSONMembers(t *testing.T) {
	var b bytes.Buffer
	w, err := pcapfile.NewNGWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w.AddInterface("eth\t0", capture.LinkTypeEthernet, 0)
	add := func(comment string, frame string) {
		p := capture.Packet{Time: time.Unix(1, 5), Data: []byte(frame), OrigLen: len(frame) + 1, Direction: capture.Outbound, Comment: comment}
		if err := w.WritePacket(&p); err != nil {
			t.Fatal(err)
		}
	}
	const link = "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01"
	add("why \"\x01\xff", link+"\x81\x00\x00\x07\x08\x00\x45\x00\x00\x1c\x00\x01\x20\x00\x40\x01\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02\x08\x03\x00\x00\x00\x00\x00\x00")
	add("", link+"\x86\xdd\x60\x00\x00\x00\x00\x0a\x11\x40"+strings.Repeat("\x00", 15)+"\x01"+strings.Repeat("\x00", 15)+"\x02\x00\x35\x00\x36\x00\x0a\x00\x00hi")
	f := &folder{stdin: b.Bytes()}
	code, stdout, stderr := f.run(t, "--json", "-qnr", "-")
	const want = `{"number":1,"time":"1970-01-01T00:00:01.000000005Z","interface":"eth\u00090","direction":"out","caplen":46,"len":47,"link":"EN10MB",` +
		`"eth":{"src":"02:00:00:00:00:01","dst":"02:00:00:00:00:02","vlan":7,"type":2048},` +
		`"ip":{"version":4,"src":"10.0.0.1","dst":"10.0.0.2","ttl":64,"protocol":1,"len":28,"id":1,"fragment":{"offset":0,"more":true}},` +
		`"icmp":{"type":8,"code":3},"text":"IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 0, seq 0, length 8","comment":"why \"\u0001` + "\uFFFD" + `"}` + "\n" +
		`{"number":2,"time":"1970-01-01T00:00:01.000000005Z","interface":"eth\u00090","direction":"out","caplen":64,"len":65,"link":"EN10MB",` +
		`"eth":{"src":"02:00:00:00:00:01","dst":"02:00:00:00:00:02","type":34525},"ip":{"version":6,"src":"::1","dst":"::2","ttl":64,"protocol":17,"len":50},` +
		`"udp":{"sport":53,"dport":54,"len":2},"text":"IP6 ::1.53 > ::2.54: UDP, length 2"}` + "\n"
	if strings.ReplaceAll(stdout, `\t`, `\u0009`) != want || code != 0 {
		t.Errorf("exit code %d, %s\n got %s\nwant %s", code, stderr, stdout, want)
	}
}

// A packet that was dropped ends in an X, and its receiver knows nothing of it.
func TestLadderDropped(t *testing.T) {
	f, original := sampleFolder(t)
	r, err := pcapfile.NewReader(bytes.NewReader(original))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := pcapfile.NewNGWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w.AddInterface("", capture.LinkTypeEthernet, 0)
	for i := 0; ; i++ {
		p, err := r.Next()
		if err != nil {
			break
		}
		if i == 2 { // the SYN
			lost := p
			lost.Comment = capture.DroppedComment + "loss"
			if err := w.WritePacket(&lost); err != nil {
				t.Fatal(err)
			}
			p.Comment = "retransmission: RTO 1"
		}
		if err := w.WritePacket(&p); err != nil {
			t.Fatal(err)
		}
	}
	f.stdin = b.Bytes()
	_, stdout, _ := f.run(t, "--ladder", "-nr", "-")
	lines := strings.Split(stdout, "\n")
	for i, part := range []string{"", "", "SYN-SENT |-- [S] seq 0, win 64240 -----------------------------X  | LISTEN        dropped: loss", "| SYN-RECEIVED  retransmission: RTO 1"} {
		if !strings.Contains(lines[i], part) {
			t.Errorf("line %d is %q, want %q in it", i, lines[i], part)
		}
	}
}

// Whatever the file, --json prints JSON, and the others end.
func FuzzViews(f *testing.F) {
	sampleBytes, err := os.ReadFile(sample)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sampleBytes)
	f.Fuzz(func(t *testing.T, stdin []byte) {
		run := &folder{stdin: stdin}
		_, stdout, _ := run.run(t, "--json", "-vvv", "-e", "-r", "-")
		for _, line := range strings.Split(strings.TrimSuffix(stdout, "\n"), "\n") {
			if line != "" && !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %q", line)
			}
		}
		for _, view := range []string{"--follow=0", "--ladder", "--conversations", "--endpoints"} {
			run.run(t, view, "-nr", "-")
		}
	})
}
