package network

import (
	"bytes"
	"net/netip"
	"testing"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// message returns an ICMP message with its checksum.
func message(t wire.ICMPv4Type, code uint8, rest uint32, data []byte) []byte {
	b := make([]byte, wire.ICMPv4Len, wire.ICMPv4Len+len(data))
	wire.PutICMPv4(b, t, code, rest)
	b = append(b, data...)
	wire.ICMPv4(b).SetChecksum(^wire.Fold(wire.Sum(b, 0)))
	return b
}

func (h *host) ping(dst string, n int) error {
	r, err := h.Route(addr(dst), netip.Addr{})
	if err != nil {
		return err
	}
	var p packet.Packet
	p.Reset()
	p.Write(message(wire.ICMPv4Echo, 0, 0x00050001, pattern(n)))
	return h.Output(0, &p, &r, &OutputHeader{Protocol: wire.ProtocolICMP, TOS: 0x10})
}

func TestEcho(t *testing.T) {
	for _, n := range []int{0, 1, 56, 57, 1472, 1473, 8000, 65507} {
		a, b := newHost(t, 1, "192.0.2.1/24"), newHost(t, 2, "192.0.2.2/24")
		var reply []byte
		a.HandleICMP(func(_ clock.Time, h *Header, msg *packet.Packet) {
			if h.Src == addr("192.0.2.2") && h.TOS == 0x10 {
				reply = bytesOf(msg)
			}
		})
		if err := a.ping("192.0.2.2", n); err != nil {
			t.Fatal(err)
		}
		run(0, a.join(0, b, 0))
		want := message(wire.ICMPv4EchoReply, 0, 0x00050001, pattern(n))
		if !bytes.Equal(reply, want) {
			t.Errorf("%d bytes: the reply differs (%d bytes)", n, len(reply))
		}
		b.wantCounter(ICMPInEchos, 1)
		b.wantCounter(ICMPOutEchoReps, 1)
		a.wantCounter(ICMPInEchoReps, 1)
		if len(b.icmp) != 1 {
			t.Errorf("%d messages heard", len(b.icmp))
		}
	}
}

func TestEchoToOurselves(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	for _, dst := range []string{"127.0.0.1", "192.0.2.1"} {
		h.icmp, h.icmpFrom = nil, nil
		if err := h.ping(dst, 56); err != nil {
			t.Fatal(err)
		}
		h.runAlone(0)
		if len(h.icmp) != 2 || h.icmp[1].Type() != wire.ICMPv4EchoReply || h.icmpFrom[1] != addr(dst) {
			t.Errorf("%s: %x from %v", dst, h.icmp, h.icmpFrom)
		}
	}
}

func TestICMPInput(t *testing.T) {
	quote := func(f wire.IPv4Fields, n int) []byte {
		b := make([]byte, 20+n)
		if !f.Src.IsValid() {
			f.Src = addr("192.0.2.1")
		}
		f.Dst, f.Protocol, f.TotalLen = addr("203.0.113.5"), testProtocol, 1000
		wire.PutIPv4(b, &f)
		copy(b[20:], pattern(n))
		return b
	}
	sound8 := quote(wire.IPv4Fields{}, 8)
	tests := []struct {
		name string
		msg  []byte
		dst  string
		drop DropReason
		told bool
	}{
		{"port unreachable", message(3, 3, 0, sound8), "", sound, true},
		{"fragmentation needed", message(3, 4, 1400, sound8), "", sound, true},
		{"time exceeded", message(11, 0, 0, quote(wire.IPv4Fields{}, 500)), "", sound, true},
		{"parameter problem", message(12, 0, 0, sound8), "", sound, true},
		{"source quench", message(4, 0, 0, sound8), "", sound, false},
		{"redirect", message(5, 1, 0, sound8), "", sound, false},
		{"unknown type", message(77, 0, 0, sound8), "", sound, false},
		{"cut short", message(3, 3, 0, nil)[:7], "", DropICMPMalformed, false},
		{"nothing quoted", message(3, 3, 0, nil), "", DropICMPQuote, false},
		{"7 bytes quoted", message(3, 3, 0, quote(wire.IPv4Fields{}, 7)), "", DropICMPQuote, false},
		{"not ours", message(3, 3, 0, quote(wire.IPv4Fields{Src: addr("192.0.2.77")}, 8)), "", DropICMPQuote, false},
		{"later fragment", message(3, 3, 0, quote(wire.IPv4Fields{Offset: 8}, 8)), "", DropICMPQuote, false},
		{"checksum", append(message(3, 3, 0, sound8), 1), "", DropICMPChecksum, false},
		{"echo to many", message(8, 0, 0, nil), "192.0.2.255", DropICMPBroadcast, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, 1, "192.0.2.1/24")
			f := frame{ip: wire.IPv4Fields{Protocol: wire.ProtocolICMP}, data: tt.msg}
			if tt.dst != "" {
				f.ip.Dst = addr(tt.dst)
			}
			h.inject(0, f)
			h.wantDrop(tt.drop)
			if (len(h.errors) == 1) != tt.told {
				t.Fatalf("told of %+v", h.errors)
			}
			if tt.told {
				e := h.errors[0]
				mtu := 0
				if tt.msg[0] == 3 && tt.msg[1] == 4 {
					mtu = 1400
				}
				if e.Type != wire.ICMPv4Type(tt.msg[0]) || e.Code != tt.msg[1] || e.MTU != mtu || e.From != addr("192.0.2.9") ||
					e.Src != addr("192.0.2.1") || e.Dst != addr("203.0.113.5") || len(e.Transport) < 8 || !bytes.HasPrefix(pattern(500), e.Transport) {
					t.Errorf("%+v", e)
				}
			}
			if n := h.eth[0].Out.Len(); n != 0 {
				t.Errorf("answered %d packets", n)
			}
		})
	}
}

func TestSendUnreachable(t *testing.T) {
	tests := []struct {
		name string
		f    frame
		want bool
	}{
		{"datagram", frame{data: pattern(100)}, true},
		{"empty datagram", frame{}, true},
		{"long datagram", frame{data: pattern(1400)}, true},
		{"to many", frame{ip: wire.IPv4Fields{Dst: addr("192.0.2.255")}}, false},
		{"by a broadcast frame", frame{dst: wire.Broadcast}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, 1, "192.0.2.1/24")
			h.know(0)
			h.Handle(testProtocol, transportFunc(func(p *packet.Packet, hd *Header) {
				h.SendUnreachable(0, p, hd, wire.ICMPv4PortUnreachable)
				if p.Len() != 0 {
					t.Error("the packet was not taken over")
				}
			}))
			var original []byte
			tt.f.spoil = func(b []byte) []byte { original = b; return b }
			h.inject(0, tt.f)
			out := h.out(0)
			if !tt.want {
				if len(out) != 0 {
					t.Errorf("said %x", out)
				}
				return
			}
			if len(out) != 1 || out[0][20] != 3 || out[0][21] != 3 || !bytes.Equal(out[0][28:], original[:min(len(original), 548)]) {
				t.Errorf("said %x", out)
			}
		})
	}
}

func TestUnreachableComesBackFromOurselves(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.Handle(testProtocol, nil)
	h.Handle(99, h)
	for range 20 { // not limited
		if err := h.send(0, "127.0.0.1", 10); err != nil {
			t.Fatal(err)
		}
	}
	h.runAlone(0)
	if len(h.icmp) != 20 || h.icmp[0].Code() != wire.ICMPv4ProtocolUnreachable || h.icmpFrom[0] != addr("127.0.0.1") {
		t.Errorf("%x", h.icmp)
	}
}

func TestTraceroute(t *testing.T) {
	a := newHost(t, 1, "10.0.1.1/24")
	r1 := newHost(t, 2, "10.0.1.254/24", "10.0.2.253/24")
	r2 := newHost(t, 3, "10.0.2.254/24", "10.0.3.254/24")
	b := newHost(t, 4, "10.0.3.1/24")
	r1.SetForwarding(true)
	r2.SetForwarding(true)
	a.addRoute("0.0.0.0/0", "10.0.1.254")
	r1.addRoute("10.0.3.0/24", "10.0.2.254")
	r2.addRoute("0.0.0.0/0", "10.0.2.253")
	b.addRoute("10.0.0.0/8", "10.0.3.254")
	cables := []cable{a.join(0, r1, 0), r1.join(1, r2, 0), r2.join(1, b, 0)}
	b.Handle(testProtocol, nil)
	for ttl := range uint8(4) {
		if err := a.send(0, "10.0.3.1", 32, OutputHeader{TTL: ttl + 1}); err != nil {
			t.Fatal(err)
		}
		run(0, cables...)
	}
	want := []string{"10.0.1.254", "10.0.2.254", "10.0.3.1", "10.0.3.1"}
	if len(a.icmpFrom) != len(want) {
		t.Fatalf("heard from %v", a.icmpFrom)
	}
	for i, w := range want {
		if a.icmpFrom[i] != addr(w) {
			t.Errorf("hop %d: %v, want %s", i+1, a.icmpFrom[i], w)
		}
	}
	if len(a.errors) != 4 || a.errors[0].Type != wire.ICMPv4TimeExceeded || a.errors[3].Code != wire.ICMPv4ProtocolUnreachable {
		t.Errorf("%+v", a.errors)
	}
}
