package network

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"thinnet/clock"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// newRouter returns a router between 192.0.2.0/24, where what is injected comes
// from, and 198.51.100.0/24 with the neighbour 198.51.100.2.
func newRouter(t testing.TB) *host {
	h := newHost(t, 1, "192.0.2.1/24", "198.51.100.1/24")
	h.SetForwarding(true)
	h.know(0)
	if err := h.AddNeighbor(0, h.eth[1], addr("198.51.100.2"), wire.MAC{2, 9}); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestForward(t *testing.T) {
	h := newRouter(t)
	h.inject(0, frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2"), TTL: 2, TOS: 4, ID: 99, Options: []byte{148, 4, 0, 0}}, data: pattern(700)})
	if n := h.eth[1].Out.Len(); n != 1 {
		t.Fatalf("%d packets went on: %v", n, names(h.Drops()))
	}
	p := h.eth[1].Out.At(0)
	if eth := wire.Ethernet(p.Head()); eth.Dst() != (wire.MAC{2, 9}) || eth.Src() != h.eth[1].MAC || p.Interface != 3 || p.NetworkOffset != 14 {
		t.Errorf("to %v from %v by %d", eth.Dst(), eth.Src(), p.Interface)
	}
	b := h.out(1)[0]
	ip, err := wire.ParseIPv4(b)
	if err != nil || !ip.ChecksumOK() || ip.TTL() != 1 || ip.TOS() != 4 || ip.ID() != 99 || ip.Src() != addr("192.0.2.9") || !bytes.Equal(b[24:], pattern(700)) {
		t.Errorf("%x: %v", []byte(ip), err)
	}
	h.wantCounter(IPForwDatagrams, 1)
	h.wantDrop(sound)
}

func TestForwardRefuses(t *testing.T) {
	to := func(dst string, ttl uint8) wire.IPv4Fields { return wire.IPv4Fields{Dst: addr(dst), TTL: ttl} }
	tests := []struct {
		name string
		f    frame
		drop DropReason
		typ  wire.ICMPv4Type // 0: nothing is said
		code uint8
		rest uint32
	}{
		{name: "TTL 1", f: frame{ip: to("198.51.100.2", 1)}, drop: DropTTL, typ: wire.ICMPv4TimeExceeded},
		{name: "TTL 0", f: frame{ip: to("198.51.100.2", 0), spoil: func(b []byte) []byte { b[8] = 0; return resum(b) }}, drop: DropTTL, typ: wire.ICMPv4TimeExceeded},
		{name: "no route", f: frame{ip: to("203.0.113.1", 9)}, drop: DropForwardNoRoute, typ: wire.ICMPv4Unreachable, code: wire.ICMPv4NetUnreachable},
		{name: "unreachable", f: frame{ip: to("10.1.0.1", 9)}, drop: DropForwardNoRoute, typ: wire.ICMPv4Unreachable, code: wire.ICMPv4HostUnreachable},
		{name: "blackhole", f: frame{ip: to("10.2.0.1", 9)}, drop: DropBlackhole},
		{name: "broadcast frame", f: frame{dst: wire.Broadcast, ip: to("198.51.100.2", 9)}, drop: DropForwardBroadcast},
		{name: "directed broadcast", f: frame{ip: to("198.51.100.255", 9)}, drop: DropForwardBroadcast},
		{name: "too long", f: frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2"), Flags: wire.IPv4DontFragment}, data: pattern(557)},
			drop: DropTooLong, typ: wire.ICMPv4Unreachable, code: wire.ICMPv4FragmentationNeeded, rest: 576},
		{name: "TTL 1, later fragment", f: frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2"), TTL: 1, Offset: 8}}, drop: DropTTL},
		{name: "TTL 1, about an error", f: frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2"), TTL: 1, Protocol: wire.ProtocolICMP}, data: []byte{3, 1, 0, 0, 0, 0, 0, 0}}, drop: DropTTL},
		{name: "TTL 1, about an echo", f: frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2"), TTL: 1, Protocol: wire.ProtocolICMP}, data: []byte{8, 0, 0, 0, 0, 0, 0, 0}}, drop: DropTTL, typ: wire.ICMPv4TimeExceeded},
		{name: "TTL 1, ICMP without a type", f: frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2"), TTL: 1, Protocol: wire.ProtocolICMP}}, drop: DropTTL},
		{name: "bad option", f: frame{ip: wire.IPv4Fields{Options: []byte{1, 1, 7, 9}}}, drop: DropIPOptions, typ: wire.ICMPv4ParamProblem, rest: 20 << 24},
		{name: "protocol", f: frame{ip: wire.IPv4Fields{Protocol: 254}, data: pattern(9)}, drop: DropNoTransport, typ: wire.ICMPv4Unreachable, code: wire.ICMPv4ProtocolUnreachable},
		{name: "protocol, to many", f: frame{ip: wire.IPv4Fields{Protocol: 254, Dst: addr("192.0.2.255")}}, drop: DropNoTransport},
		{name: "protocol, by a broadcast frame", f: frame{dst: wire.Broadcast, ip: wire.IPv4Fields{Protocol: 254}}, drop: DropNoTransport},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newRouter(t)
			h.eth[1].MTU = 576
			for _, e := range []route.Entry{{Prefix: prefix("10.1.0.0/16"), Kind: route.Unreachable}, {Prefix: prefix("10.2.0.0/16"), Kind: route.Blackhole}} {
				if err := h.AddRoute(e); err != nil {
					t.Fatal(err)
				}
			}
			var quoted []byte
			spoil := tt.f.spoil
			tt.f.spoil = func(b []byte) []byte {
				if spoil != nil {
					b = spoil(b)
				}
				quoted = b
				return b
			}
			h.inject(0, tt.f)
			h.wantDrop(tt.drop)
			out := h.out(0)
			if tt.typ == 0 {
				if len(out) != 0 {
					t.Errorf("said %x", out)
				}
				return
			}
			if len(out) != 1 {
				t.Fatalf("%d packets went back, want 1", len(out))
			}
			ip, err := wire.ParseIPv4(out[0])
			if err != nil || !ip.ChecksumOK() || ip.Src() != addr("192.0.2.1") || ip.Dst() != addr("192.0.2.9") || ip.TOS() != 0xc0 || len(out[0]) > 576 {
				t.Fatalf("%x: %v", out[0], err)
			}
			m := wire.ICMPv4(out[0][20:28])
			if m.Type() != tt.typ || m.Code() != tt.code || m.Rest() != tt.rest || wire.Fold(wire.Sum(out[0][20:], 0)) != 0xffff {
				t.Errorf("type %d code %d rest %#x", m.Type(), m.Code(), m.Rest())
			}
			if n := min(len(quoted), 576-28); !bytes.Equal(out[0][28:], quoted[:n]) {
				t.Errorf("quotes %x\nof %x", out[0][28:], quoted)
			}
		})
	}
}

func TestForwardedNeighborDoesNotAnswer(t *testing.T) {
	h := newRouter(t)
	h.inject(0, frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.7")}, data: pattern(30)})
	for now := range 4 * second / second {
		h.Tick(now * second)
	}
	var m wire.ICMPv4
	for _, b := range h.out(0) {
		if ip, err := wire.ParseIPv4(b); err == nil && ip.Protocol() == wire.ProtocolICMP {
			m = wire.ICMPv4(b[20:28])
		}
	}
	if m == nil || m.Type() != wire.ICMPv4Unreachable || m.Code() != wire.ICMPv4HostUnreachable {
		t.Errorf("said %x", []byte(m))
	}
}

func TestForwardSuperSegments(t *testing.T) {
	for _, tt := range []struct {
		name         string
		mtu, maxSegs int
		packets      int
	}{{"fits", 1500, 65535, 1}, {"segments over the MTU", 1400, 65535, 0}, {"not taken", 1500, 0, 21}} {
		t.Run(tt.name, func(t *testing.T) {
			h := newRouter(t)
			h.eth[1].MTU, h.eth[1].MaxSegmented = tt.mtu, tt.maxSegs
			p := superSegment(30000, 1460)
			wire.PutIPv4(p.Prepend(20), &wire.IPv4Fields{TotalLen: 30040, Flags: wire.IPv4DontFragment, TTL: 9, Protocol: wire.ProtocolTCP, Src: addr("192.0.2.9"), Dst: addr("198.51.100.2")})
			p.NetworkOffset, p.ChecksumStart = 0, 20
			wire.PutEthernet(p.Prepend(14), h.eth[0].MAC, other, wire.EtherTypeIPv4)
			h.Input(0, h.eth[0], p)
			if n := h.eth[1].Out.Len(); n != tt.packets {
				t.Fatalf("%d packets went on; %v", n, names(h.Drops()))
			}
			if tt.packets > 1 {
				return
			}
			if tt.packets == 1 {
				q := h.eth[1].Out.At(0)
				if q.Checksum != packet.ChecksumPartial || q.Segmentation != packet.SegmentTCP || q.SegmentSize != 1460 || q.NetworkOffset != 14 || q.ChecksumStart != 20 {
					t.Error("the offload state was lost")
				}
				return
			}
			if out := h.out(0); len(out) != 1 || out[0][20] != 3 || out[0][21] != 4 || binary.BigEndian.Uint16(out[0][26:]) != uint16(tt.mtu) {
				t.Errorf("said %x", out)
			}
		})
	}
}

func TestErrorsAreLimited(t *testing.T) {
	h := newRouter(t)
	refused := func(now clock.Time, src string) {
		h.inject(now, frame{ip: wire.IPv4Fields{Src: addr(src), Dst: addr("203.0.113.1")}})
	}
	for range 10 {
		refused(0, "192.0.2.9")
	}
	h.wantCounter(ICMPOutMsgs, 6)
	h.wantCounter(ICMPOutRateLimitHost, 4)
	refused(second, "192.0.2.9")
	h.wantCounter(ICMPOutMsgs, 7)

	h = newRouter(t)
	for i := range 100 {
		refused(0, fmt.Sprintf("192.0.2.%d", 100+i))
	}
	if c := h.Counters(); c[ICMPOutMsgs] != 50 || c[ICMPOutRateLimitGlobal] != 50 {
		t.Errorf("%d sent, %d not", c[ICMPOutMsgs], c[ICMPOutRateLimitGlobal])
	}
	refused(second/1000, "192.0.2.99")
	h.wantCounter(ICMPOutMsgs, 51)

	// Path MTU discovery goes on.
	h.eth[1].MTU = 576
	for range 20 {
		h.inject(second/1000, frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2"), Flags: wire.IPv4DontFragment}, data: pattern(900)})
	}
	h.wantCounter(ICMPOutMsgs, 71)
}
