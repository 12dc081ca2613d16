package command

import (
	"strings"
	"testing"
	"time"

	"thinnet/stack"
	"thinnet/transport/tcp"
)

func TestPingTime(t *testing.T) {
	for us, want := range map[int64]string{
		0: "0.000", 45: "0.045", 999: "0.999", 1000: "1.00", 1234: "1.23", 1235: "1.24", 9994: "9.99", 9996: "10.0",
		31_296: "31.3", 99_949: "99.9", 99_960: "100", 1_234_567: "1235",
	} {
		if got := pingTime(time.Duration(us) * time.Microsecond); got != want {
			t.Errorf("%d µs: %s, want %s", us, got, want)
		}
	}
}

func TestRTTStats(t *testing.T) {
	var s rttStats
	for _, us := range []int{20, 35} {
		s.add(time.Duration(us)*time.Microsecond + 900*time.Nanosecond)
	}
	if got, want := s.String(), "0.020/0.027/0.035/0.007"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestSSTimer(t *testing.T) {
	for d, want := range map[time.Duration]string{
		204 * time.Millisecond:         "204ms",
		1500 * time.Millisecond:        "1.500ms",
		3 * time.Second:                "3sec",
		14500 * time.Millisecond:       "14sec",
		118 * time.Second:              "1min58sec",
		11*time.Minute + 5*time.Second: "11min",
	} {
		if got := ssTimer(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestSSNumbers(t *testing.T) {
	for d, want := range map[time.Duration]string{
		204 * time.Millisecond: "204", 40940 * time.Microsecond: "40.94", 234 * time.Microsecond: "0.234",
	} {
		if got := ssMillis(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	for bps, want := range map[float64]string{2.5e9: "2.5G", 23_168_000: "23.2M", 800_400: "800k", 512: "512"} {
		if got := ssRate(bps, false); got != want {
			t.Errorf("%v bit/s: %s, want %s", bps, got, want)
		}
	}
}

func TestParseSeconds(t *testing.T) {
	for _, s := range []string{"", "x", "-1", "nan", "inf", "1e300", "-inf", "1x"} {
		if d, ok := parseSeconds(s, time.Second); ok {
			t.Errorf("%q is %v", s, d)
		}
	}
	if d, ok := parseSeconds("0.25", time.Second); !ok || d != 250*time.Millisecond {
		t.Errorf("0.25 is %v, %v", d, ok)
	}
	if d, ok := parseSleep("1.5m"); !ok || d != 90*time.Second {
		t.Errorf("1.5m is %v, %v", d, ok)
	}
}

func TestCustomHeader(t *testing.T) {
	for in, want := range map[string]string{
		"A: b": "A: b\r\n", "A:b": "A:b\r\n", "A:": "", "A: ": "", "A;": "A:\r\n", "A": "", "A: b;": "A: b;\r\n", "A: b\r\nC: d": "",
	} {
		if got := customHeader(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestParseURL(t *testing.T) {
	for in, want := range map[string]string{
		"a": "http://a/", "a/b?c#d": "http://a/b?c", "http://a:81": "http://a:81/", "10.0.0.1:8080/x": "http://10.0.0.1:8080/x",
		"HTTP://a/": "http://a/", "https://a": "https://a/",
	} {
		u, failure := parseURL(in)
		if failure != nil || u.String() != want {
			t.Errorf("%q: %v, %v, want %s", in, u, failure, want)
		}
	}
	for in, code := range map[string]int{
		"": 3, "http://": 3, "http://a:x/": 3, "http://a:70000/": 3, "http://a b/": 3, "ftp://a/": 1,
	} {
		if u, failure := parseURL(in); failure == nil || failure.code != code {
			t.Errorf("%q: %v, %v, want code %d", in, u, failure, code)
		}
	}
}

func TestNCPorts(t *testing.T) {
	ports, err := ncPorts("82-80")
	if err != nil || len(ports) != 3 || ports[0] != 80 || ports[2] != 82 {
		t.Errorf("%v, %v", ports, err)
	}
	for _, s := range []string{"", "0", "65536", "http", "1-", "1-70000"} {
		if ports, err := ncPorts(s); err == nil {
			t.Errorf("%q is %v", s, ports)
		}
	}
}

func TestSSInfo(t *testing.T) {
	i := &tcp.Info{
		Options: tcp.InfoOptions{Timestamps: true, SACK: true, WindowScale: true}, CongestionName: "reno", SndWscale: 7, RcvWscale: 8,
		RTO: 204 * time.Millisecond, RTT: 1500 * time.Microsecond, RTTVar: 750 * time.Microsecond, ATO: 40 * time.Millisecond,
		SndMSS: 1448, PMTU: 1500, RcvRTT: 5 * time.Millisecond, RcvMSS: 536, SndCwnd: 10, SndSsthresh: tcp.InfinitySsthresh, BytesSent: 1000, BytesAcked: 900, SegsOut: 5, SegsIn: 4,
		LastDataSent: 2 * time.Second, Unacked: 1, TotalRetrans: 2, NotSent: 7, RcvSpace: 262144, MinRTT: time.Millisecond,
		PacingRate: 19e6, DeliveryRate: 1e6, AppLimited: true, AdvMSS: 1460, DataSegsOut: 3, DataSegsIn: 2, LastAckReceived: time.Second, Delivered: 4,
		BusyTime: 4 * time.Second, RwndLimited: time.Second, Reordering: 3, SndWnd: 65536, RcvWnd: 4096, RcvSsthresh: 262144,
	}
	o := &ssOptions{timer: true}
	want := " ts sack reno wscale:7,8 rto:204 rtt:1.5/0.75 ato:40 mss:1448 pmtu:1500 rcvmss:536 advmss:1460 cwnd:10 bytes_sent:1000 bytes_acked:900" +
		" segs_out:5 segs_in:4 data_segs_out:3 data_segs_in:2 send 77.2Mbps lastsnd:2000 lastack:1000 pacing_rate 152Mbps delivery_rate 8Mbps" +
		" delivered:4 app_limited busy:4000ms rwnd_limited:1000ms(25.0%) unacked:1 retrans:0/2 rcv_rtt:5 rcv_space:262144 rcv_ssthresh:262144 notsent:7 minrtt:1" +
		" snd_wnd:65536 rcv_wnd:4096"
	if got := ssInfo(i, o); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	i.SndSsthresh, i.Lost, i.Sacked, i.Retrans = 8, 1, 2, 3
	i.DSACKDups, i.Reordering, i.ReordSeen, i.RcvOOOPack, i.SndbufLimited = 4, 9, 5, 6, 2*time.Second
	i.Options = tcp.InfoOptions{ECN: true, ECNSeen: true, SynData: true}
	for _, want := range []string{
		" ecn ecnseen fastopen reno", " ssthresh:8 ", " retrans:3/2 lost:1 sacked:2 dsack_dups:4 reordering:9 reord_seen:5 rcv_rtt:5 rcv_space:",
		" rcv_ooopack:6 ", " rwnd_limited:1000ms(25.0%) sndbuf_limited:2000ms(50.0%) ",
	} {
		if got := ssInfo(i, o); !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if got := ssInfo(i, &ssOptions{numeric: true}); !strings.HasPrefix(got, " reno rto") || !strings.Contains(got, " send 77226667bps ") {
		t.Errorf("without -o and with -n: %q", got)
	}
	if got := ssInfo(&tcp.Info{SndSsthresh: tcp.InfinitySsthresh}, o); got != "" {
		t.Errorf("%q of nothing", got)
	}
}

func TestSSMemory(t *testing.T) {
	info := stack.SocketInfo{Drops: 5, RecvQueue: 1, SendQueue: 2}
	if got := ssMemory(&info); got != " skmem:(r1,t2,d5)" {
		t.Errorf("UDP: %q", got)
	}
	// As ss 6.1 prints it: the memory that is held, and the sizes of the buffers.
	info.Info = &tcp.Info{RcvMem: 2048, RcvSpace: 131072, SndMem: 65536, SndBuf: 87040}
	if got := ssMemory(&info); got != " skmem:(r2048,rb131072,t0,tb87040,f0,w65536,o0,bl0,d5)" {
		t.Errorf("TCP: %q", got)
	}
}
