package tcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/siphash"
	"thinnet/wire"
)

// A header may lie in the packet, in a slab, or in both.
func TestParse(t *testing.T) {
	leakless(t)
	o := wire.TCPOptions{HasTimestamps: true, TSVal: 7, TSEcr: 8, NumSACK: 1, SACK: [4]wire.SACKBlock{{Left: 1, Right: 2}}}
	var b [100]byte
	opt := wire.PutTCPOptions(b[wire.TCPMinLen:], &o)
	wire.PutTCP(b[:], &wire.TCPFields{
		SrcPort: 1, DstPort: 2, Seq: 0xfffffffe, Ack: 5, Flags: wire.FlagACK | wire.FlagFIN, Window: 9,
	}, opt)
	whole := b[:wire.TCPMinLen+opt+3]
	for split := range len(whole) + 1 {
		var p packet.Packet
		p.Reset()
		copy(p.Append(split), whole)
		if split < len(whole) {
			s := slabOf(whole[split:], 0)
			p.Attach(s, 0, len(whole)-split)
			s.Release()
		}
		var s Segment
		h, ok, err := s.Parse(&p)
		if err != nil || !ok || h.SrcPort() != 1 || s.Seq != 0xfffffffe || s.Ack != 5 || s.Len != 3 || s.Window != 9 ||
			s.Flags != wire.FlagACK|wire.FlagFIN || s.Options.TSVal != 7 || s.Options.NumSACK != 1 || s.end() != 2 {
			t.Fatalf("split at %d: %+v, %v, %v", split, s, ok, err)
		}
		rest := make([]byte, 3)
		p.CopyTo(rest, s.HeaderLen)
		if !bytes.Equal(rest, whole[wire.TCPMinLen+opt:]) {
			t.Fatalf("split at %d: payload % x", split, rest)
		}
		p.Release()
	}
	for n := range wire.TCPMinLen + opt {
		var p packet.Packet
		p.Reset()
		copy(p.Append(n), whole)
		var s Segment
		if _, _, err := s.Parse(&p); !errors.Is(err, wire.ErrTruncated) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

// The short way through a header finds what the long one does.
func TestParseUsual(t *testing.T) {
	leakless(t)
	r := rand.New(rand.NewPCG(1, 1))
	usual := 0
	for range few(20_000) {
		b := noise(r, usualHeader+r.IntN(100))
		if r.IntN(8) > 0 {
			b[12] = usualHeader/4<<4 | b[12]&15
		}
		if r.IntN(8) > 0 {
			binary.BigEndian.PutUint32(b[wire.TCPMinLen:], timestampsStart)
		}
		b = b[:len(b)-r.IntN(4)]
		head := min(r.IntN(len(b))+30, len(b))
		var p, q packet.Packet
		p.Reset()
		copy(p.Append(head), b)
		if head < len(b) {
			s := slabOf(b[head:], 0)
			p.Attach(s, 0, len(b)-head)
			s.Release()
		}
		p.CloneTo(&q)
		short, long := Segment{Options: wire.TCPOptions{NumSACK: 1, Cookie: b}}, Segment{}
		h, ok, err := short.Parse(&p)
		g, fine, wrong := long.parseOther(&q)
		if short.Packet == &p {
			short.Packet = long.Packet
		}
		if !bytes.Equal(h, g) || ok != fine || err != wrong || err == nil && !reflect.DeepEqual(short, long) {
			t.Fatalf("% x: %+v, %v, %v, want %+v, %v, %v", b, short, ok, err, long, fine, wrong)
		}
		if err == nil && short.HeaderLen == usualHeader && ok {
			usual++
		}
		p.Release()
		q.Release()
	}
	if usual == 0 {
		t.Error("none was usual")
	}
}

// RFC 6528, section 3, and RFC 7323, section 5.4.
func TestISN(t *testing.T) {
	k := siphash.Key{K0: 1, K1: 2}
	a, b := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:1024")
	first := ISN(0, TupleHash(k, a, b))
	if got := ISN(clock.Time(time.Second), TupleHash(k, a, b)).Sub(first); got != 250_000 {
		t.Errorf("the clock ticked %d times in a second, want every 4 µs", got)
	}
	six := netip.MustParseAddrPort("[fe80::1]:80")
	seen := map[Seq]string{first: "itself"}
	for name, s := range map[string]Seq{
		"other key":  ISN(0, TupleHash(siphash.Key{K0: 1, K1: 3}, a, b)),
		"turned":     ISN(0, TupleHash(k, b, a)),
		"other port": ISN(0, TupleHash(k, a, netip.AddrPortFrom(b.Addr(), 1025))),
		"IPv6":       ISN(0, TupleHash(k, six, six)),
	} {
		if was, ok := seen[s]; ok {
			t.Errorf("%s: the same as %s", name, was)
		}
		seen[s] = name
	}
	if TSOffset(k, a.Addr(), b.Addr()) == TSOffset(k, a.Addr(), netip.MustParseAddr("10.9.9.9")) {
		t.Error("the timestamps to two hosts tell each other")
	}
	if TSOffset(k, a.Addr(), b.Addr()) == uint32(first) {
		t.Error("the timestamp tells the sequence number")
	}
}

// Sequence numbers are compared by their distance.
func TestSeq(t *testing.T) {
	for _, start := range []Seq{0, 1, 0x7fffffff, 0x80000000, 0xffffffff} {
		for _, d := range []int{1, 2, 1000, 1<<31 - 1} {
			a, b := start, start.Add(d)
			if !a.Less(b) || b.Less(a) || !a.LessEq(b) || b.LessEq(a) || b.Sub(a) != d || a.Sub(b) != -d ||
				a.Max(b) != b || b.Max(a) != b || a.Min(b) != a || b.Min(a) != a {
				t.Errorf("%#x and %#x", a, b)
			}
		}
		if start.Less(start) || !start.LessEq(start) || start.Sub(start) != 0 {
			t.Errorf("%#x and itself", start)
		}
	}
}

func TestState(t *testing.T) {
	for s, want := range map[State]string{Closed: "CLOSED", SynReceived: "SYN-RECEIVED", TimeWait: "TIME-WAIT", 11: "State(11)"} {
		if s.String() != want {
			t.Errorf("%d is %s, want %s", s, s, want)
		}
	}
}
