package tcp

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/siphash"
	"thinnet/wire"
)

// cookie is an end without a connection that answers a SYN with a cookie.
func (e *end) cookie(seg *Segment) {
	s, key := e.sim, siphash.Key{K0: 3, K1: 4}
	cfg := s.config(e.i, s.listener)
	if seg.Flags&wire.FlagSYN != 0 {
		var c Conn
		c.AnswerSYN(s.now, cfg, key, seg, e)
		seg.Packet.Release()
		return
	}
	syn, ok := CookieSYN(s.now, cfg, key, seg)
	if !ok {
		seg.Packet.Release()
		return
	}
	e.conn.OpenCookie(s.now, cfg, &syn)
	e.conn.Input(s.now, seg)
}

// A cookie tells how long the peer's segments may be, for as long as it is good, and
// nothing else is one.
func TestSynCookie(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	cfg := func() *Config {
		return &Config{
			Local:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(r.Uint32())),
			Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(r.Uint32()), 2}), uint16(r.Uint32())),
		}
	}
	key := siphash.Key{K0: r.Uint64(), K1: r.Uint64()}
	for range 1000 {
		k := newCookie(key, cfg())
		irs := Seq(r.Uint32())
		mss := uint16(r.IntN(10_000))
		want := cookieSizes[0]
		for _, size := range cookieSizes {
			if size <= mss {
				want = size
			}
		}
		at := clock.Time(r.Int64N(int64(1000 * time.Hour)))
		iss := k.make(at, irs, mss)
		left := cookieMinute - time.Duration(at)%cookieMinute
		for _, c := range []struct {
			after time.Duration
			good  bool
		}{{0, true}, {left, true}, {left + cookieMinute - 1, true}, {left + cookieMinute, false}, {256 * cookieMinute, false}} {
			got, ok := k.check(at.Add(c.after), irs, iss)
			if ok != c.good || ok && got != want {
				t.Fatalf("MSS %d, after %v: %d, %v, want %d, %v", mss, c.after, got, ok, want, c.good)
			}
		}
		// Whoever knows one, knows no other's.
		others := 0
		for _, k := range []cookie{newCookie(key, cfg()), newCookie(siphash.Key{K0: 1}, cfg())} {
			_, ok := k.check(at, irs, iss)
			others += int(b2u(ok))
		}
		for range 100 {
			_, one := k.check(at, irs, Seq(r.Uint32()))
			_, two := k.check(at, Seq(r.Uint32()), iss)
			others += int(b2u(one) + b2u(two))
		}
		if others != 0 {
			t.Fatalf("%d forged cookies were taken", others)
		}
	}
}

// What comes back by the timestamp is what was agreed upon.
func TestSynCookieOptions(t *testing.T) {
	for bits := range uint32(cookieBits + 1) {
		for _, stamp := range []uint32{0, 1, 63, 64, 1000, 1<<32 - 1} {
			d := cookieDelay(stamp, bits)
			if got := stamp - d; d > cookieBits || got&cookieBits != bits {
				t.Errorf("bits %#x at %d: %d earlier is %#x", bits, stamp, d, got)
			}
		}
	}
}

// Whatever the peer says was agreed upon, and whatever comes with the cookie, the
// connection is open and in order.
func TestSynCookieClaims(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	key := siphash.Key{K0: 7, K1: 8}
	for range 2000 {
		s := newSim(t, r.Uint64())
		e := s.ends[1]
		cfg := s.config(1, Settings{NoSACK: r.IntN(4) == 0, NoWindowScaling: r.IntN(4) == 0, NoTimestamps: r.IntN(4) == 0, DeferAccept: time.Second})
		irs := Seq(r.Uint32())
		f := wire.TCPFields{
			Seq: uint32(irs + 1), Ack: uint32(newCookie(key, cfg).make(s.now, irs, uint16(r.Uint32())) + 1),
			Flags: wire.FlagACK | wire.TCPFlags(r.Uint32())&^(wire.FlagSYN|wire.FlagRST)&0x1ff, Window: uint16(r.Uint32()),
		}
		o := wire.TCPOptions{HasTimestamps: r.IntN(4) > 0, TSVal: r.Uint32(), TSEcr: r.Uint32()}
		var b [60]byte
		n := wire.PutTCPOptions(b[wire.TCPMinLen:], &o)
		wire.PutTCP(b[:], &f, n)
		var p packet.Packet
		p.Reset()
		p.Write(b[:wire.TCPMinLen+n])
		p.Write(make([]byte, r.IntN(100)))
		var seg Segment
		if _, _, err := seg.Parse(&p); err != nil {
			t.Fatal(err)
		}
		syn, ok := CookieSYN(s.now, cfg, key, &seg)
		if !ok {
			t.Fatal("the cookie was refused")
		}
		e.conn.OpenCookie(s.now, cfg, &syn)
		e.conn.Input(s.now, &seg)
		e.after() // checks the invariants
		if e.conn.State() != Established && e.conn.State() != CloseWait {
			t.Fatalf("%v after %+v, %+v", e.conn.State(), f, o)
		}
		e.writeFast(10_000)
	}
}

// forgedSYN is a SYN as an attacker makes it.
func forgedSYN() *Segment {
	return &Segment{Seq: 1, Flags: wire.FlagSYN, Window: 65535, Options: wire.TCPOptions{
		MSS: 1460, HasScale: true, WindowScale: 7, SACKPermitted: true, HasTimestamps: true, TSVal: 1,
	}}
}

type discard struct{ p packet.Packet }

func (d *discard) Packet() *packet.Packet {
	d.p.Reset()
	return &d.p
}

func (d *discard) Send(p *packet.Packet, _ uint8) { p.Release() }

// An answer to a forged SYN, and to a forged acknowledgement.
func BenchmarkSynCookie(b *testing.B) {
	var cnt Counters
	cfg := Config{
		Local: addrPort(0), Remote: addrPort(1), Settings: NewSettings(Settings{}), Counters: &cnt, Queues: new(Queues), MTU: 1500, HeaderLen: 20,
	}
	b.Run("SYN", func(b *testing.B) {
		var c Conn
		var sink discard
		syn := forgedSYN()
		b.ReportAllocs()
		for b.Loop() {
			c.AnswerSYN(1, &cfg, siphash.Key{}, syn, &sink)
		}
	})
	b.Run("ACK", func(b *testing.B) {
		ack := &Segment{Seq: 1, Ack: 1, Flags: wire.FlagACK}
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := CookieSYN(1, &cfg, siphash.Key{}, ack); ok {
				b.Fatal("was taken")
			}
		}
	})
}
