package stack

import (
	"encoding/hex"
	"net/netip"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/siphash"
	"thinnet/transport/tcp"
)

func server(i int) ends {
	return ends{netip.AddrFrom4([4]byte{10, 0, 0, 1}), netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})}
}

// The cache holds no more than it may, and forgets the oldest first; servers without
// Fast Open take no place in it.
func TestCookieCacheBound(t *testing.T) {
	var c cookieCache
	for i := range 2 * cookieCacheSize {
		c.learn(0, server(i), tcp.FastOpenReply{Cookie: []byte("cookie"), MSS: 1000})
	}
	c.learn(0, server(5*cookieCacheSize), tcp.FastOpenReply{MSS: 1000})
	if len(c.entries) != cookieCacheSize || len(c.order) != cookieCacheSize {
		t.Errorf("%d entries in an order of %d, want %d", len(c.entries), len(c.order), cookieCacheSize)
	}
	for _, i := range []int{0, cookieCacheSize - 1, cookieCacheSize, 2*cookieCacheSize - 1, 5 * cookieCacheSize} {
		want := i >= cookieCacheSize && i < 2*cookieCacheSize
		if got := c.entries[server(i)] != nil; got != want {
			t.Errorf("server %d is remembered: %v, want %v", i, got, want)
		}
	}
}

// After two losses in a row data is not tried for a time, and it grows.
func TestCookieLosses(t *testing.T) {
	var c cookieCache
	r := server(1)
	lost := tcp.FastOpenReply{MSS: 1000, Lost: true}
	c.learn(0, r, tcp.FastOpenReply{Cookie: []byte("cookie"), MSS: 1000})
	for i, want := range []time.Duration{0, 4 * time.Minute, 8 * time.Minute} {
		c.learn(0, r, lost)
		e := c.entries[r]
		if want > 0 && !e.blocked(clock.Time(want-1)) {
			t.Errorf("%d losses: tried before %v", i+1, want)
		}
		if e.blocked(clock.Time(want)) {
			t.Errorf("%d losses: not tried after %v", i+1, want)
		}
	}
	c.learn(0, r, tcp.FastOpenReply{MSS: 900})
	if e := c.entries[r]; e.blocked(1) || string(e.cookie) != "cookie" || e.mss != 900 {
		t.Errorf("after an answer: %+v", e)
	}
}

// Cookies are those that Linux gives with the same key.
func TestFastOpenCookie(t *testing.T) {
	set := tcp.NewSettings(tcp.Settings{FastOpenKey: siphash.Key{K0: 0xb2b2b2b2a1a1a1a1, K1: 0xd4d4d4d4c3c3c3c3}})
	client, server := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.168.0.1")
	var s Stack
	b := s.fastOpenCookie(set, client, server)
	if got, want := hex.EncodeToString(b[:]), "3021b9d889017eeb"; got != want {
		t.Errorf("cookie %s, want %s", got, want)
	}
	if s.fastOpenCookie(set, server, client) == b {
		t.Error("the other way round it is the same")
	}
}

// A way that swallows connections keeps Fast Open away for a time, which doubles until
// it works again.
func TestBlackHole(t *testing.T) {
	var b blackHole
	at := clock.Time(time.Hour)
	if b.blocks(at, time.Minute) {
		t.Error("blocked before anything was found")
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 64} {
		want *= time.Minute
		b.find(at)
		b.works(at.Add(want-1), time.Minute) // of a connection that was there before
		if !b.blocks(at.Add(want-1), time.Minute) || b.blocks(at.Add(want), time.Minute) {
			t.Errorf("found %d times: not blocked for %v", i+1, want)
		}
		at = at.Add(want)
	}
	b.works(at, time.Minute)
	b.find(at)
	if b.blocks(at.Add(time.Minute), time.Minute) {
		t.Error("after it worked the first time lasts longer than a minute")
	}
}
