package network

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

// watched makes a host let a hook look at every packet, which none takes the short way
// by.
func (h *host) watched() *host {
	for _, at := range []HookPoint{Prerouting, LocalIn, LocalOut, Postrouting} {
		h.SetHook(at, func(clock.Time, HookPacket) Verdict { return Accept })
	}
	return h
}

// What goes the short way out is, byte for byte, what goes the long way.
func TestUsualOutput(t *testing.T) {
	short, long := newHost(t, 1, "192.0.2.1/24"), newHost(t, 1, "192.0.2.1/24").watched()
	r := rand.New(rand.NewPCG(1, 2))
	hosts := []*host{short, long}
	var routes [2]Route
	for i, h := range hosts {
		h.know(0)
		var err error
		if routes[i], err = h.Route(addr("192.0.2.9"), netip.Addr{}); err != nil {
			t.Fatal(err)
		}
	}
	usual := 0
	for n := range 2000 {
		length, size := r.IntN(3000), 0
		if r.IntN(3) == 0 {
			length, size = r.IntN(60000), 1+r.IntN(1600)
		}
		data := pattern(length)
		oh := OutputHeader{
			Protocol: wire.ProtocolTCP, TOS: uint8(r.Uint32()), DontFragment: r.IntN(2) == 0,
			TTL: uint8(r.IntN(4) / 3 * 17),
		}
		inPlace, sum := r.IntN(2) == 0, r.IntN(2) == 0
		var errs [2]error
		for i, h := range hosts {
			var own packet.Packet
			p := &own
			p.Reset()
			if inPlace {
				p = h.eth[0].Out.New()
			}
			wire.PutTCP(p.Append(wire.TCPMinLen), &wire.TCPFields{SrcPort: 1, DstPort: 2, Seq: uint32(n), Flags: wire.FlagACK}, 0)
			for rest := data; len(rest) > 0; rest = rest[min(len(rest), 32<<10):] {
				p.Write(rest[:min(len(rest), 32<<10)])
			}
			if size > 0 {
				p.Segmentation, p.SegmentSize = packet.SegmentTCP, uint16(size)
			}
			if sum {
				p.Checksum, p.ChecksumOffset = packet.ChecksumPartial, wire.TCPChecksumOffset
			}
			if i == 0 && routes[0].usual.known && h.outputUsual(0, p, &routes[0], &oh) {
				usual++
				continue
			}
			errs[i] = h.Output(0, p, &routes[i], &oh)
		}
		if (errs[0] == nil) != (errs[1] == nil) {
			t.Fatalf("packet %d: %v, and %v the long way", n, errs[0], errs[1])
		}
		a, b := &short.eth[0].Out, &long.eth[0].Out
		if a.Len() != b.Len() {
			t.Fatalf("packet %d: %d frames, and %d the long way", n, a.Len(), b.Len())
		}
		for k := range a.Len() {
			x, y := a.At(k), b.At(k)
			if !bytes.Equal(bytesOf(x), bytesOf(y)) || x.NetworkOffset != y.NetworkOffset || x.Interface != y.Interface ||
				x.Checksum != y.Checksum || x.ChecksumStart != y.ChecksumStart || x.Segmentation != y.Segmentation {
				t.Fatalf("packet %d, frame %d:\n%x, and the long way\n%x", n, k, x.Head(), y.Head())
			}
		}
		a.Release()
		b.Release()
	}
	if usual < 400 {
		t.Errorf("%d of 2000 went the short way", usual)
	}
	if short.eth[0].Counters != long.eth[0].Counters {
		t.Errorf("counted %+v, and %+v the long way", short.eth[0].Counters, long.eth[0].Counters)
	}
}

// What is not usual any more is sent as it must be: to the neighbour's new address, with
// the new source, or not at all.
func TestUsualOutputChanges(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.know(0)
	r, err := h.Route(addr("192.0.2.9"), netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	send := func() []byte {
		t.Helper()
		p := h.eth[0].Out.New()
		p.Write(pattern(20))
		if err := h.Output(0, p, &r, &OutputHeader{Protocol: testProtocol}); err != nil {
			t.Log(err)
		}
		defer h.eth[0].Out.Release()
		if h.eth[0].Out.Len() == 0 {
			return nil
		}
		return bytesOf(h.eth[0].Out.At(0))
	}
	for range 3 {
		if f := send(); wire.MAC(f[:6]) != (wire.MAC{2, 0, 0, 0, 99, 9}) {
			t.Fatalf("sent to %v", wire.MAC(f[:6]))
		}
	}
	if err := h.AddNeighbor(0, h.eth[0], addr("192.0.2.9"), wire.MAC{2, 0, 0, 0, 99, 10}); err != nil {
		t.Fatal(err)
	}
	if f := send(); wire.MAC(f[:6]) != (wire.MAC{2, 0, 0, 0, 99, 10}) {
		t.Errorf("the neighbour has moved, and it was sent to %v", wire.MAC(f[:6]))
	}
	h.SetUp(0, h.eth[0], false)
	if f := send(); f != nil {
		t.Errorf("sent on an interface that is down: %x", f)
	}
	h.SetUp(0, h.eth[0], true)
	h.eth[0].Out.Release()
	if f := send(); f == nil || wire.EtherType(uint16(f[12])<<8|uint16(f[13])) != wire.EtherTypeARP {
		t.Errorf("the neighbour is not known any more, and this was sent: %x", f)
	}
}

// What comes in the short way is delivered, and counted, as what comes the long way,
// whatever is wrong with it.
func TestUsualInput(t *testing.T) {
	short, long := newHost(t, 1, "192.0.2.1/24"), newHost(t, 1, "192.0.2.1/24").watched()
	hosts := []*host{short, long}
	for _, h := range hosts {
		h.Handle(wire.ProtocolTCP, h)
		h.Handle(wire.ProtocolUDP, h)
		h.know(0)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 3000 {
		proto := []wire.Protocol{wire.ProtocolTCP, wire.ProtocolUDP, testProtocol}[r.IntN(3)]
		data := pattern(r.IntN(120))
		if proto == wire.ProtocolTCP && len(data) > 12 {
			data[12] = byte(r.IntN(8)+3) << 4
		}
		f := frame{data: data, ip: wire.IPv4Fields{
			Protocol: proto, TOS: uint8(r.Uint32()), TTL: 1 + uint8(r.IntN(200)), ID: uint16(n),
		}}
		switch r.IntN(8) {
		case 0:
			f.ip.Flags = wire.IPv4MoreFragments
		case 1:
			f.ip.Options = []byte{1, 1, 1, 0}
		case 2:
			at, bit := r.IntN(wire.IPv4MinLen), byte(1)<<r.IntN(8)
			f.spoil = func(b []byte) []byte { b[at] ^= bit; return b }
		case 3:
			f.spoil = func(b []byte) []byte { return append(b, 0, 0, 0) } // the link's padding
		case 4:
			f.spoil = func(b []byte) []byte { return b[:len(b)-min(len(b)-wire.IPv4MinLen, 3)] }
		case 5:
			f.dst = []wire.MAC{{2, 0, 0, 0, 1, 7}, wire.Broadcast}[r.IntN(2)]
		}
		for _, h := range hosts {
			h.inject(0, f)
			h.eth[0].Out.Release()
		}
	}
	for _, h := range hosts {
		h.Tick(1000 * second) // fragments of what never became whole
		h.eth[0].Out.Release()
	}
	if len(short.received) != len(long.received) || len(short.received) < 1500 {
		t.Fatalf("%d delivered, and %d the long way", len(short.received), len(long.received))
	}
	for k := range short.received {
		a, b := short.received[k], long.received[k]
		a.Interface, b.Interface = nil, nil
		if a.Src != b.Src || a.Dst != b.Dst || a.Protocol != b.Protocol || a.TTL != b.TTL || a.TOS != b.TOS ||
			a.Broadcast != b.Broadcast || !bytes.Equal(a.IP, b.IP) || !bytes.Equal(a.data, b.data) {
			t.Fatalf("packet %d: %+v, and the long way %+v", k, a, b)
		}
	}
	if a, b := short.Counters(), long.Counters(); !slices.Equal(a[:], b[:]) {
		t.Errorf("counted %v, and %v the long way", a, b)
	}
	if short.Drops() != long.Drops() {
		t.Errorf("dropped %v, and %v the long way", short.Drops(), long.Drops())
	}
}

// Whatever happens between two packets, the short way sends what the long way would.
func TestUsualOutputAmidChanges(t *testing.T) {
	short, long := newHost(t, 1, "192.0.2.1/24"), newHost(t, 1, "192.0.2.1/24").watched()
	hosts := []*host{short, long}
	var routes [2][2]Route
	for i, h := range hosts {
		h.know(0)
		for k, dst := range []string{"192.0.2.9", "203.0.113.5"} {
			if err := h.AddRoute(route.Entry{Prefix: prefix("203.0.113.0/24"), Gateway: addr("192.0.2.9")}); k == 0 && err != nil {
				t.Fatal(err)
			}
			var err error
			if routes[i][k], err = h.Route(addr(dst), netip.Addr{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := rand.New(rand.NewPCG(7, 8))
	now, usual := clock.Time(0), 0
	for n := range 20_000 {
		what, a, dice := r.IntN(100), r.IntN(2), r.IntN(1000)
		for _, h := range hosts {
			eth := h.eth[0]
			switch what {
			case 0:
				h.SetUp(now, eth, dice%4 != 0)
			case 1:
				eth.MTU = 68 + dice
			case 2:
				eth.MTU = 1500
			case 3:
				_ = h.AddNeighbor(now, eth, addr("192.0.2.9"), wire.MAC{2, 0, 0, 0, 98, byte(dice)})
			case 4:
				_ = h.RemoveNeighbor(now, eth, addr("192.0.2.9"))
			case 5:
				_ = h.RemoveRoute(route.Entry{Prefix: prefix("203.0.113.0/24")})
			case 6:
				_ = h.AddRoute(route.Entry{Prefix: prefix("203.0.113.0/24"), Gateway: addr("192.0.2.9"), MTU: 600 * (dice % 2)})
			case 7:
				_ = h.RemoveAddress(now, eth, prefix("192.0.2.1/24"))
			case 8, 9:
				_ = h.AddAddress(now, eth, prefix("192.0.2.1/24"))
			case 10, 11, 12:
				h.SetUp(now, eth, true)
				h.know(now)
			}
			h.Tick(now)
		}
		data, tos := pattern(r.IntN(1600)), uint8(dice)
		var errs [2]error
		for i, h := range hosts {
			rt := &routes[i][a]
			p := rt.Interface.Out.New()
			wire.PutTCP(p.Append(wire.TCPMinLen), &wire.TCPFields{SrcPort: 1, DstPort: 2, Seq: uint32(n), Flags: wire.FlagACK}, 0)
			p.Write(data)
			before := rt.usual.known
			errs[i] = h.Output(now, p, rt, &OutputHeader{Protocol: wire.ProtocolTCP, TOS: tos})
			if i == 0 && before && errs[0] == nil && h.eth[0].Out.Len() == 1 {
				usual++
			}
		}
		if (errs[0] == nil) != (errs[1] == nil) {
			t.Fatalf("packet %d: %v, and %v the long way", n, errs[0], errs[1])
		}
		x, y := &short.eth[0].Out, &long.eth[0].Out
		if x.Len() != y.Len() {
			t.Fatalf("packet %d: %d frames, and %d the long way", n, x.Len(), y.Len())
		}
		for k := range x.Len() {
			if !bytes.Equal(bytesOf(x.At(k)), bytesOf(y.At(k))) {
				t.Fatalf("packet %d, frame %d:\n%x, and the long way\n%x", n, k, x.At(k).Head(), y.At(k).Head())
			}
		}
		for _, h := range hosts {
			h.eth[0].Out.Release()
			h.lo.Out.Release() // what ICMP says of packets that waited
		}
		now = now.Add(time.Duration(r.IntN(200)) * time.Millisecond)
	}
	for _, h := range hosts { // what waits for a neighbour
		h.SetUp(now, h.eth[0], false)
		h.lo.Out.Release()
	}
	if short.eth[0].Counters != long.eth[0].Counters || short.Drops() != long.Drops() {
		t.Errorf("counted %+v, and %+v the long way", short.eth[0].Counters, long.eth[0].Counters)
	}
	if a, b := short.Counters(), long.Counters(); !slices.Equal(a[:], b[:]) {
		t.Errorf("counted %v, and %v the long way", a, b)
	}
	if usual < 2000 {
		t.Errorf("%d of 20000 went the short way", usual)
	}
}
