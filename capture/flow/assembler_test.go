package flow

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"thinnet/wire"
)

// text writes chunks down: what A sent in capitals.
func text(b *strings.Builder) func(Chunk) {
	return func(c Chunk) {
		s := string(c.Data)
		if c.Missing != 0 {
			s = fmt.Sprintf("<%d>", c.Missing)
		}
		if c.From == A {
			s = strings.ToUpper(s)
		}
		b.WriteString(s)
	}
}

func TestAssembler(t *testing.T) {
	type seg struct {
		from  Side
		flags wire.TCPFlags
		seq   uint32
		ack   uint32
		data  string
	}
	const syn, ack = wire.FlagSYN, wire.FlagACK
	start := []seg{{A, syn, 0xfffffff0, 0, ""}, {B, syn | ack, 100, 0xfffffff1, ""}}
	a := uint32(0xfffffff1) // numbers wrap around on the way
	for _, tt := range []struct {
		name string
		segs []seg
		want string
	}{
		{"in order", []seg{{A, ack, a, 101, "hello"}, {B, ack, 101, a + 5, "you"}, {A, ack, a + 5, 104, " all of you there"}, {A, ack, a + 22, 104, "!"}},
			"HELLOyou ALL OF YOU THERE!"},
		{"out of order", []seg{{A, ack, a + 10, 101, "cc"}, {A, ack, a + 5, 101, "bbbbb"}, {B, ack, 101, a, "x"}, {A, ack, a, 101, "aaaaa"}},
			"xAAAAABBBBBCC"},
		{"again, and overlapping", []seg{{A, ack, a, 101, "abcd"}, {A, ack, a, 101, "abcd"}, {A, ack, a + 2, 101, "xxef"}, {A, ack, a + 8, 101, "ij"}, {A, ack, a + 5, 101, "yghz"}},
			"ABCDEFGHZJ"},
		{"a keepalive", []seg{{A, ack, a, 101, "ab"}, {A, ack, a + 1, 101, "?"}, {A, ack, a + 2, 101, "c"}}, "ABC"},
		{"data of the SYN", []seg{{A, syn, 0xfffffff0, 0, "fast"}}, "FAST"},
		{"never captured", []seg{{A, ack, a, 101, "ab"}, {A, ack, a + 5, 101, "fg"}, {B, ack, 101, a + 7, "ok"}}, "AB<3>FGok"},
		{"missing at the end", []seg{{A, ack, a + 2, 101, "cd"}, {A, ack, a + 6, 101, "gh"}}, "<2>CD<2>GH"},
	} {
		var got strings.Builder
		var asm Assembler
		for _, g := range append(start, tt.segs...) {
			src, dst := client, server
			if g.from == B {
				src, dst = dst, src
			}
			asm.Add(parse(tcp(src, dst, g.flags, g.seq, g.ack, g.data)), g.from, text(&got))
		}
		asm.End(text(&got))
		if got.String() != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got.String(), tt.want)
		}
	}
}

// What the snapshot length cut off is missing.
func TestAssemblerCut(t *testing.T) {
	var got strings.Builder
	var asm Assembler
	p := tcp(client, server, wire.FlagACK, 1, 1, "abcdef")
	p.Data = p.Data[:len(p.Data)-4]
	asm.Add(parse(p), A, text(&got))
	asm.Add(parse(tcp(client, server, wire.FlagACK, 7, 1, "g")), A, text(&got))
	if got.String() != "AB<4>G" {
		t.Errorf("%q", got.String())
	}
}

// What is held has a bound in segments and in bytes.
func TestAssemblerBounds(t *testing.T) {
	for _, size := range []int{1, 1400, 60000} {
		var asm Assembler
		asm.Add(parse(tcp(client, server, wire.FlagACK, 0, 1, "")), A, func(Chunk) {})
		most := 0
		for i := range 3000 {
			p := tcp(client, server, wire.FlagACK, uint32(2*(i+1)*size), 1, strings.Repeat("x", size))
			asm.Add(parse(p), A, func(Chunk) {})
			most = max(most, asm.sides[A].bytes)
			if len(asm.sides[A].held) > maxHeld || asm.sides[A].bytes > maxHeldBytes {
				t.Fatalf("%d segments, %d bytes are held", len(asm.sides[A].held), asm.sides[A].bytes)
			}
		}
		if most == 0 {
			t.Error("nothing was held")
		}
	}
}

// However segments are cut, shuffled and repeated, the bytes come out as they were.
func FuzzAssembler(f *testing.F) {
	f.Add(uint64(1), uint32(0xfffffff0), uint16(500))
	f.Add(uint64(7), uint32(3), uint16(3000))
	f.Fuzz(func(t *testing.T, seed uint64, isn uint32, size uint16) {
		r := rand.New(rand.NewPCG(seed, 1))
		stream := make([]byte, int(size)%5000+1)
		for i := range stream {
			stream[i] = byte(r.Uint32())
		}
		type piece struct{ at, n int }
		var pieces []piece
		for at := 0; at < len(stream); {
			n := 1 + r.IntN(min(len(stream)-at, 100))
			for range 1 + r.IntN(2) {
				early := r.IntN(min(at, 20) + 1)
				pieces = append(pieces, piece{at - early, n + early})
			}
			at += n
		}
		r.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		var asm Assembler
		var got bytes.Buffer
		emit := func(c Chunk) {
			if c.Missing != 0 {
				t.Fatalf("%d bytes missing", c.Missing)
			}
			got.Write(c.Data)
		}
		asm.Add(parse(tcp(client, server, wire.FlagSYN, isn, 0, "")), A, emit)
		for _, p := range pieces {
			asm.Add(parse(tcp(client, server, wire.FlagACK, isn+1+uint32(p.at), 1, string(stream[p.at:p.at+p.n]))), A, emit)
		}
		asm.End(emit)
		if !bytes.Equal(got.Bytes(), stream) {
			t.Errorf("%d bytes came out of %d, or others", got.Len(), len(stream))
		}
		if asm.sides[A].bytes != 0 || len(asm.sides[A].held) != 0 {
			t.Error("something is still held")
		}
	})
}

// Hostile segments: nothing grows without a bound, nothing panics.
func FuzzHostileSegments(f *testing.F) {
	f.Add([]byte{0, 0x10, 0, 0, 0, 1, 5, 1, 0x12, 0, 0, 0, 9, 3})
	f.Fuzz(func(t *testing.T, script []byte) {
		var asm Assembler
		var streams Streams
		var states States
		for ; len(script) >= 7; script = script[7:] {
			src, dst := client, server
			if script[0]&1 != 0 {
				src, dst = dst, src
			}
			seq := uint32(script[2])<<24 | uint32(script[3])<<16 | uint32(script[4])<<8 | uint32(script[5])
			h := parse(tcp(src, dst, wire.TCPFlags(script[1]), seq, seq^uint32(script[0])<<24, strings.Repeat("x", int(script[6]))))
			stream, side := streams.Of(h)
			if stream == nil || side > B {
				t.Fatal("no stream")
			}
			asm.Add(h, side, func(c Chunk) {
				if (c.Missing == 0) == (len(c.Data) == 0) {
					t.Fatalf("a chunk of %d bytes, %d missing", len(c.Data), c.Missing)
				}
			})
			states.Step(h, side, script[0]&2 != 0)
		}
		asm.End(func(Chunk) {})
		if asm.sides[A].bytes|asm.sides[B].bytes != 0 {
			t.Error("something is still held")
		}
	})
}
