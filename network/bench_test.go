package network

import (
	"net/netip"
	"testing"

	"thinnet/packet"
	"thinnet/wire"
)

// wantNoAllocs fails a benchmark whose loop body allocates.
func wantNoAllocs(b *testing.B, f func()) {
	b.Helper()
	f()
	if n := testing.AllocsPerRun(100, f); n != 0 {
		b.Errorf("%v allocations a packet", n)
	}
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

// BenchmarkOutput sends a TCP super-segment of 64 KiB over a route that is kept.
func BenchmarkOutput(b *testing.B) {
	h := newRouter(b)
	h.eth[1].MaxSegmented = 65535
	r, err := h.Route(addr("198.51.100.2"), netip.Addr{})
	if err != nil {
		b.Fatal(err)
	}
	slab := packet.NewSlab(60000)
	defer slab.Release()
	b.SetBytes(60000)
	var p packet.Packet // as a host keeps one
	wantNoAllocs(b, func() {
		p.Reset()
		wire.PutTCP(p.Append(wire.TCPMinLen), &wire.TCPFields{Flags: wire.FlagACK}, 0)
		p.Attach(slab, 0, 60000)
		p.Checksum, p.Segmentation, p.SegmentSize = packet.ChecksumPartial, packet.SegmentTCP, 1460
		hd := OutputHeader{Protocol: wire.ProtocolTCP, DontFragment: true}
		h.Confirm(&r, 0)
		if err := h.Output(0, &p, &r, &hd); err != nil {
			b.Error(err)
		}
		h.eth[1].Out.Release()
	})
}

// BenchmarkInput delivers TCP segments from a wire to their transport.
func BenchmarkInput(b *testing.B) {
	h := newRouter(b)
	h.Handle(wire.ProtocolTCP, transportFunc(func(p *packet.Packet, _ *Header) { p.Release() }))
	benchmarkInput(b, h, "192.0.2.1")
}

// BenchmarkForward sends TCP segments on.
func BenchmarkForward(b *testing.B) {
	h := newRouter(b)
	benchmarkInput(b, h, "198.51.100.2")
	if h.Counters()[IPForwDatagrams] == 0 {
		b.Error("nothing was sent on")
	}
}

func benchmarkInput(b *testing.B, h *host, dst string) {
	slab := packet.NewSlab(1448)
	defer slab.Release()
	var frame [wire.EthernetLen + wire.IPv4MinLen + 32]byte
	wire.PutEthernet(frame[:], h.eth[0].MAC, other, wire.EtherTypeIPv4)
	wire.PutIPv4(frame[14:], &wire.IPv4Fields{TotalLen: 20 + 32 + 1448, TTL: 64, Protocol: wire.ProtocolTCP, Src: addr("192.0.2.9"), Dst: addr(dst)})
	frame[14+20+12] = 8 << 4
	inbox := make([]packet.Packet, 1)
	b.SetBytes(1500)
	wantNoAllocs(b, func() {
		p := &inbox[0]
		p.Reset()
		copy(p.Append(len(frame)), frame[:])
		p.Attach(slab, 0, 1448)
		h.Input(0, h.eth[0], p)
		h.eth[1].Out.Release()
	})
}
