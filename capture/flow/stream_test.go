package flow

import (
	"net/netip"
	"testing"

	"thinnet/wire"
)

func TestStreams(t *testing.T) {
	var s Streams
	other := netip.MustParseAddrPort("10.0.0.3:1")
	const syn, ack, rst = wire.FlagSYN, wire.FlagACK, wire.FlagRST
	for i, tt := range []struct {
		from, to netip.AddrPort
		flags    wire.TCPFlags
		seq      uint32
		number   int
		side     Side
	}{
		{client, server, syn, 100, 0, A},
		{server, client, syn | ack, 500, 0, B},
		{client, server, ack, 101, 0, A},
		{client, server, syn, 100, 0, A}, // once more
		{server, other, ack, 7, 1, A},    // its beginning was not captured
		{other, server, ack, 7, 1, B},
		{other, server, syn, 9, 2, A}, // a new connection
		{client, server, syn, 9000, 3, A},
		{server, client, syn | ack, 9500, 3, B},
		{server, client, rst, 1, 3, B},
		{server, netip.MustParseAddrPort("10.0.0.4:2"), syn | ack, 1, 4, B}, // the answer to what was not captured
		{netip.MustParseAddrPort("10.0.0.4:2"), server, ack, 1, 4, A},
	} {
		stream, side := s.Of(parse(tcp(tt.from, tt.to, tt.flags, tt.seq, 0, "")))
		if stream.Number != tt.number || side != tt.side {
			t.Errorf("segment %d: stream %d, side %d; want %d, %d", i, stream.Number, side, tt.number, tt.side)
		}
	}
	if s.Len() != 5 {
		t.Errorf("%d streams", s.Len())
	}
	if stream, _ := s.Of(parse(ipv6(17, 0, 1, 0, 2, 0, 8, 0, 0))); stream != nil {
		t.Error("UDP has a stream")
	}
}

// Simultaneous open: the second SYN crosses the first.
func TestCrossingSYNs(t *testing.T) {
	var s Streams
	a, _ := s.Of(parse(tcp(client, server, wire.FlagSYN, 1, 0, "")))
	b, side := s.Of(parse(tcp(server, client, wire.FlagSYN, 2, 0, "")))
	if a != b || side != B {
		t.Error("crossing SYNs are two streams")
	}
}

// The table has a bound; the oldest make room.
func TestManyStreams(t *testing.T) {
	var s Streams
	p := tcp(client, server, wire.FlagACK, 1, 1, "")
	port := func(i int) {
		p.Data[34], p.Data[35] = byte(i>>8), byte(i)
		p.Data[27] = byte(i >> 16)
	}
	for i := range MaxStreams + 10 {
		port(i)
		s.Of(parse(p))
	}
	if len(s.known) != MaxStreams || len(s.order) != MaxStreams {
		t.Errorf("%d streams are kept", len(s.known))
	}
	port(MaxStreams + 9)
	if stream, _ := s.Of(parse(p)); stream.Number != MaxStreams+9 {
		t.Errorf("the newest is %d", stream.Number)
	}
	port(3)
	if stream, _ := s.Of(parse(p)); stream.Number != MaxStreams+10 {
		t.Errorf("a forgotten one is %d", stream.Number)
	}
}
