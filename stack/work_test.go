package stack

import (
	"net/netip"
	"testing"

	"thinnet/clock"
	"thinnet/network"
	"thinnet/packet"
	"thinnet/wire"
)

// alone returns a host with a loopback interface and nothing else, which ends with the test.
func alone(t *testing.T, clk clock.Clock) *Stack {
	t.Helper()
	s := New(Config{Clock: clk})
	t.Cleanup(s.Close)
	lo := InterfaceConfig{Name: "lo", Loopback: true, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}}
	if err := s.AddInterface(lo, Loopback()); err != nil {
		t.Fatal(err)
	}
	return s
}

// busy is a transport protocol. Whenever one of its packets is worked off another one has
// come in meanwhile, from somebody on another processor who is as quick as the host.
type busy struct {
	s     *Stack
	frame packet.Packet
	got   int
}

// often is how many packets there are if each is left to the one who works.
const often = 100 * maxRounds

func (b *busy) Receive(_ clock.Time, p *packet.Packet, _ *network.Header) {
	p.Release()
	b.got++
	if b.got < often {
		b.bring()
	}
}

func (b *busy) Error(clock.Time, *network.Error) {}

// bring brings a packet. Whether it is left to one who attends is not the point: if it is
// not, who brings it waits for the host's lock.
func (b *busy) bring() {
	var batch packet.Batch
	b.frame.CloneTo(batch.New())
	b.s.in.put(&batch, often, 0, false)
}

// experiment is a protocol for experiments (RFC 3692).
const experiment = 253

// experimental returns a frame with a packet of that protocol, from the loopback interface, the
// host's first, to itself.
func experimental() (p packet.Packet) {
	p.Reset()
	p.Interface = 1
	wire.PutEthernet(p.Append(wire.EthernetLen), wire.MAC{}, wire.MAC{}, wire.EtherTypeIPv4)
	wire.PutIPv4(p.Append(wire.IPv4MinLen), &wire.IPv4Fields{
		TotalLen: wire.IPv4MinLen, TTL: 1, Protocol: experiment,
		Src: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Dst: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
	})
	return p
}

// Who works goes on with what comes in meanwhile, but not without end: what he has to send
// would not go out, and nobody else would get the lock.
func TestWorkEnds(t *testing.T) {
	clk := clock.NewReal()
	defer clk.Close()
	s := alone(t, clk)
	b := &busy{s: s, frame: experimental()}
	s.net.Handle(experiment, b)
	b.bring()
	s.mu.Lock()
	s.pump()
	s.mu.Unlock()
	if b.got < 2 || b.got > 2*maxRounds {
		t.Errorf("%d packets were worked off in one go, want some, and not all of %d", b.got, often)
	}
}
