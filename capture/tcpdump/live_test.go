package tcpdump_test

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfilter"
	"thinnet/capture/tcpdump"
)

// wire is a capture of packets that are there already.
type wire struct {
	packets  []capture.Packet
	end      error
	filter   *pcapfilter.Program
	received uint64
}

func (w *wire) LinkType() capture.LinkType      { return capture.LinkTypeIPv4 }
func (w *wire) FilterSource() pcapfilter.Source { return pcapfilter.SourceLive }
func (w *wire) Pending() bool                   { return len(w.packets) > 0 }
func (w *wire) Close() error                    { return nil }

func (w *wire) Counters() tcpdump.Counters { return tcpdump.Counters{Received: w.received, Dropped: 7} }

func (w *wire) SetFilter(compile func(pcapfilter.Source) (*pcapfilter.Program, error)) (err error) {
	w.filter, err = compile(pcapfilter.SourceLive)
	return err
}

func (w *wire) Next(context.Context) (capture.Packet, error) {
	for len(w.packets) > 0 {
		p := w.packets[0]
		w.packets = w.packets[1:]
		if w.filter.Match(p.Data, p.OrigLen) {
			w.received++
			return p, nil
		}
	}
	return capture.Packet{}, w.end
}

// What was captured is printed, and then what ended the capture, and then the
// counters.
func TestLive(t *testing.T) {
	ip := []byte("\x45\x00\x00\x14\x00\x00\x00\x00\x40\xfd\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02")
	packet := capture.Packet{Time: time.Unix(1, 0), Data: ip, OrigLen: len(ip), LinkType: capture.LinkTypeIPv4}
	const line = "IP 10.0.0.1 > 10.0.0.2:  ip-proto-253 0\n"
	const head = "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n" +
		"listening on w1, link-type IPV4 (Raw IPv4), snapshot length 262144 bytes\n"
	for _, tt := range []struct {
		args           string
		end            error
		code           int
		stdout, stderr string
	}{
		{"-tn", io.EOF, 0, line + line, head + "2 packets captured\n2 packets received by filter\n7 packets dropped by kernel\n"},
		{"-tnc1 -i 1 src 10.0.0.1", io.EOF, 0, line, head + "1 packet captured\n1 packet received by filter\n7 packets dropped by kernel\n"},
		{"-tn -i w1", errors.New("The interface disappeared"), 1, line + line,
			head + "tcpdump: pcap_loop: The interface disappeared\n2 packets captured\n2 packets received by filter\n7 packets dropped by kernel\n"},
		{"-i w2", nil, 1, "", "tcpdump: w2: No such device exists\n(No such device exists)\n"},
		{"-i 2", nil, 1, "", "tcpdump: Invalid adapter index 2: only 1 interface found\n"},
		{"-i 0", nil, 1, "", "tcpdump: Invalid adapter index 0\n"},
		{"-i w1 foo bar", nil, 1, "", "tcpdump: can't parse filter expression: syntax error\n"},
		{"-I -i w1", nil, 1, "", "tcpdump: w1: That device doesn't support monitor mode\n"},
		{"-J", nil, 0, "Time stamp types for w1 (use option -j to set):\n  host (Host)\n", ""},
		{"-tn -c1 -j adapter -i w1", io.EOF, 0, line,
			"tcpdump: WARNING: When trying to set timestamp type 'adapter' on w1: That type of time stamp is not supported by that device\n" +
				head + "1 packet captured\n1 packet received by filter\n7 packets dropped by kernel\n"},
		{"-t -c1", io.EOF, 0, "IP h10.0.0.1 > h10.0.0.2:  exptest-253 0\n", head + "1 packet captured\n1 packet received by filter\n7 packets dropped by kernel\n"},
		{"-tf -c1", io.EOF, 0, "IP h10.0.0.1 > 10.0.0.2:  exptest-253 0\n", head + "1 packet captured\n1 packet received by filter\n7 packets dropped by kernel\n"},
		{"-D", nil, 0, "1.w1 (a wire) [Up]\n", ""},
	} {
		var stdout, stderr strings.Builder
		e := &tcpdump.Env{
			Stdout: &stdout, Stderr: &stderr,
			HostName: func(a netip.Addr) string { return "h" + a.String() },
			LocalNet: func(string) (netip.Prefix, error) { return netip.MustParsePrefix("10.0.0.0/31"), nil },
			Devices: func() ([]tcpdump.Device, error) {
				return []tcpdump.Device{{Name: "w1", Description: "a wire", Flags: []string{"Up"}}}, nil
			},
			Capture: func(name string, _ tcpdump.CaptureOptions) (tcpdump.Live, error) {
				if name != "w1" {
					return nil, tcpdump.ErrNoDevice
				}
				return &wire{packets: []capture.Packet{packet, packet}, end: tt.end}, nil
			},
		}
		code := tcpdump.Run(t.Context(), e, strings.Fields(tt.args))
		if code != tt.code || stdout.String() != tt.stdout || stderr.String() != tt.stderr {
			t.Errorf("tcpdump %s: exit code %d\n%s\n%s", tt.args, code, stdout.String(), stderr.String())
		}
	}
}

// slow is a capture whose packets come every 700 ms.
type slow struct {
	*wire
	asked func() // is called before each
}

func (s slow) Next(ctx context.Context) (capture.Packet, error) {
	time.Sleep(700 * time.Millisecond)
	s.asked()
	return s.wire.Next(ctx)
}

// With -v and -w it is said each second how many packets there are, and a request
// to flush has the file written though more packets wait.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ip := []byte("\x45\x00\x00\x14\x00\x00\x00\x00\x40\xfd\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02")
		packet := capture.Packet{Time: time.Unix(1, 0), Data: ip, OrigLen: len(ip), LinkType: capture.LinkTypeIPv4}
		flush := make(chan struct{}, 1)
		var file, stderr strings.Builder
		var written []int
		asked := func() {
			written = append(written, file.Len())
			if len(written) == 2 {
				flush <- struct{}{}
			}
		}
		e := &tcpdump.Env{
			Stderr: &stderr, Flush: flush,
			Create: func(string) (io.WriteCloser, error) { return builder{&file}, nil },
			Capture: func(string, tcpdump.CaptureOptions) (tcpdump.Live, error) {
				return slow{&wire{packets: []capture.Packet{packet, packet, packet, packet}, end: io.EOF}, asked}, nil
			},
		}
		tcpdump.Run(t.Context(), e, []string{"-v", "-i", "w1", "-w", "x"})
		const head, record = 24, 16 + 20
		if want := []int{0, 0, head + 2*record, head + 2*record, head + 4*record}; !slices.Equal(written, want) {
			t.Errorf("the file's length was %d, want %d", written, want)
		}
		if !strings.Contains(stderr.String(), "bytes\nGot 1\rGot 2\rGot 4\r4 packets captured\n") {
			t.Errorf("%q", stderr.String())
		}
	})
}

type builder struct{ *strings.Builder }

func (builder) Close() error { return nil }
