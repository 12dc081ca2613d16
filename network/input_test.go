package network

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

// resum makes the header checksum right after a change.
func resum(b []byte) []byte {
	n := min(int(b[0]&15)*4, len(b))
	if n >= 20 {
		wire.IPv4(b[:n]).SetChecksum()
	}
	return b
}

func TestInputChecks(t *testing.T) {
	ip := func(src, dst string) wire.IPv4Fields {
		f := wire.IPv4Fields{}
		if src != "" {
			f.Src = addr(src)
		}
		if dst != "" {
			f.Dst = addr(dst)
		}
		return f
	}
	group := wire.MAC{0x01, 0, 0x5e, 0, 0, 1}
	tests := []struct {
		name      string
		f         frame
		want      DropReason // sound: is delivered
		counter   Counter
		broadcast bool
	}{
		{name: "sound", want: sound},
		{name: "other station", f: frame{dst: wire.MAC{2, 9, 9, 9, 9, 9}}, want: DropOtherHost},
		{name: "cut in the header", f: frame{spoil: func(b []byte) []byte { return b[:19] }}, want: DropIPTruncated, counter: IPInTruncatedPkts},
		{name: "nothing", f: frame{spoil: func(b []byte) []byte { return nil }}, want: DropIPTruncated},
		{name: "cut behind the header", f: frame{data: pattern(50), spoil: func(b []byte) []byte { return b[:60] }}, want: DropIPTruncated},
		{name: "version 6", f: frame{spoil: func(b []byte) []byte { b[0] = 0x65; return resum(b) }}, want: DropIPVersion, counter: IPInHdrErrors},
		{name: "header of 16 bytes", f: frame{spoil: func(b []byte) []byte { b[0] = 0x44; return b }}, want: DropIPHeaderLen, counter: IPInHdrErrors},
		{name: "header beyond the packet", f: frame{spoil: func(b []byte) []byte { b[0] = 0x4f; return b }}, want: DropIPTruncated},
		{name: "total below header", f: frame{spoil: func(b []byte) []byte { b[3] = 19; return resum(b) }}, want: DropIPTotalLen, counter: IPInHdrErrors},
		{name: "checksum", f: frame{spoil: func(b []byte) []byte { b[10] ^= 1; return b }}, want: DropIPChecksum, counter: IPInHdrErrors},
		{name: "padding", f: frame{data: pattern(5), spoil: func(b []byte) []byte { return append(b, make([]byte, 300)...) }}, want: sound},
		{name: "record route", f: frame{ip: wire.IPv4Fields{Options: []byte{7, 7, 4, 0, 0, 0, 0, 0}}}, want: sound},
		{name: "router alert", f: frame{ip: wire.IPv4Fields{Options: []byte{148, 4, 0, 0}}}, want: sound},
		{name: "option beyond the header", f: frame{ip: wire.IPv4Fields{Options: []byte{7, 9, 4, 0}}}, want: DropIPOptions, counter: IPInHdrErrors},
		{name: "option of length 1", f: frame{ip: wire.IPv4Fields{Options: []byte{7, 1, 4, 0}}}, want: DropIPOptions},
		{name: "loose source route", f: frame{ip: wire.IPv4Fields{Options: []byte{131, 3, 4, 0}}}, want: DropIPSourceRoute},
		{name: "strict source route", f: frame{ip: wire.IPv4Fields{Options: []byte{1, 137, 3, 4}}}, want: DropIPSourceRoute},
		{name: "from loopback", f: frame{ip: ip("127.0.0.1", "")}, want: DropMartianSource, counter: IPInAddrErrors},
		{name: "from 0.0.0.0", f: frame{ip: ip("0.0.0.0", "")}, want: DropMartianSource},
		{name: "from net 0", f: frame{ip: ip("0.1.2.3", "")}, want: DropMartianSource},
		{name: "from a group", f: frame{ip: ip("224.0.0.5", "")}, want: DropMartianSource},
		{name: "from class E", f: frame{ip: ip("240.0.0.1", "")}, want: DropMartianSource},
		{name: "from everybody", f: frame{ip: ip("255.255.255.255", "")}, want: DropMartianSource},
		{name: "from the subnet's broadcast", f: frame{ip: ip("192.0.2.255", "")}, want: DropMartianSource},
		{name: "from ourselves", f: frame{ip: ip("192.0.2.1", "")}, want: DropMartianOwnSource, counter: IPInAddrErrors},
		{name: "to loopback", f: frame{ip: ip("", "127.0.0.1")}, want: DropMartianDestination},
		{name: "to 0.0.0.0", f: frame{ip: ip("", "0.0.0.0")}, want: DropMartianDestination},
		{name: "to class E", f: frame{ip: ip("", "250.0.0.1")}, want: DropMartianDestination},
		{name: "to another host", f: frame{ip: ip("", "192.0.2.77")}, want: DropNotForUs, counter: IPInAddrErrors},
		{name: "to everybody", f: frame{dst: wire.Broadcast, ip: ip("", "255.255.255.255")}, want: sound, broadcast: true},
		{name: "to the subnet", f: frame{dst: wire.Broadcast, ip: ip("", "192.0.2.255")}, want: sound, broadcast: true},
		{name: "to another subnet", f: frame{dst: wire.Broadcast, ip: ip("", "198.51.100.255")}, want: DropForwardBroadcast},
		{name: "to us by broadcast", f: frame{dst: wire.Broadcast}, want: sound, broadcast: true},
		{name: "to all hosts", f: frame{dst: group, ip: ip("", "224.0.0.1")}, want: sound, broadcast: true},
		{name: "to another group", f: frame{dst: group, ip: ip("", "224.0.0.9")}, want: DropNotMember, counter: IPInAddrErrors},
		{name: "asks for an address", f: frame{dst: wire.Broadcast, ip: ip("0.0.0.0", "255.255.255.255")}, want: sound, broadcast: true},
		{name: "unknown protocol", f: frame{ip: wire.IPv4Fields{Protocol: 254}}, want: DropNoTransport, counter: IPInUnknownProtos},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, 1, "192.0.2.1/24", "198.51.100.1/24")
			h.inject(0, tt.f)
			h.wantDrop(tt.want)
			if tt.want != sound {
				if len(h.received) != 0 {
					t.Error("delivered")
				}
				if tt.counter != 0 {
					h.wantCounter(tt.counter, 1)
				}
				if h.eth[0].Counters.Drops[tt.want] != 1 {
					t.Error("not counted for the interface")
				}
				return
			}
			if len(h.received) != 1 || !bytes.Equal(h.received[0].data, tt.f.data) || h.received[0].Broadcast != tt.broadcast {
				t.Fatalf("received %+v", h.received)
			}
			h.wantCounter(IPInDelivers, 1)
		})
	}
}

func TestInputOfOtherFrames(t *testing.T) {
	tests := []struct {
		name  string
		frame []byte
		want  DropReason
	}{
		{"empty", nil, DropFrameTruncated},
		{"13 bytes", make([]byte, 13), DropFrameTruncated},
		{"802.1Q", append(ethernet(wire.EtherTypeVLAN), 0, 5, 8, 0), DropEtherType},
		{"IPv6", append(ethernet(wire.EtherTypeIPv6), make([]byte, 40)...), DropEtherType},
		{"802.3", append(ethernet(46), make([]byte, 46)...), DropEtherType},
		{"ARP cut short", append(ethernet(wire.EtherTypeARP), make([]byte, 27)...), DropARPMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, 1, "192.0.2.1/24")
			var p packet.Packet
			p.Reset()
			p.Write(tt.frame)
			h.Input(0, h.eth[0], &p)
			h.wantDrop(tt.want)
		})
	}
}

func ethernet(t wire.EtherType) []byte {
	b := make([]byte, wire.EthernetLen)
	wire.PutEthernet(b, wire.Broadcast, wire.MAC{2, 0, 0, 0, 99, 9}, t)
	return b
}

func TestHeaderOfWhatIsReceived(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.inject(0, frame{ip: wire.IPv4Fields{TOS: 0xb8, TTL: 7, ID: 5, Options: []byte{148, 4, 0, 0}}, data: pattern(400)})
	if len(h.received) != 1 {
		t.Fatal("not received")
	}
	r := h.received[0]
	ip, err := wire.ParseIPv4(r.IP)
	if r.Src != addr("192.0.2.9") || r.Dst != addr("192.0.2.1") || r.TOS != 0xb8 || r.TTL != 7 || r.Protocol != testProtocol ||
		r.Interface != h.eth[0] || err != nil || ip.ID() != 5 || len(ip) != 24 || !bytes.Equal(r.data, pattern(400)) {
		t.Errorf("%+v", r)
	}
}

func TestDataOfKnownTransportsStayInTheirSlab(t *testing.T) {
	for proto, header := range map[wire.Protocol]int{wire.ProtocolTCP: 32, wire.ProtocolUDP: 8} {
		h := newHost(t, 1, "192.0.2.1/24")
		h.Handle(proto, transportFunc(func(p *packet.Packet, hd *Header) {
			if len(p.Head()) != header || p.Len() != header+1000 {
				t.Errorf("protocol %d: %d of %d bytes in the head, want %d", proto, len(p.Head()), p.Len(), header)
			}
			p.Release()
		}))
		var p packet.Packet
		p.Reset()
		b := p.Append(wire.EthernetLen + wire.IPv4MinLen + header)
		clear(b)
		wire.PutEthernet(b, h.eth[0].MAC, wire.MAC{2, 0, 0, 0, 99, 9}, wire.EtherTypeIPv4)
		wire.PutIPv4(b[wire.EthernetLen:], &wire.IPv4Fields{
			TotalLen: uint16(wire.IPv4MinLen + header + 1000), TTL: 9, Protocol: proto, Src: addr("192.0.2.9"), Dst: addr("192.0.2.1"),
		})
		if proto == wire.ProtocolTCP {
			b[wire.EthernetLen+wire.IPv4MinLen+12] = byte(header / 4 << 4)
		}
		p.Write(pattern(1000))
		h.Input(0, h.eth[0], &p)
		h.wantCounter(IPInDelivers, 1)
	}
}

// transportFunc is a transport that only receives.
type transportFunc func(*packet.Packet, *Header)

func (f transportFunc) Receive(_ clock.Time, p *packet.Packet, h *Header) { f(p, h) }
func (f transportFunc) Error(clock.Time, *Error)                          {}

func TestLinkIsDown(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.SetUp(0, h.eth[0], false)
	h.inject(0, frame{})
	h.wantDrop(DropInterfaceDown)
}

func TestFragmentsAreDelivered(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	data := pattern(100)
	h.inject(0, frame{ip: wire.IPv4Fields{ID: 3, Offset: 48}, data: data[48:]})
	h.inject(0, frame{ip: wire.IPv4Fields{ID: 3, Flags: wire.IPv4MoreFragments}, data: data[:48]})
	if len(h.received) != 1 || !bytes.Equal(h.received[0].data, data) {
		t.Fatalf("received %+v", h.received)
	}
	h.wantDrop(sound)
	h.wantCounter(IPReasmReqds, 2)
	h.wantCounter(IPReasmOKs, 1)
	h.wantCounter(IPInDelivers, 1)
}

func TestReassemblyTimesOut(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.know(0)
	h.out(0)
	h.inject(0, frame{ip: wire.IPv4Fields{ID: 3, Flags: wire.IPv4MoreFragments}, data: pattern(48)})
	h.inject(0, frame{ip: wire.IPv4Fields{ID: 4, Offset: 48}, data: pattern(48)})
	h.Tick(2 * second) // announcements
	h.out(0)
	if h.Deadline() != 30*second {
		t.Errorf("deadline %d", h.Deadline())
	}
	h.Tick(30 * second)
	h.wantCounter(IPReasmTimeout, 2)
	h.wantCounter(IPReasmFails, 2)
	out := h.out(0)
	if len(out) != 1 {
		t.Fatalf("%d packets went out, want one for the datagram whose start came", len(out))
	}
	m := wire.ICMPv4(out[0][20:28])
	if m.Type() != wire.ICMPv4TimeExceeded || m.Code() != wire.ICMPv4ReassemblyExceeded || len(out[0]) != 20+8+20+48 {
		t.Errorf("%x", out[0])
	}
}

func FuzzInput(f *testing.F) {
	h := newHost(f, 1, "192.0.2.1/24", "198.51.100.1/24")
	seed := func(fr frame) {
		fr.ip.TTL, fr.ip.Src = 64, addr("192.0.2.9")
		if !fr.ip.Dst.IsValid() {
			fr.ip.Dst = addr("192.0.2.1")
		}
		fr.ip.TotalLen = uint16(20 + len(fr.ip.Options) + len(fr.data))
		b := make([]byte, 20+len(fr.ip.Options))
		wire.PutIPv4(b, &fr.ip)
		f.Add(append(b, fr.data...), uint8(0))
	}
	seed(frame{ip: wire.IPv4Fields{Protocol: testProtocol}, data: pattern(300)})
	seed(frame{ip: wire.IPv4Fields{Protocol: testProtocol, Flags: 1}, data: pattern(48)})
	seed(frame{ip: wire.IPv4Fields{Protocol: testProtocol, Offset: 48}, data: pattern(48)})
	seed(frame{ip: wire.IPv4Fields{Protocol: wire.ProtocolICMP}, data: []byte{8, 0, 0xf7, 0xff, 0, 0, 0, 0}})
	seed(frame{ip: wire.IPv4Fields{Protocol: 99, Dst: addr("198.51.100.7"), Options: []byte{7, 7, 4, 0, 0, 0, 0, 0}}, data: pattern(40)})
	arp := make([]byte, wire.ARPLen)
	wire.PutARP(arp, wire.ARPRequest, wire.MAC{2, 0, 0, 0, 99, 9}, addr("192.0.2.9"), wire.MAC{}, addr("192.0.2.1"))
	f.Add(arp, uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, flags uint8) {
		before := packet.Live()
		h = newHost(t, 1, "192.0.2.1/24", "198.51.100.1/24")
		h.SetForwarding(true)
		h.know(0)
		b := make([]byte, wire.EthernetLen)
		typ := wire.EtherTypeIPv4
		if flags&1 != 0 {
			typ = wire.EtherTypeARP
		}
		dst := h.eth[0].MAC
		if flags&2 != 0 {
			dst = wire.Broadcast
		}
		wire.PutEthernet(b, dst, wire.MAC{2, 0, 0, 0, 99, 9}, typ)
		if typ == wire.EtherTypeIPv4 && len(data) >= 20 && flags&4 == 0 {
			data = bytes.Clone(data)
			// Most random packets would end at the checksum or the length.
			data[0] = 0x40 | max(data[0]&15, 5)
			binary.BigEndian.PutUint16(data[2:], uint16(len(data)))
			resum(data)
		}
		b = append(b, data...)
		if len(b) > packet.LargeSlab {
			return
		}
		var p packet.Packet
		s := packet.NewSlab(len(b))
		copy(s.B, b)
		p.Load(s, 0, len(b))
		h.Input(0, h.eth[0], &p)
		for now := range 35 * second / second {
			h.Tick(now * second)
			h.runAlone(now * second)
		}
		if p.Len() != 0 {
			t.Error("Input did not take the packet over")
		}
		h.Close()
		if n := packet.Live() - before; n != 0 {
			t.Errorf("%d slabs were not released", n)
		}
	})
}

func TestAddressesOfTheHost(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	for a, want := range map[string]bool{
		"192.0.2.1": true, "127.0.0.1": true, "127.9.9.9": true, "::ffff:192.0.2.1": true,
		"192.0.2.2": false, "192.0.2.255": false, "::1": false, "8.8.8.8": false,
	} {
		if got := h.LocalAddr(addr(a)); got != want {
			t.Errorf("LocalAddr(%s) = %v", a, got)
		}
	}
	if h.LocalAddr(netip.Addr{}) {
		t.Error("LocalAddr of nothing")
	}
}
