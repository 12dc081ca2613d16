package dissect

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
	"thinnet/wire"
)

var fuzzLinks = []capture.LinkType{
	capture.LinkTypeEthernet, capture.LinkTypeRaw, capture.LinkTypeLinuxSLL, capture.LinkTypeLinuxSLL2,
	capture.LinkTypeNull, capture.LinkTypeIPv4, capture.LinkTypeIPv6, capture.LinkTypePPP, capture.LinkTypePPPSerial, 9999,
}

// FuzzPrint prints whatever comes, with every link type and much or little of it.
func FuzzPrint(f *testing.F) {
	for _, p := range seedScene() {
		f.Add(uint8(0), uint8(0), uint16(0), p.Data)
	}
	f.Add(uint8(0), uint8(1), uint16(9), arpFrame(wire.ARPRequest, wire.Broadcast, wire.MAC{}, server))
	f.Add(uint8(0), uint8(2), uint16(9), icmp4(ip4(0), wire.ICMPv4Unreachable, 3, 0, udp4(ip4(0), 1, 2, "x")[14:]))
	for _, s := range samples() {
		for i, l := range fuzzLinks {
			if l == s.link {
				f.Add(uint8(i), uint8(2), uint16(0), s.data)
			}
		}
	}
	// tcpdump's own test captures, where they are.
	captures, _ := filepath.Glob(filepath.Join(vectors, "pcap", "*"))
	for _, name := range captures {
		file, err := os.Open(name)
		if err != nil {
			f.Fatal(err)
		}
		r, err := pcapfile.NewReader(file)
		for n := 0; err == nil && n < 5; n++ {
			var p capture.Packet
			if p, err = r.Next(); err == nil {
				for i, l := range fuzzLinks {
					if l == p.LinkType {
						f.Add(uint8(i), uint8(2), uint16(0), append([]byte{}, p.Data...))
					}
				}
			}
		}
		file.Close()
	}
	f.Fuzz(func(t *testing.T, link, verbose uint8, more uint16, data []byte) {
		pkt := capture.Packet{
			Time: time.Unix(0, 0), Data: data, OrigLen: len(data) + int(more),
			LinkType: fuzzLinks[int(link)%len(fuzzLinks)],
		}
		o := Options{Verbose: int(verbose & 3), Numeric: verbose&4 != 0, Link: verbose&8 != 0, Quiet: int(verbose >> 4 & 1), Location: time.UTC}
		p := New(o)
		out := p.AppendPacket(nil, &pkt)
		if len(out) == 0 || out[len(out)-1] != '\n' {
			t.Fatalf("%q", out)
		}
		// The same again, as part of the same capture.
		p.AppendPacket(out, &pkt)
	})
}
