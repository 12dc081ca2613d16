package segment_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"thinnet/link/internal/linktest"
	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

// frames returns the frames that p becomes on a wire, and releases it.
func frames(t testing.TB, p *packet.Packet) [][]byte {
	t.Helper()
	var out packet.Batch
	if !segment.Split(p, &out) {
		t.Fatal("Split refused it")
	}
	defer out.Release()
	var list [][]byte
	for i := range out.Len() {
		if !segment.Complete(out.At(i)) {
			t.Fatal("a checksum cannot be completed")
		}
		list = append(list, linktest.Bytes(out.At(i)))
	}
	return list
}

// join makes q the end of p, and reports whether it did.
func join(p, q *packet.Packet) bool {
	var j segment.Joiner
	if !j.Begin(p) || !j.Add(q) {
		return false
	}
	j.End()
	return true
}

// What Split has parted a Joiner makes one again, whether or not checksums were filled in.
func TestJoinUndoesSplit(t *testing.T) {
	linktest.NoLeaks(t)
	r := rand.New(rand.NewPCG(1, 7))
	for range 200 {
		s := linktest.Segment{
			Flags:   wire.FlagACK | wire.FlagPSH*wire.TCPFlags(r.IntN(2)),
			Options: random(r, r.IntN(4)*4),
			ID:      uint16(r.Uint32()), Seq: r.Uint32(), Size: 600 + r.IntN(1000),
		}
		payload := random(r, 1+r.IntN(40_000))
		var p packet.Packet
		s.TCP(&p, payload)
		super := linktest.Bytes(&p)
		var wired packet.Batch
		if !segment.Split(&p, &wired) {
			t.Fatal("Split refused it")
		}
		summed := r.IntN(2) == 0
		for i := range wired.Len() {
			if summed && !segment.Complete(wired.At(i)) {
				t.Fatal("Complete refused it")
			}
		}
		first := wired.At(0)
		for i := 1; i < wired.Len(); i++ {
			if !join(first, wired.At(i)) {
				t.Fatalf("segment %d of %d was not joined", i, wired.Len())
			}
		}
		if wired.Len() > 1 && (first.Checksum != packet.ChecksumPartial || int(first.SegmentSize) != s.Size) {
			t.Fatalf("checksum state %d, segment size %d, want %d", first.Checksum, first.SegmentSize, s.Size)
		}
		got, want := dissect(t, linktest.Bytes(first)), dissect(t, super)
		if wired.Len() > 1 && (!bytes.Equal(got.transport, want.transport) || !bytes.Equal(got.ip, want.ip)) ||
			!bytes.Equal(got.payload, payload) {
			t.Fatalf("%d segments joined are not what they were", wired.Len())
		}
		wired.Release()
	}
}

// Segments between which there is something to say stay apart.
func TestJoinRefuses(t *testing.T) {
	linktest.NoLeaks(t)
	const n, tcp = wire.EthernetLen, wire.EthernetLen + wire.IPv4MinLen
	for name, spoil := range map[string]func(p, q []byte){
		"another stream":          func(_, q []byte) { q[tcp]++ },
		"a gap":                   func(_, q []byte) { q[tcp+7]++ },
		"acknowledges more":       func(_, q []byte) { q[tcp+11]++ },
		"another window":          func(_, q []byte) { q[tcp+15]++ },
		"another option":          func(_, q []byte) { q[tcp+20]++ },
		"pushed":                  func(p, _ []byte) { p[tcp+13] |= byte(wire.FlagPSH) },
		"the end":                 func(_, q []byte) { q[tcp+13] |= byte(wire.FlagFIN) },
		"another identifier":      func(_, q []byte) { wire.IPv4(q[n:tcp]).SetID(7) },
		"another station":         func(_, q []byte) { q[6]++ },
		"marked":                  func(_, q []byte) { q[n+1] |= 3; wire.IPv4(q[n:tcp]).SetChecksum() },
		"a damaged header":        func(_, q []byte) { q[n+10]++ },
		"damaged data":            func(_, q []byte) { q[tcp+16]++ },
		"damaged before":          func(p, _ []byte) { p[tcp+16]++ },
		"a damaged header before": func(p, _ []byte) { p[n+10]++ },
	} {
		t.Run(name, func(t *testing.T) {
			for _, spoiled := range []bool{false, true} {
				s := linktest.Segment{Flags: wire.FlagACK, Options: make([]byte, 4), ID: 100, Size: 1000}
				var p packet.Packet
				s.TCP(&p, make([]byte, 2000))
				var out packet.Batch
				segment.Split(&p, &out)
				a, b := out.At(0), out.At(1)
				segment.Complete(a)
				segment.Complete(b)
				if spoiled {
					spoil(a.Head(), b.Head())
				}
				before := [2][]byte{linktest.Bytes(a), linktest.Bytes(b)}
				if joined := join(a, b); joined == spoiled {
					t.Errorf("spoiled: %v, joined: %v", spoiled, joined)
				} else if !joined && (!bytes.Equal(linktest.Bytes(a), before[0]) || !bytes.Equal(linktest.Bytes(b), before[1])) {
					t.Error("the two are not as they were")
				}
				out.Release()
			}
		})
	}
}

// Whatever two frames there are: if Join takes them, Split gives them back.
func FuzzJoin(f *testing.F) {
	var p packet.Packet
	linktest.Segment{Flags: wire.FlagACK, ID: 3, Size: 700}.TCP(&p, make([]byte, 1300))
	l := frames(f, &p)
	f.Add(l[0], l[1], true)
	f.Add(l[0], l[1], false)
	f.Fuzz(func(t *testing.T, a, b []byte, pending bool) {
		if len(a) > 2000 || len(b) > 2000 {
			return
		}
		before := packet.Live()
		const n, head = wire.EthernetLen, wire.EthernetLen + wire.IPv4MinLen + wire.TCPMinLen
		load := func(p *packet.Packet, b []byte) {
			p.Reset()
			h := head
			if len(b) > head {
				h = min(wire.EthernetLen+wire.IPv4MinLen+int(b[head-8]>>4)*4, len(b))
			}
			h = min(h, len(b))
			copy(p.Append(h), b)
			if h < len(b) {
				s := packet.NewSlab(len(b) - h)
				copy(s.B, b[h:])
				p.Attach(s, 0, len(b)-h)
				s.Release()
			}
			p.NetworkOffset = n
			if pending {
				p.Checksum = packet.ChecksumPartial
			}
		}
		var p, q packet.Packet
		load(&p, a)
		load(&q, b)
		if join(&p, &q) {
			if got := frames(t, &p); len(got) != 2 || !pending && !slices.EqualFunc(got, [][]byte{a, b}, bytes.Equal) {
				t.Errorf("%x and %x became %x", a, b, got)
			}
		}
		p.Release()
		q.Release()
		if k := packet.Live(); k != before {
			t.Fatalf("%d slabs more than before", k-before)
		}
	})
}

func BenchmarkJoin(b *testing.B) {
	var super, p packet.Packet
	linktest.Segment{Flags: wire.FlagACK, Size: 1460}.TCP(&super, make([]byte, 44*1460))
	defer super.Release()
	var out packet.Batch
	b.SetBytes(44 * 1460)
	b.ReportAllocs()
	for b.Loop() {
		super.CloneTo(&p)
		segment.Split(&p, &out)
		var j segment.Joiner
		j.Begin(out.At(0))
		for i := 1; i < out.Len(); i++ {
			j.Add(out.At(i))
		}
		j.End()
		out.Release()
	}
}
