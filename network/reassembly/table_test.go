package reassembly

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

var (
	src = netip.MustParseAddr("192.0.2.1")
	dst = netip.MustParseAddr("192.0.2.2")
)

// piece is a fragment to be made: bytes [from, to) of a payload.
type piece struct {
	from, to int
	more     bool
	id       uint16
	tos      uint8
	options  []byte
}

// fragment writes a fragment into p and returns its header.
func fragment(p *packet.Packet, payload []byte, f piece) wire.IPv4 {
	var flags uint8
	if f.more {
		flags = wire.IPv4MoreFragments
	}
	p.Reset()
	n := wire.IPv4MinLen + len(f.options)
	wire.PutIPv4(p.Append(n), &wire.IPv4Fields{
		TOS: f.tos, TotalLen: uint16(n + f.to - f.from), ID: f.id, Flags: flags, Offset: uint16(f.from),
		TTL: 64, Protocol: wire.ProtocolUDP, Src: src, Dst: dst, Options: f.options,
	})
	p.Write(payload[f.from:f.to])
	h, err := wire.ParseIPv4(p.Head())
	if err != nil {
		panic(err)
	}
	return h
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func bytesOf(p *packet.Packet) []byte {
	b := make([]byte, p.Len())
	p.CopyTo(b, 0)
	return b
}

// noLeak fails the test if slabs are left when it ends.
func noLeak(t testing.TB) {
	before := packet.Live()
	t.Cleanup(func() {
		if n := packet.Live() - before; n != 0 {
			t.Errorf("%d slabs were not released", n)
		}
	})
}

func TestAnyOrderGivesTheOriginal(t *testing.T) {
	noLeak(t)
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1))
		table := New(0)
		payload := random(r, 1+r.IntN(65515))
		step := 8 * (max(len(payload)/8/100, 1) + r.IntN(200))
		var pieces []piece
		for from := 0; from < len(payload); {
			to := min(from+step, len(payload))
			pieces = append(pieces, piece{from: from, to: to, more: to < len(payload), id: 7})
			from = to
		}
		for _, f := range pieces { // some come twice
			if r.IntN(4) == 0 {
				pieces = append(pieces, f)
			}
		}
		r.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		var p packet.Packet
		whole := false
		for _, f := range pieces {
			res := table.Add(0, &p, fragment(&p, payload, f))
			if res.Reason != None || res.Evicted {
				t.Fatalf("seed %d: fragment %+v: %+v", seed, f, res)
			}
			if !res.Whole {
				continue
			}
			whole = true
			got := bytesOf(&p)
			h, err := wire.ParseIPv4(got)
			if err != nil || !h.ChecksumOK() || h.TotalLen() != len(got) || h.IsFragment() || h.ID() != 7 {
				t.Fatalf("seed %d: header %x: %v", seed, []byte(h), err)
			}
			if !bytes.Equal(got[len(h):], payload) {
				t.Fatalf("seed %d: payload differs", seed)
			}
			p.Release()
			break
		}
		if !whole || table.Len() != 0 {
			t.Fatalf("seed %d: whole: %v, %d left", seed, whole, table.Len())
		}
	}
}

func TestHostileFragments(t *testing.T) {
	payload := random(rand.New(rand.NewPCG(1, 1)), 65528)
	tests := []struct {
		name   string
		pieces []piece
		want   Reason // of the last one; those before are kept
		left   int    // datagrams afterwards
	}{
		{"no payload", []piece{{from: 8, to: 8, more: true}}, Malformed, 0},
		{"not a multiple of 8", []piece{{from: 0, to: 9, more: true}}, Malformed, 0},
		{"ping of death", []piece{{from: 65520, to: 65528}}, TooLong, 0},
		{"too long by the first one's options", []piece{
			{from: 65472, to: 65512}, {from: 0, to: 8, more: true, options: make([]byte, 40)}}, TooLong, 0},
		{"teardrop", []piece{{from: 0, to: 64, more: true}, {from: 24, to: 80}}, Overlap, 0},
		{"inside, other bytes", []piece{{from: 0, to: 64, more: true}, {from: 8, to: 16, more: true, tos: 255}}, Overlap, 0},
		{"around", []piece{{from: 16, to: 24, more: true}, {from: 0, to: 64, more: true}}, Overlap, 0},
		{"from before", []piece{{from: 16, to: 32, more: true}, {from: 8, to: 24, more: true}}, Overlap, 0},
		{"two ends, shorter", []piece{{from: 80, to: 88}, {from: 8, to: 16}}, Overlap, 0},
		{"two ends, longer", []piece{{from: 80, to: 88}, {from: 88, to: 96}}, Overlap, 0},
		{"end before what came", []piece{{from: 80, to: 88, more: true}, {from: 8, to: 16}}, Overlap, 0},
		{"behind the end", []piece{{from: 80, to: 88}, {from: 88, to: 96, more: true}}, Overlap, 0},
		{"ECN mixed", []piece{{from: 0, to: 8, more: true, tos: 3}, {from: 16, to: 24, more: true}}, Mixed, 0},
		{"repeated", []piece{{from: 0, to: 64, more: true}, {from: 0, to: 64, more: true}}, None, 1},
		{"repeated in part", []piece{{from: 0, to: 64, more: true}, {from: 8, to: 64, more: true}}, None, 1},
		{"longest", []piece{{from: 65512, to: 65515}}, None, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			noLeak(t)
			table := New(0)
			defer table.Release()
			var p packet.Packet
			for i, f := range tt.pieces {
				data := payload
				if f.tos == 255 { // the mark for other bytes
					f.tos, data = 0, make([]byte, 64)
				}
				want := None
				if i == len(tt.pieces)-1 {
					want = tt.want
				}
				if got := table.Add(0, &p, fragment(&p, data, f)); got.Reason != want || got.Whole {
					t.Errorf("fragment %d: %+v, want %v", i, got, want)
				}
			}
			if table.Len() != tt.left {
				t.Errorf("%d datagrams left, want %d", table.Len(), tt.left)
			}
		})
	}
}

func TestScattered(t *testing.T) {
	noLeak(t)
	table := New(0)
	payload := make([]byte, 65528)
	var p packet.Packet
	for i := range maxSpans {
		if r := table.Add(0, &p, fragment(&p, payload, piece{from: 16 * i, to: 16*i + 8, more: true})); r.Reason != None {
			t.Fatalf("fragment %d: %v", i, r.Reason)
		}
	}
	if r := table.Add(0, &p, fragment(&p, payload, piece{from: 16 * maxSpans, to: 16*maxSpans + 8, more: true})); r.Reason != Scattered {
		t.Error(r.Reason)
	}
}

func TestCongestionMarkIsKept(t *testing.T) {
	noLeak(t)
	table := New(0)
	var p packet.Packet
	payload := make([]byte, 16)
	table.Add(0, &p, fragment(&p, payload, piece{from: 0, to: 8, more: true, tos: 2}))
	r := table.Add(0, &p, fragment(&p, payload, piece{from: 8, to: 16, tos: 3}))
	h := wire.IPv4(p.Head()[:20])
	if !r.Whole || h.TOS() != 3 || !h.ChecksumOK() {
		t.Errorf("%+v, TOS %#x", r, h.TOS())
	}
	p.Release()
}

func TestOldestGoesFirst(t *testing.T) {
	noLeak(t)
	table := New(2)
	defer table.Release()
	payload := make([]byte, 16)
	var p packet.Packet
	for id := range uint16(3) {
		r := table.Add(clock.Time(id), &p, fragment(&p, payload, piece{from: 8, to: 16, id: id}))
		if r.Evicted != (id == 2) {
			t.Errorf("datagram %d: %+v", id, r)
		}
	}
	if table.Len() != 2 || table.Deadline() != clock.Time(1).Add(Timeout) {
		t.Errorf("%d datagrams, deadline %d", table.Len(), table.Deadline())
	}
}

func TestTimeout(t *testing.T) {
	noLeak(t)
	table := New(0)
	payload := random(rand.New(rand.NewPCG(1, 1)), 64)
	var p packet.Packet
	table.Add(0, &p, fragment(&p, payload, piece{from: 8, to: 16, id: 1, more: true}))
	table.Add(1, &p, fragment(&p, payload, piece{from: 0, to: 32, id: 2, more: true}))
	if table.Deadline() != clock.Time(Timeout) {
		t.Errorf("deadline %d", table.Deadline())
	}
	var got [][]byte
	table.Tick(clock.Time(Timeout), func(p *packet.Packet) { got = append(got, bytesOf(p)) })
	table.Tick(clock.Time(Timeout)+1, func(p *packet.Packet) { got = append(got, bytesOf(p)) })
	if len(got) != 2 || len(got[0]) != 0 || len(got[1]) != 20+32 || !bytes.Equal(got[1][20:], payload[:32]) {
		t.Errorf("expired: %x", got)
	}
	if table.Deadline() != clock.Never {
		t.Errorf("deadline %d", table.Deadline())
	}
}

func FuzzAdd(f *testing.F) {
	f.Add([]byte{0, 4, 1, 4, 4, 0})
	f.Add([]byte{0, 8, 1, 3, 8, 0, 0, 8, 1})
	payload := random(rand.New(rand.NewPCG(1, 1)), 65528)
	f.Fuzz(func(t *testing.T, script []byte) {
		before := packet.Live()
		table := New(3)
		var p packet.Packet
		for now := clock.Time(0); len(script) >= 3; script = script[3:] {
			from := int(script[0]) * 256
			to := min(from+int(script[1])*5, len(payload))
			h := fragment(&p, payload, piece{from: from, to: to, more: script[2]&1 != 0, id: uint16(script[2] >> 4), tos: script[2] >> 1 & 3})
			if table.Add(now, &p, h).Whole {
				if b := bytesOf(&p); !bytes.Equal(b[20:], payload[:len(b)-20]) {
					t.Error("whole, but not the original")
				}
				p.Release()
			}
			now = now.Add(Timeout / 20)
			table.Tick(now, func(*packet.Packet) {})
		}
		table.Release()
		if n := packet.Live() - before; n != 0 {
			t.Errorf("%d slabs were not released", n)
		}
	})
}

func BenchmarkReassemble(b *testing.B) {
	table := New(0)
	payload := make([]byte, 8192)
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	var p packet.Packet
	for b.Loop() {
		for from := 0; from < len(payload); from += 1480 {
			to := min(from+1480, len(payload))
			if table.Add(0, &p, fragment(&p, payload, piece{from: from, to: to, more: to < len(payload)})).Whole {
				p.Release()
			}
		}
	}
}
