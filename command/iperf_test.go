package command

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
	"thinnet/link/cable"
)

// withIperf runs a test with an iperf server that listens on 10.0.0.2, and a client
// host, a path of 10 Mbit/s and 20 ms away. run runs a command on the client.
func withIperf(t *testing.T, f func(client *thinnet.Host, run func(args string) (code int, stdout, stderr string))) {
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Settle: synctest.Wait})
		defer n.Close()
		var ends [2]*thinnet.Interface
		var hosts [2]*thinnet.Host
		for i, address := range []string{"10.0.0.1/24", "10.0.0.2/24"} {
			h, err := n.AddHost(string(rune('a'+i)), thinnet.HostOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if ends[i], err = h.AddInterface("eth0", netip.MustParsePrefix(address)); err != nil {
				t.Fatal(err)
			}
			hosts[i] = h
		}
		way := cable.Impairment{Delay: 10 * time.Millisecond, Rate: 10_000_000, QueueLimit: 100}
		if _, err := n.Connect(ends[0], ends[1], thinnet.LinkOptions{Impairments: [2]cable.Impairment{way, way}}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended, ready := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			Run(ctx, &Env{Host: hosts[1], Stdout: io.Discard, Stderr: io.Discard, Ready: func() { close(ready) }}, []string{"iperf", "-s"})
		}()
		<-ready
		f(hosts[0], func(args string) (int, string, string) {
			var out, errs bytes.Buffer
			code := Run(ctx, &Env{Host: hosts[0], Stdout: &out, Stderr: &errs}, strings.Fields(args))
			return code, out.String(), errs.String()
		})
		cancel()
		<-ended
	})
}

// TCP fills the path, as the receiver counts it, whichever end sends and however
// many streams there are.
func TestIperfFillsThePath(t *testing.T) {
	withIperf(t, func(_ *thinnet.Host, run func(string) (int, string, string)) {
		for _, args := range []string{"", "-R", "-P 3", "--bidir"} {
			code, out, errs := run("iperf -c 10.0.0.2 -t 5 -i 0 -f m " + args)
			found := regexp.MustCompile(`([\d.]+) Mbits/sec +receiver\n\niperf Done`).FindStringSubmatch(out)
			if code != 0 || found == nil {
				t.Fatalf("%q: exit code %d\n%s%s", args, code, out, errs)
			}
			if rate, _ := strconv.ParseFloat(found[1], 64); rate < 9 || rate > 9.7 {
				t.Errorf("%q: %v Mbit/s of 10\n%s", args, rate, out)
			}
		}
	})
}

// -k counts blocks, and -B has all connections come from an address.
func TestIperfBlocks(t *testing.T) {
	withIperf(t, func(_ *thinnet.Host, run func(string) (int, string, string)) {
		for _, args := range []string{"", "-R", "-P 2", "-u -b 5M", "-u -b 5M -R"} {
			code, out, errs := run("iperf -c 10.0.0.2 -k 6 -l 10K -f k -B 10.0.0.1 " + args)
			if code != 0 || !regexp.MustCompile(`  60\.0 KBytes  .*receiver`).MatchString(out) || !strings.Contains(out, "local 10.0.0.1 port") {
				t.Errorf("%q: exit code %d\n%s%s", args, code, out, errs)
			}
		}
		if _, out, errs := run("iperf -c 10.0.0.2 -k 1 -B 9.9.9.9"); errs != "iperf3: error - unable to connect to server: Cannot assign requested address\n" {
			t.Errorf("%s%s", out, errs)
		}
	})
}

// -J tells the same as the text does, be it an error.
func TestIperfJSON(t *testing.T) {
	withIperf(t, func(_ *thinnet.Host, run func(string) (int, string, string)) {
		var told struct {
			Start     struct{ Connected []any }
			Intervals []struct {
				Streams []any
				Sum     struct{ Bytes float64 }
			}
			End struct {
				SumReceived struct {
					Bytes float64
					Rate  float64 `json:"bits_per_second"`
				} `json:"sum_received"`
			}
			Error string
		}
		code, out, errs := run("iperf -c 10.0.0.2 -t 5 -J -P 2")
		if err := json.Unmarshal([]byte(out), &told); err != nil || code != 0 || errs != "" {
			t.Fatalf("%v, exit code %d, %q\n%s", err, code, errs, out)
		}
		if r := told.End.SumReceived; r.Rate < 9e6 || r.Rate > 9.7e6 || r.Bytes < 5e6 || len(told.Intervals) != 5 || len(told.Intervals[0].Streams) != 2 ||
			told.Intervals[2].Sum.Bytes < 1e6 || len(told.Start.Connected) != 2 || told.Error != "" {
			t.Errorf("%+v", told)
		}
		told.Error = ""
		code, out, errs = run("iperf -c 10.0.0.2 -p 1 -J")
		if err := json.Unmarshal([]byte(out), &told); err != nil || code != 1 || errs != "" || told.Error != "unable to connect to server: Connection refused" {
			t.Errorf("%v, exit code %d, %q\n%s", err, code, errs, out)
		}
	})
}

// Time goes on, too, where neither delay nor rate hold anything up.
func TestIperfLoopback(t *testing.T) {
	for _, args := range []string{"", "-u -b 0 -l 1000"} {
		onHost(t, func(t *testing.T, h *thinnet.Host) {
			ready, ended := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				Run(t.Context(), &Env{Host: h, Stdout: io.Discard, Stderr: io.Discard, Ready: func() { close(ready) }}, []string{"iperf", "-s", "-1"})
			}()
			<-ready
			var out bytes.Buffer
			code := Run(t.Context(), &Env{Host: h, Stdout: &out, Stderr: &out}, strings.Fields("iperf -c 127.0.0.1 -n 10M "+args))
			if code != 0 {
				t.Errorf("exit code %d\n%s", code, out.String())
			}
			<-ended
		})
	}
}

// Clients that say nonsense, or half of something, are refused or waited for 30 s at
// the longest, and then the next one has its test.
func TestIperfBadClients(t *testing.T) {
	cookie := strings.Repeat("x", iperfCookieSize-1) + "\x00"
	parameters := func(text string) string {
		return cookie + string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text
	}
	tests := []struct {
		name, says string
		busy       bool // until it has been waited for
		refused    bool // with a word
	}{
		{name: "nothing"},
		{name: "half a cookie", says: cookie[:20]},
		{name: "only a cookie", says: cookie, busy: true, refused: true},
		{name: "half a length", says: cookie + "\x00\x00", busy: true, refused: true},
		{name: "a long length", says: cookie + "\xff\xff\xff\xff", refused: true},
		{name: "half the parameters", says: parameters("{}")[:iperfCookieSize+5], busy: true, refused: true},
		{name: "no parameters", says: parameters("{}"), refused: true},
		{name: "no JSON", says: parameters("}{"), refused: true},
		{name: "too many streams", says: parameters(`{"tcp":true,"len":1,"time":1,"parallel":1000000000}`), refused: true},
		{name: "huge blocks", says: parameters(`{"tcp":true,"len":1e18,"time":1,"parallel":1}`), refused: true},
		{name: "no streams", says: parameters(`{"tcp":true,"len":1000,"time":1,"parallel":3}`), busy: true, refused: true},
		{name: "no datagrams", says: parameters(`{"udp":true,"len":1000,"time":1,"parallel":3}`), busy: true, refused: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			withIperf(t, func(client *thinnet.Host, run func(string) (int, string, string)) {
				c, err := client.Dial("tcp", "10.0.0.2:5201")
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				io.WriteString(c, tt.says)
				time.Sleep(time.Second)
				code, out, errs := run("iperf -c 10.0.0.2 -n 1K -l 1K")
				if tt.busy != (errs == "iperf3: error - the server is busy running a test. try again later\n") || tt.busy == (code == 0) {
					t.Errorf("beside it: exit code %d\n%s%s", code, out, errs)
				}
				start := time.Now()
				word, err := io.ReadAll(c)
				if refused := bytes.IndexByte(word, 0xfe) >= 0; err != nil && !isReset(err) || refused != tt.refused || time.Since(start) > iperfPatience {
					t.Errorf("it was told %q, %v after %v", word, err, time.Since(start))
				}
				if code, out, errs := run("iperf -c 10.0.0.2 -n 1K -l 1K"); code != 0 {
					t.Errorf("behind it: exit code %d\n%s%s", code, out, errs)
				}
			})
		})
	}
}

func isReset(err error) bool { return strings.Contains(err.Error(), "reset") }

func TestIperfAmount(t *testing.T) {
	tests := []struct {
		bytes float64
		unit  byte
		want  string
	}{
		{0, 'A', "0.00 Bytes"}, {0, 'a', "0.00 bits"}, {1 << 20, 'A', "1.00 MBytes"}, {1023 << 10, 'A', "1023 KBytes"},
		{117 << 10, 'A', " 117 KBytes"}, {1e9 / 8, 'a', "1.00 Gbits"}, {10.5e6 / 8, 'a', "10.5 Mbits"}, {9.996e6 / 8, 'a', "10.0 Mbits"},
		{99.96e6 / 8, 'a', " 100 Mbits"}, {714 << 20, 'M', " 714 MBytes"}, {1e6 / 8, 'k', "1000 Kbits"}, {1 << 60, 'A', "1048576 TBytes"},
	}
	for _, tt := range tests {
		if got := iperfAmount(tt.bytes, tt.unit); got != tt.want {
			t.Errorf("%v %c: %q, want %q", tt.bytes, tt.unit, got, tt.want)
		}
	}
}

// Datagrams that come late, twice or not at all are counted as iperf3 counts them.
func TestIperfDatagrams(t *testing.T) {
	tests := []struct {
		numbers       []uint32
		packets, lost int64
	}{
		{[]uint32{1, 2, 3}, 3, 0},
		{[]uint32{1, 4}, 4, 2},
		{[]uint32{1, 4, 2}, 4, 1},
		{[]uint32{1, 1}, 1, 0},
		{[]uint32{1<<32 - 1}, 1<<32 - 1, 1<<32 - 2},
	}
	for _, tt := range tests {
		s := newIperfStream(0, nil, false)
		for _, n := range tt.numbers {
			b := binary.BigEndian.AppendUint32(make([]byte, 8), n)
			s.arrived(b, time.Unix(1, 0))
			s.arrived(b[:11], time.Unix(1, 0)) // too short to count
		}
		if c := s.packets.Load(); c != tt.packets || s.lost.Load() != tt.lost {
			t.Errorf("%v: %d, %d lost, want %d, %d", tt.numbers, c, s.lost.Load(), tt.packets, tt.lost)
		}
	}
	// Transit times of 10, 14 and 10 ms: 4/16, then 15/16 of that and 4/16 (RFC 1889, A.8).
	s := newIperfStream(0, nil, false)
	for i, ms := range []int{10, 14, 10} {
		b := binary.BigEndian.AppendUint32(make([]byte, 8), uint32(i+1))
		s.arrived(b, time.Unix(0, 0).Add(time.Duration(ms)*time.Millisecond))
	}
	if got, want := time.Duration(s.jitter.Load()), 484375*time.Nanosecond; got != want {
		t.Errorf("jitter %v, want %v", got, want)
	}
}

// No bytes of a peer's make a panic or a test that is out of range.
func FuzzIperfParameters(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x02{}"))
	f.Add([]byte("\x00\x00\x00\x36" + `{"tcp":true,"len":1000,"time":1,"parallel":3,"MSS":99}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		a, b := net.Pipe()
		defer a.Close()
		go func() {
			a.Write(in)
			a.Close()
		}()
		var p iperfParams
		if (iperfControl{b}).readJSON(&p) != nil || p.check() != nil {
			return
		}
		if p.Parallel > iperfMaxStreams || p.Len > iperfMaxBlock || p.Time > iperfMaxTime || p.Window > iperfMaxWindow {
			t.Errorf("%+v", p)
		}
	})
}
