package pcapfilter

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"thinnet/capture"
	"thinnet/wire"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, file, got string) {
	t.Helper()
	path := "testdata/" + file
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it. Got:\n%s", path, got)
	}
}

// TestPrograms pins what everyday filters compile to, as tcpdump -d prints it.
func TestPrograms(t *testing.T) {
	ethernet, cooked, raw := capture.LinkTypeEthernet, capture.LinkTypeLinuxSLL2, capture.LinkTypeRaw
	var b strings.Builder
	for _, c := range []struct {
		link   capture.LinkType
		source Source
		expr   string
	}{
		{ethernet, SourceLive, ""},
		{ethernet, SourceLive, "ip"},
		{ethernet, SourceLive, "arp or icmp"},
		{ethernet, SourceLive, "host 192.168.190.1"},
		{ethernet, SourceLive, "port 80"},
		{ethernet, SourceLive, "port 80 or 443"},
		{ethernet, SourceLive, "src net 10.0.0.0/8 and not dst net 10"},
		{ethernet, SourceLive, "tcp port 80 and not (host 10.0.0.1 or 10.0.0.2)"},
		{ethernet, SourceLive, "udp portrange 67-68"},
		{ethernet, SourceLive, "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0"},
		{ethernet, SourceLive, "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420"},
		{ethernet, SourceLive, "ether host 0:1:2:3:4:5"},
		{ethernet, SourceLive, "vlan 5 and ip6"},
		{ethernet, SourceLive, "vxlan 7 and icmp"},
		{ethernet, SourceLive, "geneve and tcp"},
		{ethernet, SourceLive, "ip protochain 6"},
		{ethernet, SourceKernel, "inbound and ifindex 3"},
		{ethernet, SourceKernel, "vlan 5 and ip"},
		{cooked, SourceLive, "outbound and udp"},
		{raw, SourceLive, "ip6 host 2001:db8::1"},
	} {
		p, err := Compile(c.expr, Options{LinkType: c.link, Source: c.source, Optimize: true})
		if err != nil {
			t.Errorf("%q: %v", c.expr, err)
			continue
		}
		fmt.Fprintf(&b, "%v %q\n%s\n", c.link, c.expr, p.Disassemble())
	}
	golden(t, "programs.txt", b.String())
}

func TestForms(t *testing.T) {
	p, err := Compile("udp[4:2] > 100 and len < 60", Options{LinkType: capture.LinkTypeIPv4, SnapLen: 96, Optimize: true})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "forms.txt", p.Disassemble()+"\n"+p.C()+"\n"+p.Decimal())
}

type someNames struct{ BuiltinNames }

func (someNames) Host(name string) []netip.Addr {
	if name != "server.example" {
		return nil
	}
	return []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("10.0.0.2")}
}

func (someNames) Ether(name string) (wire.MAC, bool) {
	return wire.MAC{2, 0, 0, 0, 0, 1}, name == "server.example"
}

func (someNames) Network(name string) uint32 {
	if name == "lab" {
		return 10
	}
	return 0
}

// TestSameAs: what a name, an abbreviation or a form of an address stands for.
func TestSameAs(t *testing.T) {
	for _, c := range []struct{ expr, same string }{
		{"host server.example", "host 10.0.0.2 or host 10.0.0.9 or host 2001:db8::1"},
		{"ip6 host server.example", "ip6 host 2001:db8::1"},
		{"ether host server.example", "ether host 02:00:00:00:00:01"},
		{"net lab", "net 10.0.0.0/8"},
		{"gateway server.example", "ether host 2:0:0:0:0:1 and ((ip and not src or dst host (10.0.0.2 or 10.0.0.9)) or (arp and not host (10.0.0.2 or 10.0.0.9)) or (rarp and not host (10.0.0.2 or 10.0.0.9)))"},
		{"port http", "tcp port 80"},
		{"tcp port domain", "tcp port 53"},
		{"udp portrange bootps-bootpc", "udp portrange 67-68"},
		{`ip proto \tcp`, "ip proto 6"},
		{`ether proto \arp`, "arp"},
		{"tcp port 80 or 443", "tcp port 80 or tcp port 443"},
		{"tcp port (80 or not 443)", "tcp port 80 or not tcp port 443"},
		{"tcp && ! udp || icmp", "(tcp and not udp) or icmp"},
		{"tcp or udp and less 90", "(tcp or udp) and less 90"},
		{"ip[2] % 3 + 1 = 2", "ip[2] % (3 + 1) = 2"},
		{"ip[2] * 3 + 1 = 7", "(ip[2] * 3) + 1 = 7"},
		{"-ip[2] + 1 = 0", "ip[2] = 1"},
		{"ether[0x10:2] == 010", "ether[16:2] = 8"},
		{"ether host aabb.ccdd.eeff", "ether host aa-bb-cc-dd-ee-ff"},
		{"ether host aabbccddeeff", "ether host aa.bb.cc.dd.ee.ff"},
		{"icmp[icmptype] == icmp-echo", "icmp[0] = 8"},
		{"less 60", "len <= 60"},
		{"greater 60", "len >= 60"},
		{"ip net 10.1 mask 255.255", "ip net 10.1.0.0/16"},
	} {
		o := Options{LinkType: capture.LinkTypeEthernet, Optimize: true, Names: someNames{}}
		got, err := Compile(c.expr, o)
		if err != nil {
			t.Errorf("%q: %v", c.expr, err)
			continue
		}
		want, err := Compile(c.same, o)
		if err != nil {
			t.Errorf("%q: %v", c.same, err)
			continue
		}
		if got.Disassemble() != want.Disassemble() {
			t.Errorf("%q is\n%s%q is\n%s", c.expr, got.Disassemble(), c.same, want.Disassemble())
		}
	}
}

// TestErrors: the message is libpcap's, and that of the first error in the text.
func TestErrors(t *testing.T) {
	const syntax = "can't parse filter expression: syntax error"
	for expr, want := range map[string]string{
		"1.2.3.4":                       syntax,
		"ip 1.2.3.4":                    syntax,
		"tcp port":                      syntax,
		"tcp and and udp":               syntax,
		"(tcp":                          syntax,
		"tcp)":                          syntax,
		"tcp port ((80 or 90) or 100)":  syntax,
		"tcp ~ udp":                     syntax,
		"src proto 6":                   syntax,
		"ether foo":                     syntax,
		"not 80 and vlan 4096":          syntax,
		"vlan 4096 foo":                 "VLAN tag 4096 greater than maximum 4095",
		"foo and vlan 4096":             syntax,
		"(tcp port 80) and 90":          "syntax error in filter expression",
		"tcp and 90":                    "syntax error in filter expression",
		"host nowhere":                  "unknown host 'nowhere'",
		"ip6 host 10.0.0.1":             "'ip6' is not a valid qualifier for 'host <IPv4 address>'",
		"arp host server.example and x": "unknown host 'x'",
		"port nosuchservice":            "unknown port 'nosuchservice'",
		"udp port http":                 "port 'http' is tcp",
		"portrange 1-2-3":               "port range '1-2-3' contains more than one hyphen",
		"portrange 1-http-":             syntax,
		"portrange x-5":                 "'x' is not a valid port",
		"net 10.0.0.1/8":                `non-network bits set in "10.0.0.1/8"`,
		"ip6 net ::1/129":               "mask length must be <= 128",
		"ether host 1:2:3:":             "invalid Ethernet address 1:2:3:",
		"tcp[0:3] = 1":                  "data size must be 1, 2, or 4",
		"ip[0] / 0 = 1":                 "division by zero",
		"ip[0] % 0 = 1":                 "modulus by zero",
		"ip[0] << 32 = 1":               "shift by more than 31 bits",
		"inbound":                       "not a live capture, 'inbound' not supported on DLT_EN10MB (Ethernet)",
		"link":                          "'link' cannot be used as an abbreviation",
		"ip and arp":                    "expression rejects all packets",
		"type x":                        `unknown 802.11 type name "x"`,
		"llc x":                         `unknown LLC type name "x"`,
		"action x":                      `unknown PF action "x"`,
		"radio[0] = 0":                  "radio information not present in capture",
		strings.Repeat("(", 5000):       "can't parse filter expression: memory exhausted",
	} {
		_, err := Compile(expr, Options{LinkType: capture.LinkTypeEthernet, Optimize: true, Names: someNames{}})
		if err == nil || err.Error() != want {
			t.Errorf("%.60q: error is %v, want %s", expr, err, want)
		}
	}
	if _, err := Compile("ip", Options{LinkType: capture.LinkTypePPP}); err == nil {
		t.Error("a link type that is not supported compiles")
	}
}

// TestScratchCells: what needs more of them than there are is an error, and it
// takes much to need them.
func TestScratchCells(t *testing.T) {
	compile := func(expr string) error {
		_, err := Compile(expr, Options{LinkType: capture.LinkTypeEthernet})
		return err
	}
	const message = "too many registers needed to evaluate expression"
	if err := compile(strings.Repeat("geneve and ", 10) + "tcp"); err == nil || err.Error() != message {
		t.Errorf("ten tunnels: error is %v, want %s", err, message)
	}
	var loads []string
	for i := range 100 {
		loads = append(loads, fmt.Sprintf("ip[ip[%d]]", i))
	}
	chain := strings.Join(loads, " - ")
	if err := compile(chain + " = 1"); err != nil {
		t.Errorf("a long difference: %v", err)
	}
	for len(loads) > 1 {
		for i := range len(loads) / 2 {
			loads[i] = "(" + loads[2*i] + " - " + loads[2*i+1] + ")"
		}
		loads = loads[:len(loads)/2]
	}
	if err := compile(loads[0] + " = 1"); err != nil {
		t.Errorf("a deep difference: %v", err)
	}
}

// TestFarJumps: a program of more than 255 instructions means the same.
func TestFarJumps(t *testing.T) {
	var hosts []string
	for i := range 150 {
		hosts = append(hosts, fmt.Sprintf("10.9.%d.%d", i/100, 1+i%100))
	}
	for _, optimize := range []bool{true, false} {
		p, err := Compile("host ("+strings.Join(hosts, " or ")+")", Options{LinkType: capture.LinkTypeEthernet, Optimize: optimize})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			src  [4]byte
			want bool
		}{{[4]byte{10, 9, 0, 1}, true}, {[4]byte{10, 9, 1, 50}, true}, {[4]byte{10, 9, 2, 1}, false}} {
			frame := append([]byte(nil), httpFrame...)
			copy(frame[26:], c.src[:])
			if got := p.Match(frame, len(frame)); got != c.want {
				t.Errorf("optimized %v: %v matches: %v", optimize, c.src, got)
			}
		}
	}
}
