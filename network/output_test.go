package network

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"

	"thinnet/link/segment"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

func TestPingPong(t *testing.T) {
	a, b := newHost(t, 1, "192.0.2.1/24"), newHost(t, 2, "192.0.2.2/24")
	c := a.join(0, b, 0)
	for range 3 { // the first waits for ARP
		if err := a.send(0, "192.0.2.2", 100, OutputHeader{TOS: 0x28}); err != nil {
			t.Fatal(err)
		}
		run(0, c)
	}
	if len(b.received) != 3 {
		t.Fatalf("%d packets arrived, want 3", len(b.received))
	}
	r := b.received[0]
	if r.Src != addr("192.0.2.1") || r.TTL != 64 || r.TOS != 0x28 || !bytes.Equal(r.data, pattern(100)) {
		t.Errorf("%+v", r)
	}
	a.wantCounter(ARPOutRequests, 1)
	b.wantCounter(ARPOutReplies, 1)
	a.wantCounter(IPOutRequests, 3)
	if x, y := wire.IPv4(b.received[0].IP).ID(), wire.IPv4(b.received[1].IP).ID(); y != x+1 {
		t.Errorf("identifiers %d, %d", x, y)
	}
	a.wantDrop(sound)
	b.wantDrop(sound)
}

func TestSentToItself(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	for dst, src := range map[string]string{"127.0.0.1": "127.0.0.1", "127.3.2.1": "127.0.0.1", "192.0.2.1": "192.0.2.1"} {
		h.received = nil
		if err := h.send(0, dst, 10); err != nil {
			t.Fatal(err)
		}
		h.runAlone(0)
		if len(h.received) != 1 || h.received[0].Src != addr(src) || h.received[0].Dst != addr(dst) || h.received[0].Interface != h.lo {
			t.Errorf("to %s: %+v", dst, h.received)
		}
	}
	if h.eth[0].Out.Len() != 0 {
		t.Error("something went over the wire")
	}
}

func TestSentToMany(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	for dst, mac := range map[string]string{
		"192.0.2.255": "ff:ff:ff:ff:ff:ff", "255.255.255.255": "ff:ff:ff:ff:ff:ff", "239.129.2.3": "01:00:5e:01:02:03",
	} {
		r, err := h.Route(addr(dst), netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		multicast := addr(dst).IsMulticast()
		if r.Broadcast == multicast || r.Interface != h.eth[0] || r.Src != addr("192.0.2.1") {
			t.Errorf("%s: %+v", dst, r)
		}
		if err := h.send(0, dst, 10); err != nil {
			t.Fatal(err)
		}
		b := h.eth[0].Out.At(0).Head()
		if got := wire.Ethernet(b).Dst().String(); got != mac {
			t.Errorf("%s goes to %s, want %s", dst, got, mac)
		}
		if ttl := b[14+8]; multicast && ttl != 1 || !multicast && ttl != 64 {
			t.Errorf("%s: TTL %d", dst, ttl)
		}
		h.out(0)
	}
}

func TestRouteErrors(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24", "")
	for _, e := range []route.Entry{
		{Prefix: prefix("10.1.0.0/16"), Kind: route.Unreachable}, {Prefix: prefix("10.2.0.0/16"), Kind: route.Blackhole},
	} {
		if err := h.AddRoute(e); err != nil {
			t.Fatal(err)
		}
	}
	for dst, want := range map[string]error{
		"8.8.8.8": ErrNoRoute, "0.0.0.0": ErrNoRoute, "2001:db8::1": ErrNoRoute, "10.1.2.3": ErrHostUnreachable, "10.2.3.4": ErrNoRoute,
		"192.0.2.9": nil, "::ffff:192.0.2.9": nil,
	} {
		if _, err := h.Route(addr(dst), netip.Addr{}); !errors.Is(err, want) {
			t.Errorf("to %s: %v, want %v", dst, err, want)
		}
	}
	if _, err := h.Route(netip.Addr{}, netip.Addr{}); !errors.Is(err, ErrNoRoute) {
		t.Errorf("to nothing: %v", err)
	}
	if _, err := h.Route(addr("192.0.2.9"), addr("::1")); !errors.Is(err, ErrNoAddress) {
		t.Errorf("from ::1: %v", err)
	}
}

func TestRouteIsRenewed(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24", "198.51.100.1/24")
	h.addRoute("0.0.0.0/0", "192.0.2.254")
	r, err := h.Route(addr("8.8.8.8"), netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	out := func() error {
		var p packet.Packet
		p.Reset()
		p.Write(pattern(9))
		return h.Output(0, &p, &r, &OutputHeader{Protocol: testProtocol})
	}
	if err := out(); err != nil || r.NextHop != addr("192.0.2.254") {
		t.Fatalf("%v, by %v", err, r.NextHop)
	}
	h.addRoute("8.8.0.0/16", "198.51.100.254")
	if err := out(); err != nil || r.NextHop != addr("198.51.100.254") || r.Interface != h.eth[1] || r.Src != addr("192.0.2.1") {
		t.Errorf("%v, by %v from %v", err, r.NextHop, r.Src)
	}
	h.SetUp(0, h.eth[1], false)
	if err := out(); err != nil || r.NextHop != addr("192.0.2.254") {
		t.Errorf("%v, by %v", err, r.NextHop)
	}
	h.SetUp(0, h.eth[0], false)
	if err := out(); !errors.Is(err, ErrNoRoute) {
		t.Errorf("without a link: %v", err)
	}
	h.SetUp(0, h.eth[1], true)
	if err := out(); err != nil || r.NextHop != addr("198.51.100.254") {
		t.Errorf("%v, by %v: the route has not come back", err, r.NextHop)
	}
}

func TestFragmentsArrive(t *testing.T) {
	for _, n := range []int{1480, 1481, 2960, 2961, 30000, 65515} {
		a, b := newHost(t, 1, "192.0.2.1/24"), newHost(t, 2, "192.0.2.2/24")
		if err := a.send(0, "192.0.2.2", n); err != nil {
			t.Fatal(err)
		}
		run(0, a.join(0, b, 0))
		if len(b.received) != 1 || !bytes.Equal(b.received[0].data, pattern(n)) {
			t.Errorf("%d bytes: %d packets arrived", n, len(b.received))
		}
		want := uint64((n + 1479) / 1480)
		if want == 1 {
			want = 0
		}
		a.wantCounter(IPFragCreates, want)
		b.wantCounter(IPReasmReqds, want)
	}
}

func TestTooLong(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	for _, tt := range []struct {
		n    int
		df   bool
		want error
	}{{1480, true, nil}, {1481, true, ErrTooLong}, {65515, false, nil}, {65516, false, ErrTooLong}} {
		if err := h.send(0, "192.0.2.255", tt.n, OutputHeader{DontFragment: tt.df}); err != tt.want {
			t.Errorf("%d bytes: %v, want %v", tt.n, err, tt.want)
		}
	}
	if d := h.Drops(); d[DropTooLong] != 2 {
		t.Errorf("dropped: %v", names(d))
	}
}

func TestFragmentHeaders(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24", "198.51.100.1/24")
	h.SetForwarding(true)
	h.eth[1].MTU = 576
	if err := h.AddNeighbor(0, h.eth[1], addr("198.51.100.2"), wire.MAC{2, 9}); err != nil {
		t.Fatal(err)
	}
	// A fragment is split again; a copied option goes along, another does not.
	data := pattern(1000)
	h.inject(0, frame{data: data, ip: wire.IPv4Fields{
		Dst: addr("198.51.100.2"), ID: 77, Offset: 800, Flags: wire.IPv4MoreFragments,
		Options: []byte{7, 3, 4, 148, 4, 0, 0, 0},
	}})
	out := h.out(1)
	want := []struct {
		header, offset, n int
		more              bool
	}{{28, 800, 544, true}, {24, 1344, 456, true}}
	if len(out) != len(want) {
		t.Fatalf("%d fragments", len(out))
	}
	for i, b := range out {
		ip, err := wire.ParseIPv4(b)
		if err != nil || !ip.ChecksumOK() || ip.TotalLen() != len(b) || ip.ID() != 77 || ip.TTL() != 63 ||
			len(ip) != want[i].header || ip.Offset() != want[i].offset || len(b)-len(ip) != want[i].n ||
			(ip.Flags()&wire.IPv4MoreFragments != 0) != want[i].more {
			t.Errorf("fragment %d: %x, %v", i, []byte(ip), err)
			continue
		}
		if at := want[i].offset - 800; !bytes.Equal(b[len(ip):], data[at:at+want[i].n]) {
			t.Errorf("fragment %d: wrong bytes", i)
		}
	}
	if opts := wire.IPv4(out[1][:24]).Options(); !bytes.Equal(opts, []byte{148, 4, 0, 0}) {
		t.Errorf("options of the second fragment: %x", opts)
	}
}

// superSegment returns a TCP segment with n bytes of data and a pending checksum.
func superSegment(n, mss int) *packet.Packet {
	p := new(packet.Packet)
	p.Reset()
	wire.PutTCP(p.Append(wire.TCPMinLen), &wire.TCPFields{SrcPort: 1, DstPort: 2, Flags: wire.FlagACK}, 0)
	p.Write(pattern(n))
	p.Checksum, p.ChecksumOffset = packet.ChecksumPartial, wire.TCPChecksumOffset
	sum := wire.PseudoHeader(addr("192.0.2.1"), addr("192.0.2.2"), wire.ProtocolTCP, wire.TCPMinLen+n)
	wire.TCP(p.Head()).SetChecksum(wire.Fold(sum))
	p.Segmentation, p.SegmentSize = packet.SegmentTCP, uint16(mss)
	return p
}

func TestSuperSegments(t *testing.T) {
	tests := []struct {
		name         string
		maxSegmented int
		n, mss       int
		df           bool
		want         error
		packets      int
	}{
		{"taken whole", 65535, 40000, 1460, true, nil, 1},
		{"segments over the MTU", 65535, 40000, 1461, true, ErrTooLong, 0},
		{"longer than the device takes", 16384, 40000, 1460, true, nil, 28},
		{"not taken by the device", 0, 40000, 1460, false, nil, 28},
		{"split as a long segment", 65535, 40000, 1461, false, nil, 28},
		{"shorter than its segments", 65535, 100, 1461, true, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, 1, "192.0.2.1/24")
			h.eth[0].MaxSegmented = tt.maxSegmented
			if err := h.AddNeighbor(0, h.eth[0], addr("192.0.2.2"), wire.MAC{2, 9}); err != nil {
				t.Fatal(err)
			}
			r, err := h.Route(addr("192.0.2.2"), netip.Addr{})
			if err != nil {
				t.Fatal(err)
			}
			err = h.Output(0, superSegment(tt.n, tt.mss), &r, &OutputHeader{Protocol: wire.ProtocolTCP, DontFragment: tt.df})
			if err != tt.want || h.eth[0].Out.Len() != tt.packets {
				t.Fatalf("%v, %d packets; want %v, %d", err, h.eth[0].Out.Len(), tt.want, tt.packets)
			}
			if tt.packets == 1 {
				p := h.eth[0].Out.At(0)
				if p.Checksum != packet.ChecksumPartial || p.ChecksumStart != 20 || p.NetworkOffset != 14 || p.Segmentation != packet.SegmentTCP || p.Interface != 2 {
					t.Errorf("%v at %d+%d, %v", p.Checksum, p.NetworkOffset, p.ChecksumStart, p.Segmentation)
				}
			}
		})
	}
}

func TestChecksumIsCompletedForFragments(t *testing.T) {
	a, b := newHost(t, 1, "192.0.2.1/24"), newHost(t, 2, "192.0.2.2/24")
	got := 0
	b.Handle(wire.ProtocolTCP, transportFunc(func(p *packet.Packet, h *Header) {
		got++
		sum := wire.PseudoHeader(h.Src, h.Dst, h.Protocol, p.Len())
		if p.Checksum != packet.ChecksumNone || wire.Fold(segment.Sum(p, 0, sum)) != 0xffff {
			t.Error("wrong checksum")
		}
		p.Release()
	}))
	r, err := a.Route(addr("192.0.2.2"), netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{3000, 3001, 9999} {
		p := superSegment(n, 0)
		p.Segmentation = packet.SegmentNone
		if err := a.Output(0, p, &r, &OutputHeader{Protocol: wire.ProtocolTCP}); err != nil {
			t.Fatal(err)
		}
	}
	run(0, a.join(0, b, 0))
	if got != 3 {
		t.Errorf("%d segments arrived", got)
	}
}
