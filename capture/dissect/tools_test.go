package dissect

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
	"thinnet/wire"
)

// tcpdump returns what the program prints of packets, with -n.
func tcpdump(t *testing.T, packets []capture.Packet, args ...string) string {
	t.Helper()
	return run(t, installed(t), packets, args...)
}

// installed returns the tcpdump that is installed.
func installed(t *testing.T) (program string) {
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

// run returns what a tcpdump prints of packets of one link type, with -n.
func run(t *testing.T, program string, packets []capture.Packet, args ...string) string {
	t.Helper()
	var file bytes.Buffer
	w, err := pcapfile.NewWriter(&file, packets[0].LinkType, 0, pcapfile.Micro)
	for i := range packets {
		if err == nil {
			err = w.WritePacket(&packets[i])
		}
	}
	path := filepath.Join(t.TempDir(), "test.pcap")
	if err == nil {
		err = os.WriteFile(path, file.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"-n", "-r", path}, args...)...)
	cmd.Env = append(os.Environ(), "TZ=GMT0")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, errs.String())
	}
	return string(out)
}

// The real tcpdump, an older version, prints the same of what has not changed
// since.
func TestAgainstTcpdump(t *testing.T) {
	ip := ip4(0)
	original := udp4(ip, 5000, 1053, "query")[wire.EthernetLen:]
	packets := append(seedScene(),
		packetOf(at(1), arpFrame(wire.ARPRequest, wire.Broadcast, wire.MAC{}, server)),
		packetOf(at(2), arpFrame(wire.ARPReply, serverMAC, serverMAC, server)),
		packetOf(at(3), icmp4(ip, wire.ICMPv4Echo, 0, 7<<16|3, make([]byte, 56))),
		packetOf(at(4), icmp4(back(ip), wire.ICMPv4Unreachable, wire.ICMPv4PortUnreachable, 0, original)),
		packetOf(at(5), icmp4(back(ip), wire.ICMPv4Unreachable, wire.ICMPv4FragmentationNeeded, 1400, original)),
		packetOf(at(6), icmp4(back(ip), wire.ICMPv4TimeExceeded, 0, 0, original)),
		packetOf(at(7), icmp4(back(ip), wire.ICMPv4Redirect, 1, 0xc0a8be02, original)),
		packetOf(at(8), udp4(ip, 5000, 9999, "hi")),
		packetOf(at(9), ethernet4(ip4(99), []byte("hello"))),
	)
	for _, c := range []struct {
		args    string
		options Options
	}{
		{"", Options{}},
		{"-v", Options{Verbose: 1}},
		{"-vv -e", Options{Verbose: 2, Link: true}},
		{"-q", Options{Quiet: 1}},
		{"-S -t", Options{AbsoluteSeq: true, Time: TimeNone}},
		{"-tttt -XX", Options{Time: TimeDate, Dump: DumpHexASCIILink}},
		{"-x", Options{Dump: DumpHex}},
		{"-A", Options{Dump: DumpASCII}},
		{"-ttt -#", Options{Time: TimeSincePrev, Number: true}},
	} {
		c.options.Numeric = true
		want := tcpdump(t, packets, strings.Fields(c.args)...)
		if got := text(c.options, packets...); got != want {
			t.Errorf("%s: %s", c.args, firstDifference([]byte(got), []byte(want)))
		}
	}
}
