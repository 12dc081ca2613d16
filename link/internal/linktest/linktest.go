// Package linktest is the test rig of the link packages: frames to send, and
// receivers that look at what arrives.
package linktest

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"thinnet/packet"
	"thinnet/wire"
)

// Addresses that the frames bear.
var (
	SrcMAC = wire.MAC{2, 0, 0, 0, 0, 1}
	DstMAC = wire.MAC{2, 0, 0, 0, 0, 2}
	Src    = netip.MustParseAddr("192.168.190.1")
	Dst    = netip.MustParseAddr("192.168.190.128")
)

// Sink is a receiver that keeps a copy of every frame.
type Sink struct {
	mu     sync.Mutex
	frames [][]byte
	// Each is called for every packet, if it is set, before it is released.
	Each func(p *packet.Packet)
}

// DeliverBatch implements link.Receiver.
func (s *Sink) DeliverBatch(b *packet.Batch) {
	for i := range b.Len() {
		p := b.At(i)
		if s.Each != nil {
			s.Each(p)
		}
		f := Bytes(p)
		s.mu.Lock()
		s.frames = append(s.frames, f)
		s.mu.Unlock()
	}
	b.Release()
}

// Frames returns what has arrived, and forgets it.
func (s *Sink) Frames() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.frames
	s.frames = nil
	return f
}

// Drain is a receiver that counts and releases.
type Drain struct {
	Packets int
}

// DeliverBatch implements link.Receiver.
func (d *Drain) DeliverBatch(b *packet.Batch) {
	d.Packets += b.Len()
	b.Release()
}

// Func is a receiver that is a function, which takes the batch over.
type Func func(b *packet.Batch)

// DeliverBatch implements link.Receiver.
func (f Func) DeliverBatch(b *packet.Batch) { f(b) }

// Bytes returns a copy of the whole frame.
func Bytes(p *packet.Packet) []byte {
	b := make([]byte, p.Len())
	p.CopyTo(b, 0)
	return b
}

// Frame makes p an Ethernet frame with a number in front of n bytes of payload,
// at least 4.
func Frame(p *packet.Packet, dst, src wire.MAC, number uint32, n int) {
	p.Reset()
	var body [2048]byte
	binary.BigEndian.PutUint32(body[:], number)
	p.Write(body[:n])
	wire.PutEthernet(p.Prepend(wire.EthernetLen), dst, src, 0x88b5) // for local experiments (IEEE 802)
}

// Number returns the number that Frame put into a frame.
func Number(frame []byte) uint32 { return binary.BigEndian.Uint32(frame[wire.EthernetLen:]) }

// Numbers returns those of all frames.
func Numbers(frames [][]byte) []uint32 {
	var n []uint32
	for _, f := range frames {
		n = append(n, Number(f))
	}
	return n
}

// Segment says what TCP and UDP make.
type Segment struct {
	Flags   wire.TCPFlags // of TCP
	Options []byte        // of TCP: a multiple of 4 bytes
	ID      uint16
	Seq     uint32
	Size    int  // of a segment's payload; 0: no super-segment
	VLAN    bool // behind an 802.1Q tag
	InHead  int  // how many bytes of payload lie in the head
}

// TCP makes p a TCP packet with its checksum pending.
func (s Segment) TCP(p *packet.Packet, payload []byte) {
	s.start(p, payload)
	h := p.Prepend(wire.TCPMinLen + len(s.Options))
	wire.PutTCP(h, &wire.TCPFields{SrcPort: 40000, DstPort: 80, Seq: s.Seq, Ack: 1, Flags: s.Flags, Window: 500}, len(s.Options))
	copy(h[wire.TCPMinLen:], s.Options)
	s.finish(p, wire.ProtocolTCP, wire.TCPChecksumOffset, packet.SegmentTCP)
}

// UDP makes p a run of datagrams with its checksum pending.
func (s Segment) UDP(p *packet.Packet, payload []byte) {
	s.start(p, payload)
	wire.PutUDP(p.Prepend(wire.UDPLen), 40000, 53, wire.UDPLen+len(payload))
	s.finish(p, wire.ProtocolUDP, wire.UDPChecksumOffset, packet.SegmentUDP)
}

func (s Segment) start(p *packet.Packet, payload []byte) {
	p.Reset()
	copy(p.Append(s.InHead), payload)
	for payload = payload[s.InHead:]; len(payload) > 0; {
		// The last place takes the rest: a packet refers to two slabs.
		n := len(payload)
		if len(p.Frags()) == 0 {
			n = (n + 1) / 2
		}
		slab := packet.NewSlab(n)
		copy(slab.B, payload[:n])
		p.Attach(slab, 0, n)
		slab.Release()
		payload = payload[n:]
	}
}

func (s Segment) finish(p *packet.Packet, proto wire.Protocol, field uint8, kind packet.Segmentation) {
	n := p.Len()
	binary.BigEndian.PutUint16(p.Head()[field:], wire.Fold(wire.PseudoHeader(Src, Dst, proto, n)))
	wire.PutIPv4(p.Prepend(wire.IPv4MinLen), &wire.IPv4Fields{
		TotalLen: uint16(wire.IPv4MinLen + n), ID: s.ID, TTL: 64, Protocol: proto, Src: Src, Dst: Dst,
	})
	p.Checksum, p.ChecksumStart, p.ChecksumOffset = packet.ChecksumPartial, wire.IPv4MinLen, field
	if s.Size > 0 {
		p.Segmentation, p.SegmentSize = kind, uint16(s.Size)
	}
	p.NetworkOffset = 0
	if s.VLAN {
		wire.PutVLAN(p.Prepend(wire.VLANLen), 7, 0, wire.EtherTypeIPv4)
		wire.PutEthernet(p.Prepend(wire.EthernetLen), DstMAC, SrcMAC, wire.EtherTypeVLAN)
	} else {
		wire.PutEthernet(p.Prepend(wire.EthernetLen), DstMAC, SrcMAC, wire.EtherTypeIPv4)
	}
}

// ChecksumOK reports whether the transport checksum of an IPv4 frame is right.
func ChecksumOK(frame []byte) bool {
	network := wire.EthernetLen
	if wire.Ethernet(frame).Type() == wire.EtherTypeVLAN {
		network += wire.VLANLen
	}
	ip, err := wire.ParseIPv4(frame[network:])
	if err != nil || !ip.ChecksumOK() {
		return false
	}
	body := frame[network+ip.HeaderLen() : network+ip.TotalLen()]
	return wire.Fold(wire.Sum(body, wire.PseudoHeader(ip.Src(), ip.Dst(), ip.Protocol(), len(body)))) == 0xffff
}

// NoLeaks fails the test if slabs that were taken during it are in use when it
// has ended.
func NoLeaks(t testing.TB) {
	before := packet.Live()
	t.Cleanup(func() {
		if n := packet.Live(); n != before {
			t.Errorf("%d slabs in use, %d before the test", n, before)
		}
	})
}

// NoGoroutines fails the test if goroutines that were started during it are
// running when it has ended. In a bubble synctest itself sees to that.
func NoGoroutines(t testing.TB) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for range 100 { // one that has done its work may still be on its way out
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Errorf("%d goroutines, %d before the test", runtime.NumGoroutine(), before)
	})
}
