package pcapfilter

import (
	"testing"

	"thinnet/capture"
)

var fuzzLinkTypes = []capture.LinkType{
	capture.LinkTypeEthernet, capture.LinkTypeRaw, capture.LinkTypeIPv4, capture.LinkTypeIPv6,
	capture.LinkTypeNull, capture.LinkTypeLoop, capture.LinkTypeLinuxSLL, capture.LinkTypeLinuxSLL2,
}

// FuzzCompile: no expression makes the compiler or its programs panic, and with
// the optimiser an expression is right or wrong as it is without it.
func FuzzCompile(f *testing.F) {
	for _, expr := range []string{
		"", "tcp port 80 and not (host 10.0.0.1 or 10.0.0.2)", "ether host 0:1:2:3:4:5",
		"net 10.0.0.0/8 or ip6 net 2001:db8::/32", "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
		"vlan 5 and mpls 3 and geneve 7 and vxlan and pppoes 1", "portrange 1-1023", `proto \tcp`,
		"ip protochain 17", "llc rnr", "type data subtype qos", "vpi > 1", "opc (1 or 2)", "-len % 3 ^ 2 = 1",
		"not not decnet src 1.1", "byte 3 | 5", "less 5", "ifindex 3", "link host $21", "sc or on eth0",
	} {
		f.Add(expr, byte(0))
	}
	frame := append(httpFrame[:len(httpFrame):len(httpFrame)], make([]byte, 64)...)
	f.Fuzz(func(t *testing.T, expr string, link byte) {
		if len(expr) > 2000 {
			return
		}
		o := Options{LinkType: fuzzLinkTypes[int(link)%len(fuzzLinkTypes)]}
		plain, err := Compile(expr, o)
		o.Optimize = true
		optimized, errOptimized := Compile(expr, o)
		if err != nil {
			if errOptimized == nil || errOptimized.Error() != err.Error() {
				t.Fatalf("error is %v, optimised %v", err, errOptimized)
			}
			return
		}
		plain.Match(frame, len(frame))
		if errOptimized != nil {
			if errOptimized.Error() != "expression rejects all packets" {
				t.Fatal(errOptimized)
			}
			return
		}
		optimized.Match(frame, len(frame))
		optimized.Match(frame[:20], len(frame))
	})
}
