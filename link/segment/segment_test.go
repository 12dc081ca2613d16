package segment_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"thinnet/link/internal/linktest"
	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

// parts are the pieces of an IPv4 frame.
type parts struct {
	link      []byte
	ip        wire.IPv4
	transport []byte // the header
	payload   []byte
}

func dissect(t testing.TB, frame []byte) parts {
	t.Helper()
	n := wire.EthernetLen
	if wire.Ethernet(frame).Type() == wire.EtherTypeVLAN {
		n += wire.VLANLen
	}
	ip, err := wire.ParseIPv4(frame[n:])
	if err != nil {
		t.Fatal(err)
	}
	if n+ip.TotalLen() != len(frame) {
		t.Fatalf("total length %d in a frame of %d bytes", ip.TotalLen(), len(frame))
	}
	body := frame[n+len(ip):]
	h := wire.UDPLen
	if ip.Protocol() == wire.ProtocolTCP {
		tcp, err := wire.ParseTCP(body)
		if err != nil {
			t.Fatal(err)
		}
		h = len(tcp)
	}
	return parts{frame[:n], ip, body[:h], body[h:]}
}

// split makes p, splits it, and returns the frames with their checksums.
func split(t testing.TB, p *packet.Packet) [][]byte {
	t.Helper()
	var out packet.Batch
	if !segment.Split(p, &out) {
		t.Fatal("Split refused it")
	}
	if p.Len() != 0 {
		t.Fatal("the super-segment is still there")
	}
	var frames [][]byte
	for i := range out.Len() {
		s := out.At(i)
		if s.Segmentation != packet.SegmentNone || !segment.Complete(s) || s.Checksum != packet.ChecksumNone {
			t.Fatalf("segment %d: segmentation %d, checksum %d", i, s.Segmentation, s.Checksum)
		}
		frames = append(frames, linktest.Bytes(s))
	}
	out.Release()
	return frames
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// Whatever the sizes, the segments put together are the super-segment.
func TestSplitTCPThenReassemble(t *testing.T) {
	linktest.NoLeaks(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		s := linktest.Segment{
			Flags:   wire.TCPFlags(r.UintN(512)),
			Options: random(r, r.IntN(11)*4),
			ID:      uint16(r.Uint32()),
			Seq:     r.Uint32(),
			Size:    1 + r.IntN(2000),
			VLAN:    r.IntN(2) == 0,
		}
		payload := random(r, r.IntN(min(s.Size*60, 65535-120)))
		s.InHead = min(r.IntN(60), len(payload))
		var p packet.Packet
		s.TCP(&p, payload)
		if r.IntN(3) == 0 {
			p.Checksum = packet.ChecksumValid // as a receiver that coalesces leaves it
		}
		whole := dissect(t, linktest.Bytes(&p))
		longest, ok := segment.FrameLen(&p)
		if !ok {
			t.Fatal("FrameLen refused it")
		}
		frames := split(t, &p)
		if want := max((len(payload)+s.Size-1)/s.Size, 1); len(frames) != want {
			t.Fatalf("%d frames, want %d", len(frames), want)
		}
		if len(frames[0]) != longest {
			t.Errorf("FrameLen %d, the first frame has %d bytes", longest, len(frames[0]))
		}
		var got []byte
		for i, f := range frames {
			d := dissect(t, f)
			tcp := wire.TCP(d.transport)
			if !linktest.ChecksumOK(f) {
				t.Fatalf("segment %d: wrong checksum", i)
			}
			if !bytes.Equal(d.link, whole.link) || !bytes.Equal(tcp.Options(), s.Options) || tcp.Ack() != 1 || tcp.Window() != 500 {
				t.Fatalf("segment %d: other headers", i)
			}
			if d.ip.ID() != s.ID+uint16(i) || tcp.Seq() != s.Seq+uint32(len(got)) {
				t.Fatalf("segment %d: id %d, seq %d", i, d.ip.ID(), tcp.Seq())
			}
			if len(d.payload) > s.Size || len(d.payload) < s.Size && i < len(frames)-1 {
				t.Fatalf("segment %d of %d: %d bytes of payload, want %d", i, len(frames), len(d.payload), s.Size)
			}
			want := s.Flags
			if i > 0 {
				want &^= wire.FlagCWR
			}
			if i < len(frames)-1 {
				want &^= wire.FlagFIN | wire.FlagPSH
			}
			if tcp.Flags() != want {
				t.Fatalf("segment %d of %d: flags %#x of %#x, want %#x", i, len(frames), tcp.Flags(), s.Flags, want)
			}
			got = append(got, d.payload...)
		}
		if !bytes.Equal(got, payload) {
			t.Fatal("other payload")
		}
	}
}

func TestSplitUDP(t *testing.T) {
	linktest.NoLeaks(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		s := linktest.Segment{ID: uint16(r.Uint32()), Size: 1 + r.IntN(1472), VLAN: r.IntN(2) == 0}
		payload := random(r, 1+r.IntN(min(s.Size*40, 60000)))
		s.InHead = min(r.IntN(60), len(payload))
		var p packet.Packet
		s.UDP(&p, payload)
		var got []byte
		for i, f := range split(t, &p) {
			d := dissect(t, f)
			u := wire.UDP(d.transport)
			if !linktest.ChecksumOK(f) || u.Len() != wire.UDPLen+len(d.payload) || d.ip.ID() != s.ID+uint16(i) {
				t.Fatalf("datagram %d: length %d, id %d", i, u.Len(), d.ip.ID())
			}
			got = append(got, d.payload...)
		}
		if !bytes.Equal(got, payload) {
			t.Fatal("other payload")
		}
	}
}

// Datagrams without a checksum (RFC 768) stay without one.
func TestSplitUDPWithoutChecksum(t *testing.T) {
	var p packet.Packet
	linktest.Segment{Size: 100}.UDP(&p, make([]byte, 250))
	p.Checksum = packet.ChecksumNone
	wire.UDP(p.Head()[34:]).SetChecksum(0)
	for i, f := range split(t, &p) {
		if c := wire.UDP(dissect(t, f).transport).Checksum(); c != 0 {
			t.Errorf("datagram %d has the checksum %#x", i, c)
		}
	}
}

// A header that arrived damaged does not leave in good order.
func TestSplitKeepsABadHeaderBad(t *testing.T) {
	var p packet.Packet
	linktest.Segment{Size: 100}.TCP(&p, make([]byte, 250))
	p.Head()[14+8] ^= 1 // TTL
	for _, f := range split(t, &p) {
		if dissect(t, f).ip.ChecksumOK() {
			t.Error("the header's checksum was made right")
		}
	}
}

func TestSplitMovesOthers(t *testing.T) {
	linktest.NoLeaks(t)
	var p packet.Packet
	linktest.Segment{}.TCP(&p, make([]byte, 250))
	want := linktest.Bytes(&p)
	var out packet.Batch
	if !segment.Split(&p, &out) || out.Len() != 1 || !bytes.Equal(linktest.Bytes(out.At(0)), want) {
		t.Error("changed")
	}
	out.Release()
}

func TestSplitRefuses(t *testing.T) {
	linktest.NoLeaks(t)
	for name, spoil := range map[string]func(p *packet.Packet, ip wire.IPv4, tcp wire.TCP){
		"segments of nothing":       func(p *packet.Packet, _ wire.IPv4, _ wire.TCP) { p.SegmentSize = 0 },
		"TCP called UDP":            func(p *packet.Packet, _ wire.IPv4, _ wire.TCP) { p.Segmentation = packet.SegmentUDP },
		"no such segmentation":      func(p *packet.Packet, _ wire.IPv4, _ wire.TCP) { p.Segmentation = 9 },
		"header elsewhere":          func(p *packet.Packet, _ wire.IPv4, _ wire.TCP) { p.NetworkOffset = 12 },
		"header beyond the head":    func(p *packet.Packet, _ wire.IPv4, _ wire.TCP) { p.NetworkOffset = 255 },
		"version 6":                 func(_ *packet.Packet, ip wire.IPv4, _ wire.TCP) { ip[0] = 0x65 },
		"short IPv4 header":         func(_ *packet.Packet, ip wire.IPv4, _ wire.TCP) { ip[0] = 0x44 },
		"total length too long":     func(_ *packet.Packet, ip wire.IPv4, _ wire.TCP) { ip.SetTotalLen(ip.TotalLen() + 1) },
		"total length of no header": func(_ *packet.Packet, ip wire.IPv4, _ wire.TCP) { ip.SetTotalLen(30) },
		"fragment":                  func(_ *packet.Packet, ip wire.IPv4, _ wire.TCP) { ip.SetFragment(0, 8) },
		"short TCP header":          func(_ *packet.Packet, _ wire.IPv4, tcp wire.TCP) { tcp[12] = 0x40 },
		"truncated":                 func(p *packet.Packet, _ wire.IPv4, _ wire.TCP) { p.Truncate(40) },
	} {
		t.Run(name, func(t *testing.T) {
			var p packet.Packet
			linktest.Segment{Size: 100}.TCP(&p, make([]byte, 250))
			spoil(&p, p.Head()[14:34], p.Head()[34:])
			before := linktest.Bytes(&p)
			var out packet.Batch
			if segment.Split(&p, &out) || out.Len() != 0 {
				t.Error("Split took it")
			}
			if !bytes.Equal(linktest.Bytes(&p), before) {
				t.Error("the packet was changed")
			}
			if _, ok := segment.FrameLen(&p); ok {
				t.Error("FrameLen took it")
			}
			p.Release()
		})
	}
}

func TestCompleteRefusesAFieldBeyondTheHead(t *testing.T) {
	var p packet.Packet
	linktest.Segment{}.TCP(&p, make([]byte, 250))
	defer p.Release()
	p.ChecksumStart = uint16(len(p.Head()))
	if segment.Complete(&p) {
		t.Error("Complete took it")
	}
}

// The sum over pieces is that over the frame, at whatever odd places they meet.
func TestSumOverPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var p packet.Packet
		p.Reset()
		p.Write(random(r, 1+r.IntN(100)))
		for range 2 {
			b := random(r, 200+r.IntN(3000))
			p.Write(b)
		}
		off := r.IntN(len(p.Head()))
		if got, want := wire.Fold(segment.Sum(&p, off, 5)), wire.Fold(wire.Sum(linktest.Bytes(&p)[off:], 5)); got != want {
			t.Fatalf("%#x, want %#x", got, want)
		}
		p.Release()
	}
}

func FuzzSplit(f *testing.F) {
	var p packet.Packet
	for _, vlan := range []bool{false, true} {
		linktest.Segment{Size: 100, VLAN: vlan}.TCP(&p, make([]byte, 250))
		f.Add(linktest.Bytes(&p), p.NetworkOffset, uint8(p.Segmentation), p.SegmentSize, p.ChecksumStart, p.ChecksumOffset)
		p.Release()
		linktest.Segment{Size: 100, VLAN: vlan}.UDP(&p, make([]byte, 250))
		f.Add(linktest.Bytes(&p), p.NetworkOffset, uint8(p.Segmentation), p.SegmentSize, p.ChecksumStart, p.ChecksumOffset)
		p.Release()
	}
	f.Fuzz(func(t *testing.T, frame []byte, network, kind uint8, size, start uint16, field uint8) {
		if len(frame) > 4096 {
			return
		}
		before := packet.Live()
		slab := packet.NewSlab(len(frame))
		copy(slab.B, frame)
		var p packet.Packet
		p.Load(slab, 0, len(frame))
		p.NetworkOffset, p.Segmentation, p.SegmentSize = network, packet.Segmentation(kind), size
		p.Checksum, p.ChecksumStart, p.ChecksumOffset = packet.ChecksumPartial, start, field
		var out packet.Batch
		longest, ok := segment.FrameLen(&p)
		super := ok && p.Segmentation != packet.SegmentNone
		var whole wire.IPv4
		var payload []byte
		header, transport := 0, 0
		if super {
			header, transport, _ = segment.Headers(&p)
			b := linktest.Bytes(&p)
			whole = wire.IPv4(b[network:transport])
			payload = b[header : int(network)+whole.TotalLen()]
		}
		if split := segment.Split(&p, &out); split != ok {
			t.Fatalf("FrameLen says %v, Split %v", ok, split)
		}
		for i := range out.Len() {
			s := out.At(i)
			if s.Len() > longest {
				t.Fatalf("a frame of %d bytes, FrameLen says %d", s.Len(), longest)
			}
			if !super {
				continue
			}
			if !segment.Complete(s) {
				t.Fatal("a segment's checksum cannot be completed")
			}
			b := linktest.Bytes(s)
			ip := wire.IPv4(b[network:transport])
			if ip.TotalLen() != len(b)-int(network) || ip.ChecksumOK() != whole.ChecksumOK() || ip.ID() != whole.ID()+uint16(i) {
				t.Fatalf("segment %d of %d bytes has the header %x, all of it %x", i, len(b), ip, whole)
			}
			if n := len(b) - header; n > int(size) || !bytes.HasPrefix(payload, b[header:]) {
				t.Fatalf("segment %d has %d bytes, and not those that come next", i, n)
			}
			payload = payload[len(b)-header:]
		}
		if len(payload) > 0 {
			t.Fatalf("%d bytes are missing", len(payload))
		}
		out.Release()
		p.Release()
		if n := packet.Live(); n != before {
			t.Fatalf("%d slabs more than before", n-before)
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	var super, p packet.Packet
	linktest.Segment{Size: 1460}.TCP(&super, make([]byte, 44*1460))
	defer super.Release()
	var out packet.Batch
	b.SetBytes(44 * 1460)
	b.ReportAllocs()
	for b.Loop() {
		super.CloneTo(&p)
		segment.Split(&p, &out)
		out.Release()
	}
}

func BenchmarkSplitAndComplete(b *testing.B) {
	var super, p packet.Packet
	linktest.Segment{Size: 1460}.TCP(&super, make([]byte, 44*1460))
	defer super.Release()
	var out packet.Batch
	b.SetBytes(44 * 1460)
	b.ReportAllocs()
	for b.Loop() {
		super.CloneTo(&p)
		segment.Split(&p, &out)
		for i := range out.Len() {
			segment.Complete(out.At(i))
		}
		out.Release()
	}
}
