package network

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"thinnet/clock"
	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

// What is remembered of addresses is forgotten when the host loses one.
func TestRecentAddresses(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	for i := range 3 {
		h.inject(0, frame{data: pattern(8)})
		if len(h.received) != i+1 {
			t.Fatalf("%d packets delivered, want %d", len(h.received), i+1)
		}
	}
	own := h.eth[0].addresses[0].Addr()
	if err := h.RemoveAddress(0, h.eth[0], prefix("192.0.2.1/24")); err != nil {
		t.Fatal(err)
	}
	h.inject(0, frame{data: pattern(8), ip: wire.IPv4Fields{Dst: own}})
	if len(h.received) != 3 {
		t.Error("a packet to an address that was taken away was delivered")
	}
}

// segment makes p a TCP segment to h, as it comes in by eth0.
func (h *host) segment(p *packet.Packet, id uint16, seq uint32, data []byte) {
	p.Reset()
	wire.PutEthernet(p.Append(wire.EthernetLen), h.eth[0].MAC, wire.MAC{2, 0, 0, 0, 99, 9}, wire.EtherTypeIPv4)
	wire.PutIPv4(p.Append(wire.IPv4MinLen), &wire.IPv4Fields{
		TotalLen: uint16(wire.IPv4MinLen + wire.TCPMinLen + len(data)), ID: id, TTL: 64, Protocol: wire.ProtocolTCP,
		Src: addr("192.0.2.9"), Dst: addr("192.0.2.1"),
	})
	wire.PutTCP(p.Append(wire.TCPMinLen), &wire.TCPFields{SrcPort: 1, DstPort: 2, Seq: seq, Ack: 1, Flags: wire.FlagACK}, 0)
	p.Checksum, p.ChecksumStart, p.ChecksumOffset = packet.ChecksumPartial, wire.IPv4MinLen, wire.TCPChecksumOffset
	s := packet.NewSlab(len(data))
	copy(s.B, data)
	p.Attach(s, 0, len(data))
	s.Release()
	p.Interface = int32(h.eth[0].Index)
}

// Segments to the host itself are joined, once it is known that they are, and each is
// counted.
func TestJoin(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.Handle(wire.ProtocolTCP, h)
	eth := h.eth[0]
	data := pattern(2000)
	var p, q packet.Packet
	for _, known := range []bool{false, true} {
		h.segment(&p, 1, 100, data[:1000])
		h.segment(&q, 2, 1100, data[1000:])
		bytesBefore, n := eth.Counters.InBytes, uint64(p.Len()+q.Len())
		var b packet.Batch
		b.Move(&p)
		b.Move(&q)
		joined := h.Join(&b, 0)
		if (joined == 1) != known {
			t.Fatalf("known: %v, and joined: %d", known, joined)
		}
		h.Input(0, eth, b.At(0))
		if !known {
			h.Input(0, eth, b.At(1))
		}
		if got := eth.Counters.InBytes - bytesBefore; got != n {
			t.Errorf("known: %v, %d bytes counted, want %d", known, got, n)
		}
	}
	last := h.received[len(h.received)-1]
	if len(h.received) != 3 || !bytes.Equal(last.data[wire.TCPMinLen:], data) {
		t.Errorf("%d segments, the last of %d bytes", len(h.received), len(last.data))
	}
	if eth.Counters.InPackets != 4 {
		t.Errorf("%d packets counted, want 4", eth.Counters.InPackets)
	}
	h.wantCounter(IPInReceives, 4)
	h.wantCounter(IPInDelivers, 4)
	h.segment(&p, 1, 100, data[:1000])
	h.segment(&q, 2, 1100, data[1000:])
	q.Interface++
	var b packet.Batch
	b.Move(&p)
	b.Move(&q)
	if h.Join(&b, 0) != 0 {
		t.Error("joined with what came in by another interface")
	}
	b.Release()
}

// A run whose first segment is not to be delivered is not joined: each of its segments is
// judged, and counted, as one that comes alone.
func TestJoinLeavesAlone(t *testing.T) {
	for name, spoil := range map[string]func(h *host, first, second *packet.Packet){
		"frames for another station": func(_ *host, p, q *packet.Packet) { p.Head()[5]++; q.Head()[5]++ },
		"a header that is damaged":   func(_ *host, p, _ *packet.Packet) { p.Head()[wire.EthernetLen+10]++ },
		"a hook that takes no more": func(h *host, _, _ *packet.Packet) {
			h.SetHook(LocalIn, func(clock.Time, HookPacket) Verdict { return Drop })
		},
	} {
		t.Run(name, func(t *testing.T) {
			var hosts [2]*host
			for i := range hosts {
				h := newHost(t, 1, "192.0.2.1/24")
				hosts[i] = h
				h.Handle(wire.ProtocolTCP, h)
				var p, q packet.Packet
				h.segment(&p, 1, 100, pattern(8))
				h.Input(0, h.eth[0], &p)
				h.segment(&p, 1, 100, pattern(1000))
				h.segment(&q, 2, 1100, pattern(1000))
				spoil(h, &p, &q)
				var b packet.Batch
				b.Move(&p)
				b.Move(&q)
				for k := 0; k < b.Len(); k++ {
					first := b.At(k)
					if i == 0 {
						k += h.Join(&b, k)
					}
					h.Input(0, h.eth[0], first)
				}
			}
			joined, alone := hosts[0], hosts[1]
			if a, b := joined.Counters(), alone.Counters(); !slices.Equal(a[:], b[:]) {
				t.Errorf("counted %v, and %v one by one", a, b)
			}
			if joined.Drops() != alone.Drops() {
				t.Errorf("dropped %v, and %v one by one", joined.Drops(), alone.Drops())
			}
			if len(joined.received) != len(alone.received) {
				t.Errorf("%d delivered, and %d one by one", len(joined.received), len(alone.received))
			}
		})
	}
}

// stream takes the payload of TCP segments whose checksum is right, as runs of bytes.
type stream struct {
	runs []stretch
	bad  int
}

type stretch struct {
	seq, end uint32
	data     []byte
}

func (s *stream) Receive(_ clock.Time, p *packet.Packet, h *Header) {
	defer p.Release()
	if p.Checksum == packet.ChecksumNone &&
		wire.Fold(segment.Sum(p, 0, wire.PseudoHeader(h.Src, h.Dst, wire.ProtocolTCP, p.Len()))) != 0xffff {
		s.bad++
		return
	}
	data := bytesOf(p)
	seq := wire.TCP(data).Seq()
	data = data[min(int(data[12]>>4)*4, len(data)):]
	if n := len(s.runs) - 1; n >= 0 && s.runs[n].end == seq {
		s.runs[n].data = append(s.runs[n].data, data...)
		s.runs[n].end += uint32(len(data))
		return
	}
	s.runs = append(s.runs, stretch{seq, seq + uint32(len(data)), data})
}

func (*stream) Error(clock.Time, *Error) {}

// Whatever is wrong with segments in a batch, what is delivered, counted and dropped is
// the same, joined or one by one.
func TestJoinChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	hosts, streams := make([]*host, 2), make([]stream, 2)
	for i := range hosts {
		hosts[i] = newHost(t, 1, "192.0.2.1/24")
		hosts[i].Handle(wire.ProtocolTCP, &streams[i])
	}
	joined := 0
	for range 3000 {
		var batches [2]packet.Batch
		seq, id := r.Uint32(), uint16(r.Uint32())
		size := 1 + r.IntN(1460)
		for range 1 + r.IntN(8) {
			n := size
			if r.IntN(8) == 0 {
				n = r.IntN(1460)
			}
			valid, bit, spoil := r.IntN(2) == 0, r.IntN(8*(wire.EthernetLen+wire.IPv4MinLen+wire.TCPMinLen)), r.IntN(12) == 0
			flags := wire.FlagACK
			if r.IntN(8) == 0 {
				flags |= wire.FlagPSH
			}
			data := pattern(n)
			for i, h := range hosts {
				var p packet.Packet
				h.segment(&p, id, seq, data)
				tcp := wire.TCP(p.Head()[wire.EthernetLen+wire.IPv4MinLen:])
				tcp.SetFlags(flags)
				if valid {
					p.NetworkOffset = wire.EthernetLen
					tcp.SetChecksum(wire.Fold(wire.PseudoHeader(addr("192.0.2.9"), addr("192.0.2.1"), wire.ProtocolTCP, wire.TCPMinLen+n)))
					segment.Complete(&p)
					p.Checksum = packet.ChecksumNone
				}
				if spoil {
					p.Head()[bit/8] ^= 1 << (bit % 8)
				}
				batches[i].Move(&p)
			}
			seq += uint32(n)
			if id++; r.IntN(10) == 0 {
				seq += uint32(r.IntN(3000))
			}
		}
		for i, h := range hosts {
			b := &batches[i]
			for k := 0; k < b.Len(); k++ {
				p := b.At(k)
				if i == 0 {
					n := h.Join(b, k)
					k += n
					joined += n
				}
				h.Input(0, h.eth[0], p)
			}
			b.Clear()
			h.eth[0].Out.Release()
		}
		if !reflect.DeepEqual(streams[0], streams[1]) {
			t.Fatalf("delivered %v, and %v one by one", streams[0].runs[len(streams[0].runs)-1], streams[1].runs[len(streams[1].runs)-1])
		}
		for i := range streams {
			streams[i].runs = nil
		}
	}
	a, b := hosts[0], hosts[1]
	if x, y := a.Counters(), b.Counters(); !slices.Equal(x[:], y[:]) {
		t.Errorf("counted %v, and %v one by one", x, y)
	}
	if a.Drops() != b.Drops() {
		t.Errorf("dropped %v, and %v one by one", a.Drops(), b.Drops())
	}
	if x, y := a.eth[0].Counters, b.eth[0].Counters; x.InPackets != y.InPackets || x.InBytes != y.InBytes {
		t.Errorf("counted %+v of the interface, and %+v one by one", x, y)
	}
	if joined < 3000 {
		t.Errorf("%d segments were joined", joined)
	}
}
