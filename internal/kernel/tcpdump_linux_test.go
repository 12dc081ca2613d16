package kernel

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/capture/dissect"
	"thinnet/capture/pcapfile"
	"thinnet/capture/pcapfilter"
	"thinnet/clock"
	"thinnet/link/cable"
	"thinnet/link/monitor"
	"thinnet/packet"
)

// record writes what passes the router's end of the cable into files of both
// formats until stop is called.
func (s *site) record() (names []string, stop func()) {
	s.t.Helper()
	var classic, ng bytes.Buffer
	pcap, err := pcapfile.NewWriter(&classic, capture.LinkTypeEthernet, 0, pcapfile.Micro)
	if err != nil {
		s.t.Fatal(err)
	}
	pcapng, err := pcapfile.NewNGWriter(&ng)
	if err != nil {
		s.t.Fatal(err)
	}
	iface := pcapng.AddInterface("router:eth1", capture.LinkTypeEthernet, 0)
	buf := make([]byte, packet.MaxLen)
	clk := s.host.Network().Clock()
	untap := s.cable.Tap(func(at clock.Time, dir monitor.Direction, p *packet.Packet) {
		n := monitor.Flatten(buf, p)
		frame := capture.Packet{Time: clk.Wall(at), Data: buf[:n], OrigLen: n, Interface: iface, Direction: capture.Inbound}
		if dir == monitor.Out {
			frame.Direction = capture.Outbound
		}
		if err := errors.Join(pcap.WritePacket(&frame), pcapng.WritePacket(&frame)); err != nil {
			s.t.Error(err)
		}
	})
	dir := s.t.TempDir()
	return []string{filepath.Join(dir, "cable.pcap"), filepath.Join(dir, "cable.pcapng")}, func() {
		untap()
		for i, b := range [][]byte{classic.Bytes(), ng.Bytes()} {
			if err := os.WriteFile(names[i], b, 0o600); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// ours prints a file as our tcpdump does.
func ours(t *testing.T, file string, o dissect.Options, expression string) []string {
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
	filter, err := pcapfilter.Compile(expression, pcapfilter.Options{LinkType: capture.LinkTypeEthernet})
	if err != nil {
		t.Fatal(err)
	}
	o.Numeric = true
	o.Location = time.Local
	printer := dissect.New(o)
	var text []byte
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.SplitAfter(string(text), "\n")
		}
		if err != nil {
			t.Fatal(err)
		}
		if !filter.Match(p.Data, p.OrigLen) {
			printer.Skip()
			continue
		}
		text = printer.AppendPacket(text, &p)
	}
}

// theirs prints a file with the real tcpdump, which must have nothing to
// complain of.
func theirs(t *testing.T, file string, args ...string) []string {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd := exec.Command("tcpdump", append([]string{"-n", "-r", file}, args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.String())
	}
	if want := "reading from file " + file + ", link-type EN10MB (Ethernet), snapshot length 262144\n"; stderr.String() != want {
		t.Errorf("%v said\n%swant\n%s", cmd, stderr.String(), want)
	}
	return strings.SplitAfter(stdout.String(), "\n")
}

// The real tcpdump reads what we record, and prints it as we do.
func TestTcpdumpReads(t *testing.T) {
	s := newSite(t, cable.Impairment{Delay: 5 * time.Millisecond, Loss: 0.02, Reorder: 0.02})
	s.serveHost(numbersHandler)
	s.serveKernel(numbersHandler)
	files, stop := s.record()
	for seed := range uint64(3) {
		if err := s.curl(seed, 300_000); err != nil {
			t.Error(err)
		}
		if err := fetch(s.hostClient(), kernelAddr, seed, 300_000); err != nil {
			t.Error(err)
		}
	}
	s.run("sh", "-c", "curl -sS http://"+hostAddr+":81/ 2>&1 || true") // reset
	s.kernelPing("-c", "3", "-i", "0.2", hostAddr)
	stop()

	all := strings.Join(theirs(t, files[0], "tcp"), "")
	for _, part := range []string{"Flags [S], ", "Flags [R.], ", "Flags [F.], ", "sack 1 {", "HTTP: GET /2/300000 HTTP/1.1"} {
		if !strings.Contains(all, part) {
			t.Errorf("the capture has no %q, and so shows less than it should", part)
		}
	}
	for _, c := range []struct {
		name   string
		args   []string
		ours   dissect.Options
		filter string
	}{
		{"TCP", []string{"tcp"}, dissect.Options{}, "tcp"},
		{"TCP in detail", []string{"-v", "-e", "-S", "tcp"}, dissect.Options{Verbose: 1, Link: true, AbsoluteSeq: true}, "tcp"},
		{"TCP in bytes", []string{"-XX", "tcp and port 80"}, dissect.Options{Dump: dissect.DumpHexASCIILink}, "tcp and port 80"},
		{"ICMP and ARP", []string{"icmp or arp"}, dissect.Options{}, "icmp or arp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, f := range files {
				got, want := ours(t, f, c.ours, c.filter), theirs(t, f, c.args...)
				same(t, filepath.Base(f), got, want)
			}
		})
	}
}

// Wireshark's tshark reads the pcapng as well, and finds nothing malformed in it.
func TestWiresharkReads(t *testing.T) {
	s := newSite(t, cable.Impairment{})
	needs(t, "tshark")
	s.serveHost(page("a page"))
	files, stop := s.record()
	s.run("curl", "-sS", "http://"+hostAddr+"/")
	stop()
	text := s.run("tshark", "-r", files[1], "-T", "fields", "-e", "frame.interface_name", "-e", "frame.packet_flags_direction",
		"-e", "_ws.col.Protocol", "-e", "_ws.malformed", "-o", "tcp.check_checksum:TRUE", "-e", "tcp.checksum.status")
	for _, part := range []string{"router:eth1\t0x00000002\tHTTP\t\t1\n", "router:eth1\t0x00000001\tHTTP\t\t1\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("no line %q in\n%s", part, text)
		}
	}
}

// same compares texts line by line.
func same(t *testing.T, file string, got, want []string) {
	t.Helper()
	if len(got) < 5 {
		t.Errorf("%s: %d lines, want an exchange", file, len(got))
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d lines, tcpdump's are %d", file, len(got), len(want))
	}
	wrong := 0
	for i := range min(len(got), len(want)) {
		if got[i] == want[i] {
			continue
		}
		if wrong++; wrong <= 5 {
			t.Errorf("%s, line %d:\n     ours %s  tcpdump %s", file, i+1, got[i], want[i])
		}
	}
}
