package tcpdump

import (
	"net/netip"

	"thinnet/capture"
	"thinnet/capture/flow"
)

// pick finds the segments of one TCP stream among packets.
type pick struct {
	number  int
	streams flow.Streams
	headers flow.Headers // of the packet that was looked at last
	stream  *flow.Stream // nil until it was met
}

// take says whether a packet is the stream's, and who sent it.
func (p *pick) take(pkt *capture.Packet) (from flow.Side, mine bool) {
	p.headers.Parse(pkt)
	stream, from := p.streams.Of(&p.headers)
	if stream == nil || stream.Number != p.number {
		return flow.A, false
	}
	p.stream = stream
	return from, true
}

// check returns an error if the stream was not met.
func (p *pick) check() error {
	switch n := p.streams.Len(); {
	case p.stream != nil:
		return nil
	case n == 0:
		return fail("no TCP stream %d: there was none at all", p.number)
	default:
		return fail("no TCP stream %d: want 0 to %d", p.number, n-1)
	}
}

// appendEnd appends an address and a port, as in 10.0.0.1.80.
func (e ends) appendEnd(b []byte, end netip.AddrPort) []byte {
	b = append(e.append(b, end.Addr()), '.')
	return appendUint(b, uint64(end.Port()))
}

// name returns the same as a string.
func (e ends) name(end netip.AddrPort) string { return string(e.appendEnd(nil, end)) }
