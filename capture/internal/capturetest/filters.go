// Package capturetest makes random filters and packets, for the tests of capture.
package capturetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Filters writes random filter expressions that are valid on Ethernet.
type Filters struct{ *rand.Rand }

func (g Filters) of(words ...string) string { return words[g.IntN(len(words))] }

// Expression returns one of up to 2^depth primitives.
func (g Filters) Expression(depth int) string {
	if depth == 0 {
		return g.primitive()
	}
	switch g.IntN(6) {
	case 0:
		return "not " + g.Expression(depth-1)
	case 1:
		return "(" + g.Expression(depth-1) + ")"
	case 2, 3:
		return g.Expression(depth-1) + " or " + g.Expression(depth-1)
	}
	return g.Expression(depth-1) + " and " + g.Expression(depth-1)
}

// Tunnelled returns an expression on what is in another packet.
func (g Filters) Tunnelled(depth int) string {
	return g.of("vlan 5", "vlan and vlan 7", "mpls 7", "mpls and mpls 3", "pppoes", "pppoes 7", "geneve",
		"geneve 9", "vlan and mpls") + " and (" + g.Expression(depth) + ")"
}

func (g Filters) primitive() string {
	dir := g.of("", "src ", "dst ", "src or dst ", "src and dst ")
	switch g.IntN(15) {
	case 0:
		return g.of("", "ip ", "arp ", "rarp ") + dir + "host " + g.ipv4()
	case 1:
		return g.of("", "ip ") + dir + "net " + g.of("10", "10.1", "10.0.0.0/8", "192.168.0.0/16", "10.1.2.0 mask 255.255.255.0")
	case 2:
		return g.of("", "ip6 ") + dir + "host " + g.of("::1", "fe80::1", "2001:db8::53")
	case 3:
		return g.of("", "ip6 ") + dir + "net " + g.of("fe80::/10", "2001:db8::/32", "ff02::/16")
	case 4, 5:
		return g.of("", "tcp ", "udp ", "sctp ") + dir + "port " + g.ports()
	case 6:
		return g.of("", "tcp ", "udp ") + dir + "portrange " + g.of("1-1023", "80-443", "53-53", "5000-4000")
	case 7:
		return g.of("ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "ah", "esp", "pim", "stp", "ipx", "iso", "isis", "aarp", "atalk", "netbeui", "decnet", "lat")
	case 8:
		return g.of("ip ", "ip6 ", "") + "proto " + g.of("1", "6", "17", "41", "44", "58")
	case 9:
		return "ether " + g.of("", "src ", "dst ") + "host " + g.of("0:1:2:3:4:5", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01")
	case 10:
		return g.of("broadcast", "multicast", "ip6 multicast", "ether proto 0x806", "ether proto 0x88cc", "llc", "l1", "snp")
	case 11:
		return g.of("less 60", "greater 100", "len = 64", "len - 14 > 40")
	case 12:
		// "&" and "|" load nothing before libpcap 1.11.
		return "byte " + g.of("12", "13", "23") + g.of(" = ", " < ", " > ") + g.of("6", "8", "17")
	}
	return g.arith(1) + g.of(" = ", " != ", " > ", " < ", " >= ", " <= ") + g.arith(g.IntN(2))
}

func (g Filters) ports() string {
	p := g.of("53", "80", "443")
	if g.IntN(3) > 0 {
		return p
	}
	return "(" + p + " or " + g.of("67", "68", "not 90") + ")"
}

func (g Filters) ipv4() string { return fmt.Sprintf("10.%d.0.%d", g.IntN(2), 1+g.IntN(3)) }

func (g Filters) arith(depth int) string {
	if depth == 0 || g.IntN(4) == 0 {
		return g.of("0", "1", "2", "8", "0x0f", "0xf0", "0x45", "80", "0x800", "icmp-echo", "tcp-syn", "len")
	}
	if g.IntN(2) == 0 {
		return g.of("ip", "ether", "tcp", "udp", "icmp", "ip6", "arp", "icmp6") +
			"[" + g.of("0", "2", "9", "12", "13", "tcpflags", "ip[0] & 15", "1+1") + g.of("", ":1", ":2", ":4") + "]"
	}
	op := g.of("+", "-", "*", "&", "|", "^", "<<", ">>", "/")
	if strings.ContainsAny(op, "<>/") {
		return "(" + g.arith(depth-1) + " " + op + " " + g.of("1", "2", "4") + ")"
	}
	return "(" + g.arith(depth-1) + " " + op + " " + g.arith(depth-1) + ")"
}
