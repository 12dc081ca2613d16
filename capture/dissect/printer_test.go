package dissect

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/wire"
)

// text prints packets with one printer.
func text(o Options, packets ...capture.Packet) string {
	if o.Location == nil {
		o.Location = time.UTC
	}
	p := New(o)
	var out []byte
	for i := range packets {
		out = p.AppendPacket(out, &packets[i])
	}
	return string(out)
}

// The seed's note shows this text, byte for byte.
func TestSeedScene(t *testing.T) {
	want := `22:57:44.252852 IP 192.168.190.1.7804 > 192.168.190.128.http: Flags [S], seq 2853597369, win 64240, options [mss 1460,nop,wscale 8,sackOK,TS val 1341016658 ecr 0], length 0
22:57:44.254039 IP 192.168.190.128.http > 192.168.190.1.7804: Flags [S.], seq 2954183642, ack 2853597370, win 28960, options [mss 1460,sackOK,TS val 325271560 ecr 1341016658,nop,wscale 7], length 0
22:57:44.254290 IP 192.168.190.1.7804 > 192.168.190.128.http: Flags [.], ack 1, win 514, options [nop,nop,TS val 1341016660 ecr 325271560], length 0
22:57:44.254640 IP 192.168.190.1.7804 > 192.168.190.128.http: Flags [P.], seq 1:436, ack 1, win 514, options [nop,nop,TS val 1341016660 ecr 325271560], length 435: HTTP: GET / HTTP/1.1
22:57:44.254685 IP 192.168.190.128.http > 192.168.190.1.7804: Flags [.], ack 436, win 235, options [nop,nop,TS val 325271561 ecr 1341016660], length 0
22:57:44.258058 IP 192.168.190.128.http > 192.168.190.1.7804: Flags [P.], seq 1:970, ack 436, win 235, options [nop,nop,TS val 325271564 ecr 1341016660], length 969: HTTP: HTTP/1.1 200 OK
22:57:44.302716 IP 192.168.190.1.7804 > 192.168.190.128.http: Flags [.], ack 970, win 510, options [nop,nop,TS val 1341016706 ecr 325271564], length 0
`
	if got := text(Options{}, seedScene()...); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOptions(t *testing.T) {
	scene := seedScene()
	syn, ack := scene[0], scene[2]
	host := func(a netip.Addr) string {
		if a == server {
			return "www.example.com"
		}
		return ""
	}
	east := time.FixedZone("UTC+8", 8*3600)
	synText := ": Flags [S], seq 2853597369, win 64240, options [mss 1460,nop,wscale 8,sackOK,TS val 1341016658 ecr 0], length 0"
	ends := "192.168.190.1.7804 > 192.168.190.128.http"
	late := syn
	late.Time = late.Time.Add(90 * time.Minute)
	for _, c := range []struct {
		name    string
		options Options
		packets []capture.Packet
		want    string
	}{
		{"-n", Options{Numeric: true, Host: host}, []capture.Packet{syn}, "22:57:44.252852 IP 192.168.190.1.7804 > 192.168.190.128.80" + synText},
		{"names", Options{Host: host}, []capture.Packet{syn}, "22:57:44.252852 IP 192.168.190.1.7804 > www.example.com.http" + synText},
		{"-N", Options{Host: host, NoDomain: true}, []capture.Packet{syn}, "22:57:44.252852 IP 192.168.190.1.7804 > www.http" + synText},
		{"local time", Options{Location: east}, []capture.Packet{syn}, "06:57:44.252852 IP " + ends + synText},
		{"-t", Options{Time: TimeNone}, []capture.Packet{syn}, "IP " + ends + synText},
		{"-tt", Options{Time: TimeUnix}, []capture.Packet{syn}, "1772665064.252852 IP " + ends + synText},
		{"-ttt", Options{Time: TimeSincePrev}, []capture.Packet{syn, late, late, syn},
			" 00:00:00.000000 IP " + ends + synText + "\n 01:30:00.000000 IP " + ends + synText + "\n 00:00:00.000000 IP " + ends + synText + "\n-01:30:00.000000 IP " + ends + synText},
		{"-tttt", Options{Time: TimeDate, Location: east}, []capture.Packet{syn}, "2026-03-05 06:57:44.252852 IP " + ends + synText},
		{"-ttttt", Options{Time: TimeSinceFirst}, []capture.Packet{syn, late, late},
			" 00:00:00.000000 IP " + ends + synText + "\n 01:30:00.000000 IP " + ends + synText + "\n 01:30:00.000000 IP " + ends + synText},
		{"--nano", Options{Nano: true}, []capture.Packet{syn}, "22:57:44.252852000 IP " + ends + synText},
		{"-#", Options{Number: true}, []capture.Packet{syn}, "    1  22:57:44.252852 IP " + ends + synText},
		{"--lengths", Options{Lengths: true}, []capture.Packet{syn}, "caplen 74 len 74 22:57:44.252852 IP " + ends + synText},
		{"-q", Options{Quiet: 1}, []capture.Packet{syn}, "22:57:44.252852 IP " + ends + ": tcp 0"},
		{"-e -n", Options{Link: true, Numeric: true}, []capture.Packet{syn},
			"22:57:44.252852 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 74: 192.168.190.1.7804 > 192.168.190.128.80" + synText},
		{"-e", Options{Link: true}, []capture.Packet{syn},
			"22:57:44.252852 02:00:00:00:00:01 (oui Unknown) > 02:00:00:00:00:02 (oui Unknown), ethertype IPv4 (0x0800), length 74: " + ends + synText},
		{"-v", Options{Verbose: 1}, []capture.Packet{syn},
			"22:57:44.252852 IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)\n    " + ends +
				": Flags [S], cksum 0x7b5e (correct), seq 2853597369, win 64240, options [mss 1460,nop,wscale 8,sackOK,TS val 1341016658 ecr 0], length 0"},
		{"-v -K -g", Options{Verbose: 1, NoChecksum: true, OneLine: true}, []capture.Packet{syn},
			"22:57:44.252852 IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60) " + ends + synText},
		{"-S", Options{AbsoluteSeq: true}, []capture.Packet{ack},
			"22:57:44.254290 IP " + ends + ": Flags [.], ack 2954183643, win 514, options [nop,nop,TS val 1341016660 ecr 325271560], length 0"},
		{"the first segment that is seen", Options{}, []capture.Packet{scene[3]},
			"22:57:44.254640 IP " + ends + ": Flags [P.], seq 2853597370:2853597805, ack 2954183643, win 514, options [nop,nop,TS val 1341016660 ecr 325271560], length 435: HTTP: GET / HTTP/1.1"},
	} {
		if got := text(c.options, c.packets...); got != c.want+"\n" {
			t.Errorf("%s\n got %q\nwant %q", c.name, got, c.want+"\n")
		}
	}
}

func TestProtocols(t *testing.T) {
	ip := ip4(0)
	long := strings.Repeat("x", 100)
	first := ethernet4(wire.IPv4Fields{ID: 7, Flags: wire.IPv4MoreFragments, TTL: 64, Protocol: wire.ProtocolUDP, Src: client, Dst: server},
		append([]byte{0x1f, 0x90, 0, 53 + 1, 0, 200, 0, 0}, long[:56]...))
	second := ethernet4(wire.IPv4Fields{ID: 7, Offset: 64, TTL: 64, Protocol: wire.ProtocolUDP, Src: client, Dst: server}, []byte(long))
	original := udp4(ip, 5000, 53, "query")[wire.EthernetLen:]
	withOptions := ip
	withOptions.Options = []byte{148, 4, 0, 0, 7, 7, 4, 10, 0, 0, 1, 0}
	vlan := append(append(append([]byte{}, original[:0]...), udp4(ip, 5000, 9999, "hi")[:12]...), 0x81, 0, 0xa0, 0x2a)
	vlan = append(vlan, udp4(ip, 5000, 9999, "hi")[12:]...)
	bad := udp4(ip, 5000, 9999, "hi")
	bad[14+10] ^= 0xff
	bad[14+20+6] ^= 0xff
	gratuitous := arpFrame(wire.ARPRequest, wire.Broadcast, wire.MAC{}, client)
	for _, c := range []struct {
		name    string
		options Options
		frame   []byte
		want    string
	}{
		{"arp request", Options{}, arpFrame(wire.ARPRequest, wire.Broadcast, wire.MAC{}, server), "ARP, Request who-has 192.168.190.128 tell 192.168.190.1, length 28"},
		{"arp request with address", Options{Numeric: true}, arpFrame(wire.ARPRequest, serverMAC, serverMAC, server),
			"ARP, Request who-has 192.168.190.128 (02:00:00:00:00:02) tell 192.168.190.1, length 28"},
		{"arp reply", Options{Numeric: true}, arpFrame(wire.ARPReply, serverMAC, serverMAC, server), "ARP, Reply 192.168.190.1 is-at 02:00:00:00:00:01, length 28"},
		{"arp reply names", Options{}, arpFrame(wire.ARPReply, serverMAC, serverMAC, server), "ARP, Reply 192.168.190.1 is-at 02:00:00:00:00:01 (oui Unknown), length 28"},
		{"rarp", Options{Numeric: true}, func() []byte {
			b := arpFrame(3, wire.Broadcast, clientMAC, client)
			b[12], b[13] = 0x80, 0x35
			return b
		}(), "ARP, Reverse Request who-is 02:00:00:00:00:01 tell 02:00:00:00:00:01, length 28"},
		{"arp -v", Options{Verbose: 1, Numeric: true}, gratuitous, "ARP, Ethernet (len 6), IPv4 (len 4), Request who-has 192.168.190.1 tell 192.168.190.1, length 28"},
		{"arp -e", Options{Link: true}, gratuitous, "02:00:00:00:00:01 (oui Unknown) > Broadcast, ethertype ARP (0x0806), length 42: Request who-has 192.168.190.1 tell 192.168.190.1, length 28"},
		{"arp cut", Options{}, gratuitous[:30], " [|arp]"},
		{"echo", Options{}, icmp4(ip, wire.ICMPv4Echo, 0, 7<<16|3, make([]byte, 56)), "IP 192.168.190.1 > 192.168.190.128: ICMP echo request, id 7, seq 3, length 64"},
		{"echo reply", Options{}, icmp4(back(ip), wire.ICMPv4EchoReply, 0, 7<<16|3, make([]byte, 56)), "IP 192.168.190.128 > 192.168.190.1: ICMP echo reply, id 7, seq 3, length 64"},
		{"port unreachable", Options{}, icmp4(back(ip), wire.ICMPv4Unreachable, wire.ICMPv4PortUnreachable, 0, original),
			"IP 192.168.190.128 > 192.168.190.1: ICMP 192.168.190.128 udp port domain unreachable, length 41"},
		{"port unreachable -v", Options{Verbose: 1, Numeric: true}, icmp4(back(ip), wire.ICMPv4Unreachable, wire.ICMPv4PortUnreachable, 0, udp4(ip, 5000, 9, "q")[14:]),
			"IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto ICMP (1), length 57)\n    192.168.190.128 > 192.168.190.1: ICMP 192.168.190.128 udp port 9 unreachable, length 37\n" +
				"\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length 29)\n    192.168.190.1.5000 > 192.168.190.128.9: UDP, length 1"},
		{"need to fragment", Options{}, icmp4(back(ip), wire.ICMPv4Unreachable, wire.ICMPv4FragmentationNeeded, 1400, original),
			"IP 192.168.190.128 > 192.168.190.1: ICMP 192.168.190.128 unreachable - need to frag (mtu 1400), length 41"},
		{"time exceeded", Options{}, icmp4(back(ip), wire.ICMPv4TimeExceeded, 0, 0, original), "IP 192.168.190.128 > 192.168.190.1: ICMP time exceeded in-transit, length 41"},
		{"redirect", Options{}, icmp4(back(ip), wire.ICMPv4Redirect, 1, 0xc0a8be02, original), "IP 192.168.190.128 > 192.168.190.1: ICMP redirect 192.168.190.128 to host 192.168.190.2, length 41"},
		{"icmp cut", Options{}, icmp4(ip, wire.ICMPv4Echo, 0, 0, nil)[:14+20+5], "IP 192.168.190.1 > 192.168.190.128:  [|icmp]"},
		{"udp", Options{}, udp4(ip, 5000, 9999, "hi"), "IP 192.168.190.1.5000 > 192.168.190.128.9999: UDP, length 2"},
		{"udp -vv", Options{Verbose: 2}, udp4(ip, 5000, 9999, "hi"),
			"IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length 30)\n    192.168.190.1.5000 > 192.168.190.128.9999: [udp sum ok] UDP, length 2"},
		{"bad checksums", Options{Verbose: 2}, bad,
			"IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length 30, bad cksum c3fb (->3cfb)!)\n    192.168.190.1.5000 > 192.168.190.128.9999: [bad udp cksum 0xa006 -> 0x5f06!] UDP, length 2"},
		{"first fragment", Options{}, first, "IP 192.168.190.1.8080 > 192.168.190.128.54: UDP, length 192"},
		{"other fragment", Options{}, second, "IP 192.168.190.1 > 192.168.190.128: udp"},
		{"other fragment -n", Options{Numeric: true}, second, "IP 192.168.190.1 > 192.168.190.128: ip-proto-17"},
		{"fragment -v", Options{Verbose: 1}, first,
			"IP (tos 0x0, ttl 64, id 7, offset 0, flags [+], proto UDP (17), length 84)\n    192.168.190.1.8080 > 192.168.190.128.54: UDP, length 192"},
		{"ip options", Options{Verbose: 1}, udp4(withOptions, 1, 2, ""),
			"IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length 40, options (RA,RR 10.0.0.1,EOL))\n    192.168.190.1.1 > 192.168.190.128.2: UDP, length 0"},
		{"vlan", Options{Numeric: true}, vlan, "IP 192.168.190.1.5000 > 192.168.190.128.9999: UDP, length 2"},
		{"vlan -e", Options{Numeric: true, Link: true}, vlan,
			"02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 802.1Q (0x8100), length 48: vlan 42, p 5, ethertype IPv4 (0x0800), 192.168.190.1.5000 > 192.168.190.128.9999: UDP, length 2"},
		{"protocol", Options{}, ethernet4(ip4(99), []byte(long)), "IP 192.168.190.1 > 192.168.190.128:  ip-proto-99 100"},
		{"protocol's name", Options{}, ethernet4(ip4(46), []byte(long)), "IP 192.168.190.1 > 192.168.190.128:  rsvp 100"},
		{"ethernet cut", Options{}, first[:10], " [|ether]"},
		{"ip cut", Options{}, first[:30], "IP  [|ip]"},
		{"tcp cut", Options{}, tcp4(ip, wire.TCPFields{SrcPort: 1024, DstPort: 443}, nil, "")[:14+20+10], "IP 192.168.190.1.1024 > 192.168.190.128.https:  [|tcp]"},
		{"ports cut", Options{}, tcp4(ip, wire.TCPFields{}, nil, "")[:14+20+2], "IP 192.168.190.1 > 192.168.190.128: [|tcp]"},
		{"unknown type", Options{}, append([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5}, "hello"...),
			"02:00:00:00:00:01 (oui Unknown) > 02:00:00:00:00:02 (oui Unknown), ethertype Unknown (0x88b5), length 19: \n\t0x0000:  6865 6c6c 6f                             hello"},
	} {
		pkt := packetOf(at(0), c.frame)
		if strings.HasSuffix(c.name, " cut") {
			pkt.OrigLen = 100
		}
		c.options.Time = TimeNone
		if got := text(c.options, pkt); got != c.want+"\n" {
			t.Errorf("%s\n got %q\nwant %q", c.name, got, c.want+"\n")
		}
	}
}

func TestTCPOptions(t *testing.T) {
	for _, c := range []struct {
		name    string
		options []byte
		want    string
	}{
		{"mss", []byte{2, 4, 5, 180}, "mss 1460"},
		{"end", []byte{1, 0, 2, 4}, "nop,eol"},
		{"sack", []byte{1, 1, 5, 10, 0, 0, 0, 20, 0, 0, 0, 30}, "nop,nop,sack 1 {20:30}"},
		{"sack of a wrong length", []byte{5, 6, 1, 2, 3, 4, 1, 1}, "sack invalid sack,nop,nop"},
		{"user timeout", []byte{28, 4, 0x80, 5}, "uto 0x8005 983160"},
		{"md5", append([]byte{19, 18}, "0123456789abcdef\x01\x01"...), "md5 30313233343536373839616263646566,nop,nop"},
		{"fast open request", []byte{34, 2, 1, 1}, "tfo  cookiereq,nop,nop"},
		{"fast open", []byte{34, 6, 1, 2, 3, 4, 1, 1}, "tfo  cookie 01020304,nop,nop"},
		{"experiment", []byte{254, 4, 0x12, 0x34}, "exp-1234"},
		{"authentication", []byte{29, 8, 1, 2, 3, 4, 5, 6}, "tcp-ao keyid 1 rnextkeyid 2 mac 0x03040506"},
		{"unknown", []byte{99, 4, 1, 2}, "unknown-99 0x0102"},
		{"longer than the kind is", []byte{3, 4, 7, 1}, "wscale 7[len 4],nop]"},
		{"too short", []byte{2, 1, 0, 0}, "[bad opt]"},
		{"beyond the header", []byte{1, 2, 9, 0}, "nop,[bad opt]"},
	} {
		frame := tcp4(ip4(0), wire.TCPFields{SrcPort: 1, DstPort: 2, Flags: wire.FlagRST, Window: 5}, c.options, "")
		got := text(Options{Time: TimeNone, Numeric: true}, packetOf(at(0), frame))
		_, got, _ = strings.Cut(got, "options [")
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDumps(t *testing.T) {
	pkt := packetOf(at(0), udp4(ip4(0), 5000, 9999, "hello\r\n"))
	line := "IP 192.168.190.1.5000 > 192.168.190.128.9999: UDP, length 7"
	hex := "\n\t0x0000:  4500 0023 0001 4000 4011 3cf6 c0a8 be01\n\t0x0010:  c0a8 be80 1388 270f 000f 0000 6865 6c6c\n\t0x0020:  6f0d 0a\n"
	for _, c := range []struct {
		dump Dump
		want string
	}{
		{DumpHex, hex},
		{DumpHexASCII, "\n\t0x0000:  4500 0023 0001 4000 4011 3cf6 c0a8 be01  E..#..@.@.<.....\n\t0x0010:  c0a8 be80 1388 270f 000f 0000 6865 6c6c  ......'.....hell\n\t0x0020:  6f0d 0a                                  o..\n"},
		{DumpASCII, "\nE..#..@.@.<...........'.....hello\n\n"},
	} {
		// The checksum does not matter here.
		pkt.Data[14+20+6], pkt.Data[14+20+7] = 0, 0
		got := text(Options{Time: TimeNone, Dump: c.dump}, pkt)
		if want := line + c.want; got != want {
			t.Errorf("dump %d\n got %q\nwant %q", c.dump, got, want)
		}
	}
	got := text(Options{Time: TimeNone, Dump: DumpHexLink}, pkt)
	if want := line + "\n\t0x0000:  0200 0000 0002 0200 0000 0001 0800 4500\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestBadRecords(t *testing.T) {
	for _, c := range []struct {
		pkt  capture.Packet
		want string
	}{
		{capture.Packet{OrigLen: 60}, "[Invalid header: caplen==0]\n"},
		{capture.Packet{}, "[Invalid header: caplen==0, len==0]\n"},
		{capture.Packet{Data: make([]byte, 60), OrigLen: 59}, "[Invalid header: len(59) < caplen(60)]\n"},
		{capture.Packet{Data: make([]byte, 60), OrigLen: 262145}, "[Invalid header: len(262145) > 262144]\n"},
	} {
		if got := text(Options{}, c.pkt); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got := text(Options{}, packetOf(time.Unix(-1, 0), make([]byte, 3))); got != "[timestamp overflow]  [|ether]\n" {
		t.Errorf("before 1970: %q", got)
	}
}

// The table of connections is bounded, and forgets the oldest.
func TestFlowTableIsBounded(t *testing.T) {
	var table flowTable
	header := view(udp4(ip4(0), 1, 2, "")[wire.EthernetLen:])
	for i := range uint32(maxFlows + 10) {
		table.relative(&ipHeader{view: header, version: 4}, i&0xffff, 70000+i>>16, 1000, 1, tcpACK)
	}
	if len(table.flows) != maxFlows || len(table.order) != maxFlows {
		t.Fatalf("%d connections, %d in order", len(table.flows), len(table.order))
	}
	relative := func(i uint32) uint32 {
		_, seq, _, _ := table.relative(&ipHeader{view: header, version: 4}, i&0xffff, 70000+i>>16, 1005, 1, tcpACK)
		return seq
	}
	if got := relative(maxFlows + 5); got != 5 {
		t.Errorf("a new connection is at %d", got)
	}
	if got := relative(3); got != 1005 {
		t.Errorf("the oldest connection is at %d", got)
	}
}

// No packet of a running capture costs an allocation.
func TestAllocations(t *testing.T) {
	packets := seedScene()
	packets = append(packets, packetOf(at(0), udp4(ip4(0), 5000, 9999, "hi")),
		packetOf(at(0), icmp4(ip4(0), wire.ICMPv4Echo, 0, 0, nil)),
		packetOf(at(0), arpFrame(wire.ARPRequest, wire.Broadcast, wire.MAC{}, server)),
		packetOf(at(0), seedScene()[3].Data[:50]))
	packets[len(packets)-1].OrigLen = 500
	for _, o := range []Options{{}, {Verbose: 2, Link: true, Dump: DumpHexASCII, Time: TimeDate}} {
		p := New(o)
		buf := make([]byte, 0, 64<<10)
		if n := testing.AllocsPerRun(100, func() {
			for i := range packets {
				buf = p.AppendPacket(buf[:0], &packets[i])
			}
		}); n != 0 {
			t.Errorf("%v allocations with %+v", n, o)
		}
	}
}

func BenchmarkPrint(b *testing.B) {
	packets := seedScene()
	p := New(Options{Numeric: true, Location: time.UTC})
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = p.AppendPacket(buf[:0], &packets[2])
	}
}

// A DNS message in which each of many names is a long chain of pointers is
// printed in no time.
func TestPointerChains(t *testing.T) {
	const chain = 8000
	m := make([]byte, 0, 60000)
	m = append(m, 0, 1, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 0, 0) // 5000 questions
	m = append(m, 0)                                        // the end of every name
	for i := range chain {
		to := 12
		if i > 0 {
			to = 13 + 2*(i-1)
		}
		m = append(m, 0xc0|byte(to>>8), byte(to))
	}
	for range 5000 {
		last := 13 + 2*(chain-1)
		m = append(m, 0xc0|byte(last>>8), byte(last), 0, 1, 0, 1)
	}
	pkt := packetOf(at(0), udp4(ip4(0), 5000, 53, string(m)))
	start := time.Now()
	out := text(Options{Time: TimeNone, Numeric: true}, pkt)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("%v for one packet", took)
	}
	if !strings.Contains(out, "[|domain]") {
		t.Errorf("%.200q", out)
	}
}
