package capturetest

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"

	"thinnet/wire"
)

// Packets makes random Ethernet frames of the kinds that Filters asks for: sound
// headers, with addresses and ports out of a few.
type Packets struct{ *rand.Rand }

func (p Packets) of(values ...int) int { return values[p.IntN(len(values))] }

// Frame returns one frame with padding behind it, so that no filter of Filters
// loads what lies beyond its end: whether such a load rejects the packet may
// differ with the optimiser.
func (p Packets) Frame() []byte {
	b := make([]byte, 12, 1024)
	for i, address := range []int{0, 6} {
		copy(b[address:], [][]byte{
			{0, 1, 2, 3, 4, 5}, {2, 0, 0, 0, 0, byte(i)}, {255, 255, 255, 255, 255, 255}, {1, 0, 0x5e, 0, 0, 1}, {1, 0x80, 0xc2, 0, 0, 0},
		}[p.IntN(5)])
	}
	for range p.of(0, 0, 0, 1, 2) {
		b = p.tag(b)
	}
	switch p.IntN(10) {
	case 0:
		b = p.arp(b)
	case 1, 2:
		b = p.ipv6(append(b, 0x86, 0xdd))
	case 3:
		b = append(b, 0, 38, byte(p.of(0x42, 0xaa, 0xe0, 0xf0, 0xfe)), byte(p.of(0x42, 0xaa, 0xe0, 0xf0)), 3)
	case 4:
		b = binary.BigEndian.AppendUint16(b, uint16(p.of(0x88cc, 0x8863, 0x6003, 0x809b, 0x8035, 0x8137)))
	case 5:
		b = p.ipv4(append(b, 0x88, 0x47, 0, 0, byte(p.of(0x31, 0x71)), 64)) // MPLS
	default:
		b = p.ipv4(append(b, 8, 0))
	}
	return append(b, make([]byte, 512+p.IntN(100))...)
}

// tag appends a VLAN tag, or what is not quite one.
func (p Packets) tag(b []byte) []byte {
	return append(b, byte(p.of(0x81, 0x81, 0x88)), byte(p.of(0, 0xa8)), 0, byte(p.of(5, 7)))
}

func (p Packets) arp(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(p.of(0x806, 0x806, 0x8035)))
	at := len(b)
	b = append(b, make([]byte, wire.ARPLen)...)
	wire.PutARP(b[at:], wire.ARPOp(p.of(1, 2)), wire.MAC{2, 1}, p.addr(), wire.MAC{2, 2}, p.addr())
	return b
}

func (p Packets) addr() netip.Addr {
	return netip.AddrFrom4([4]byte{byte(p.of(10, 10, 192)), byte(p.of(0, 1, 168)), byte(p.of(0, 2)), byte(p.IntN(4))})
}

func (p Packets) ipv4(b []byte) []byte {
	at := len(b)
	options := 4 * p.of(0, 0, 0, 1)
	b = append(b, make([]byte, wire.IPv4MinLen+options)...)
	protocol := p.of(1, 2, 6, 6, 6, 17, 17, 47, 50, 51, 58, 103, 132)
	b = p.transport(b, protocol)
	wire.PutIPv4(b[at:], &wire.IPv4Fields{
		TotalLen: uint16(len(b) - at), ID: uint16(p.Uint32()), TTL: 64, Protocol: wire.Protocol(protocol), Src: p.addr(), Dst: p.addr(),
		Flags: byte(p.of(0, 2)),
	})
	ip := b[at:]
	ip[0] = 0x40 | byte((wire.IPv4MinLen+options)/4)
	if p.IntN(10) == 0 {
		ip[7] = 8 // not the first fragment
	}
	return b
}

func (p Packets) ipv6(b []byte) []byte {
	at := len(b)
	b = append(b, make([]byte, 40)...)
	next := p.of(6, 17, 58, 0, 44, 51, 132)
	h := b[at:]
	h[0], h[6], h[7] = 0x60, byte(next), 64
	for i := range 2 {
		a := [][]byte{{0: 0, 15: 1}, {0: 0xfe, 1: 0x80, 15: 1}, {0: 0x20, 1: 1, 2: 0x0d, 3: 0xb8, 15: 0x53}, {0: 0xff, 1: 2, 15: 1}}[p.IntN(4)]
		copy(h[8+16*i:], a)
	}
	if next == 0 || next == 44 || next == 51 {
		inner := p.of(6, 17, 58)
		b = append(b, byte(inner), 0, 0, 0, 0, 0, 0, 0)
		next = inner
	}
	b = p.transport(b, next)
	binary.BigEndian.PutUint16(b[at+4:], uint16(len(b)-at-40))
	return b
}

// transport appends a header of a transport protocol.
func (p Packets) transport(b []byte, protocol int) []byte {
	port := func() uint16 { return uint16(p.of(53, 67, 68, 80, 90, 443, 4500, 6081)) }
	at := len(b)
	b = append(b, make([]byte, 32)...)
	h := b[at:]
	binary.BigEndian.PutUint16(h, port())
	binary.BigEndian.PutUint16(h[2:], port())
	switch protocol {
	case 1, 58:
		h[0] = byte(p.of(0, 3, 8, 128, 129, 135))
	case 6:
		wire.PutTCP(h, &wire.TCPFields{
			SrcPort: port(), DstPort: port(), Seq: p.Uint32(), Ack: p.Uint32(), Flags: wire.TCPFlags(p.of(2, 4, 16, 17, 18, 24)), Window: 1000,
		}, 0)
	case 17:
		wire.PutUDP(h, port(), port(), len(h))
	}
	return b
}
