package tcpdump_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
	"thinnet/capture/tcpdump"
)

// words are 32-bit numbers in little-endian order.
func words(v ...uint32) (b []byte) {
	for _, w := range v {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// ngFile returns a pcapng file with one interface and then the blocks.
func ngFile(t *testing.T, blocks ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := pcapfile.NewNGWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w.AddInterface("", capture.LinkTypeIPv4, 100)
	return append(b.Bytes(), bytes.Join(blocks, nil)...)
}

// What is wrong with a file is said in libpcap's words, with exit code 1, behind
// the text of what is right.
func TestBadFiles(t *testing.T) {
	head := words(0xa1b2c3d4, 4<<16|2, 0, 0, 100, uint32(capture.LinkTypeIPv4))
	ip := []byte("\x45\x00\x00\x14\x00\x00\x00\x00\x40\xfd\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02")
	record := append(words(1, 0, 20, 20), ip...)
	block := append(append(words(6, 52, 0, 0, 0, 20, 20), ip...), words(52)...)
	const line = "IP 10.0.0.1 > 10.0.0.2:  ip-proto-253 0\n"
	const start = "reading from file -, link-type IPV4 (Raw IPv4), snapshot length 100\n"
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for _, tt := range []struct {
		name   string
		file   []byte
		lines  int
		stderr string
	}{
		{"empty", nil, 0, "tcpdump: truncated dump file; tried to read 4 file header bytes, only got 0\n"},
		{"wrong magic", []byte("GIF89a, and more than a header's length of it"), 0, "tcpdump: unknown file format\n"},
		{"cut head", head[:20], 0, "tcpdump: truncated dump file; tried to read 24 file header bytes, only got 16\n"},
		{"old version", join(words(0xa1b2c3d4, 4<<16|1), head[8:]), 0, "tcpdump: unsupported pcap savefile version 1.4\n"},
		{"cut record", join(head, record, record[:30]), 1, start + "tcpdump: pcap_loop: truncated dump file; tried to read 20 captured bytes, only got 14\n"},
		{"a length of 2^32-1", join(head, record, words(1, 0, 0xffffffff, 20), ip), 1,
			start + "tcpdump: pcap_loop: invalid packet capture length 4294967295, bigger than snaplen of 100\n"},
		{"a block length below a block's", ngFile(t, block, words(6, 8, 8)), 1, start + "tcpdump: pcap_loop: block in pcapng dump file has a length of 8 < 12\n"},
		{"a block length that is odd", ngFile(t, block, words(6, 53), make([]byte, 60)), 1,
			start + "tcpdump: pcap_loop: block in pcapng dump file has a length of 53 that is not a multiple of 4\n"},
		{"a block length of 2^32-4", ngFile(t, block, words(6, 0xfffffffc), make([]byte, 60)), 1,
			start + "tcpdump: pcap_loop: pcapng block size 4294967292 > maximum 16777216\n"},
		{"two block lengths", ngFile(t, block, block[:len(block)-4], words(56)), 1,
			start + "tcpdump: pcap_loop: block total length in header 52 and trailer 56 don't match\n"},
		{"a packet longer than its block", ngFile(t, block, join(words(6, 52, 0, 0, 0, 21, 21), ip, words(52))), 1,
			start + "tcpdump: pcap_loop: block of type 6 in pcapng dump file is too short\n"},
		{"no such interface", ngFile(t, block, join(words(6, 52, 0xffffffff, 0, 0, 20, 20), ip, words(52))), 1,
			start + "tcpdump: pcap_loop: a packet arrived on interface 4294967295, but there's no Interface Description Block for that interface\n"},
		{"no interface at all", ngFile(t)[:28], 0, "tcpdump: the capture file has no Interface Description Blocks\n"},
		{"a packet before the first", join(ngFile(t)[:28], block), 0, "tcpdump: the capture file has a packet block before any Interface Description Blocks\n"},
	} {
		f := &folder{stdin: tt.file}
		code, stdout, stderr := f.run(t, "-tnr", "-")
		if code != 1 || stdout != strings.Repeat(line, tt.lines) || stderr != tt.stderr {
			t.Errorf("%s: exit code %d\n%s\n got %swant %s", tt.name, code, stdout, stderr, tt.stderr)
		}
	}
}

// A record that is a little longer than the snapshot length, as some systems wrote
// them, is cut to that.
func TestLongRecord(t *testing.T) {
	ip := []byte("\x45\x00\x00\x14\x00\x00\x00\x00\x40\xfd\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02")
	head := words(0xa1b2c3d4, 4<<16|2, 0, 0, 19, uint32(capture.LinkTypeIPv4))
	f := &folder{stdin: bytes.Join([][]byte{head, words(1, 0, 20, 20), ip, words(1, 0, 20, 20), ip}, nil)}
	code, stdout, stderr := f.run(t, "-tnr", "-", "--lengths")
	if code != 0 || stdout != strings.Repeat("caplen 19 len 20 IP  [|ip]\n", 2) {
		t.Errorf("exit code %d, %s, %s", code, stdout, stderr)
	}
}

// interfaces is a pcapng file of 2^32 interfaces and no packet.
type interfaces struct {
	head *bytes.Reader
	left int64 // interfaces
}

func (i *interfaces) Read(b []byte) (int, error) {
	if i.head.Len() > 0 {
		return i.head.Read(b)
	}
	block := words(1, 20, 1, 0, 20)
	n := 0
	for i.left > 0 && n+len(block) <= len(b) {
		n += copy(b[n:], block)
		i.left--
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// A file that has 2^32 interfaces is given up when there are too many.
func TestTooManyInterfaces(t *testing.T) {
	in := &interfaces{head: bytes.NewReader(ngFile(t)), left: 1 << 32}
	var stdout, stderr strings.Builder
	code := tcpdump.Run(t.Context(), &tcpdump.Env{Stdin: in, Stdout: &stdout, Stderr: &stderr}, []string{"-r", "-"})
	if want := "tcpdump: pcap_loop: more than 65536 interfaces in the file\n"; code != 1 || !strings.HasSuffix(stderr.String(), want) {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
	if read := 1<<32 - in.left; read > 1<<18 {
		t.Errorf("%d interfaces were read", read)
	}
}

// The system's own full disk.
func TestFullDevice(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skipf("needs /dev/full: %v", err)
	}
	for _, args := range []string{"-w /dev/full", "-U -w /dev/full", "-w /dev/full.pcapng"} {
		var stderr strings.Builder
		e := &tcpdump.Env{Stdout: io.Discard, Stderr: &stderr,
			Open: func(name string) (io.ReadCloser, error) { return os.Open(name) },
			Create: func(name string) (io.WriteCloser, error) {
				return os.OpenFile(strings.TrimSuffix(name, ".pcapng"), os.O_WRONLY, 0)
			},
		}
		code := tcpdump.Run(t.Context(), e, append(strings.Fields(args), "-r", sample))
		if want := "tcpdump: Unable to write output: no space left on device\n"; code != 1 || !strings.EqualFold(stderr.String()[len(stderr.String())-len(want):], want) {
			t.Errorf("%s: exit code %d, %s", args, code, stderr.String())
		}
	}
}

// What was captured is in the file when the device has gone.
func TestVanishedDeviceLeavesFile(t *testing.T) {
	f, _ := sampleFolder(t)
	ip := []byte("\x45\x00\x00\x14\x00\x00\x00\x00\x40\xfd\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02")
	packet := capture.Packet{Time: time.Unix(1, 0), Data: ip, OrigLen: len(ip), LinkType: capture.LinkTypeIPv4}
	var stderr strings.Builder
	e := &tcpdump.Env{Stdout: io.Discard, Stderr: &stderr, Create: f.create,
		Capture: func(string, tcpdump.CaptureOptions) (tcpdump.Live, error) {
			return &wire{packets: []capture.Packet{packet, packet, packet}, end: tcpdump.ErrNoDevice}, nil
		}}
	if code := tcpdump.Run(t.Context(), e, []string{"-i", "w1", "-w", "kept"}); code != 1 {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
	if _, stdout, _ := f.run(t, "--count", "-r", "kept"); stdout != "3 packets\n" {
		t.Errorf("the file has %s", stdout)
	}
}
