package tcpdump_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
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
		{"-D", nil, 0, "1.w1 (a wire) [Up]\n", ""},
	} {
		var stdout, stderr strings.Builder
		e := &tcpdump.Env{
			Stdout: &stdout, Stderr: &stderr,
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
