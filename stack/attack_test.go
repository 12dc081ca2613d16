package stack_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/stack"
	"thinnet/wire"
)

// siege is a host under attack, another that only wants to be served, and an attacker
// on the way who sends whatever frames he likes and sees what goes past the client.
type siege struct {
	victim, client *stack.Stack
	ports          [2]*siegePort // of the victim and the client
	rng            *rand.Rand

	forged packet.Batch
	// answer, if it is not nil, is how strangers answer a segment with n bytes of
	// payload that the victim sent to one of them: with answers.
	answer  func(from, to netip.AddrPort, f wire.TCPFields, n int)
	answers packet.Batch
	// Of what the victim sent to somebody else than the client.
	synAcks, resets, acks, others int
}

// siegePort is a device of a siege: what is written to it goes to the other one, or
// to the attacker.
type siegePort struct {
	siege *siege
	other *siegePort
	recv  link.Receiver
	out   packet.Batch
}

var (
	victimMAC, clientMAC, gatewayMAC = link.LocalMAC(1), link.LocalMAC(2), link.LocalMAC(3)
	victimAddr, clientAddr           = addr(1), addr(0)
)

func newSiege(t testing.TB, clk clock.Clock, c stack.Config) *siege {
	t.Helper()
	s := &siege{rng: rand.New(rand.NewPCG(1, 2))}
	s.ports = [2]*siegePort{{siege: s}, {siege: s}}
	s.ports[0].other, s.ports[1].other = s.ports[1], s.ports[0]
	for i, h := range []struct {
		host **stack.Stack
		mac  wire.MAC
		addr netip.Addr
	}{{&s.victim, victimMAC, victimAddr}, {&s.client, clientMAC, clientAddr}} {
		c.Clock, c.Source, c.Seed = clk, clock.Source(i+1), uint64(i)
		host := stack.New(c)
		err := host.AddInterface(stack.InterfaceConfig{
			Name: "eth0", MAC: h.mac, Addresses: []netip.Prefix{netip.PrefixFrom(h.addr, 8)},
		}, s.ports[i])
		if err != nil {
			t.Fatal(err)
		}
		*h.host = host
	}
	gateway := netip.MustParseAddr("10.255.255.254")
	if err := s.victim.AddNeighbor("eth0", gateway, gatewayMAC); err != nil {
		t.Fatal(err)
	}
	err := s.victim.AddRoute(route.Entry{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: gateway, Interface: 1})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *siege) close() {
	s.victim.Close()
	s.client.Close()
}

// stranger returns an address that nobody has: most of them beyond the gateway, some
// on the link.
func (s *siege) stranger() netip.AddrPort {
	a := [4]byte{10, 1, byte(s.rng.Uint32()), byte(s.rng.Uint32())}
	if s.rng.IntN(16) != 0 {
		a[0] = byte(11 + s.rng.IntN(100))
		a[1] = byte(s.rng.Uint32())
	}
	return netip.AddrPortFrom(netip.AddrFrom4(a), uint16(1024+s.rng.IntN(60000)))
}

// forge queues a segment to the victim.
func (s *siege) forge(from, to netip.AddrPort, f wire.TCPFields, o *wire.TCPOptions) {
	forge(s.forged.New(), from, to, f, o)
	if s.forged.Len() == 64 {
		s.strike()
	}
}

// forge makes p a segment to the victim.
func forge(p *packet.Packet, from, to netip.AddrPort, f wire.TCPFields, o *wire.TCPOptions) {
	f.SrcPort, f.DstPort = from.Port(), to.Port()
	var opts [40]byte
	n := wire.PutTCPOptions(opts[:], o)
	h := p.Append(wire.TCPMinLen + n)
	copy(h[wire.TCPMinLen:], opts[:n])
	wire.PutTCP(h, &f, n)
	sum := wire.PseudoHeader(from.Addr(), to.Addr(), wire.ProtocolTCP, len(h))
	wire.TCP(h).SetChecksum(^wire.Fold(wire.Sum(h, sum)))
	wire.PutIPv4(p.Prepend(20), &wire.IPv4Fields{
		TotalLen: uint16(20 + len(h)), TTL: 64, Protocol: wire.ProtocolTCP, Src: from.Addr(), Dst: to.Addr(),
	})
	wire.PutEthernet(p.Prepend(14), victimMAC, gatewayMAC, wire.EtherTypeIPv4)
}

// strike sends what was forged, and waits until the victim has worked it off: somebody who
// waits for a connection may do so.
func (s *siege) strike() {
	s.ports[0].recv.DeliverBatch(&s.forged)
	synctest.Wait()
}

// see counts a frame that the victim sent to a stranger.
func (s *siege) see(f []byte) {
	if len(f) < 14+20+wire.TCPMinLen || f[23] != byte(wire.ProtocolTCP) {
		s.others++
		return
	}
	if s.answer != nil {
		ip, h := wire.IPv4(f[14:]), wire.TCP(f[14+20:])
		s.answer(netip.AddrPortFrom(ip.Dst(), h.DstPort()), netip.AddrPortFrom(ip.Src(), h.SrcPort()), wire.TCPFields{
			Seq: h.Seq(), Ack: h.Ack(), Flags: h.Flags(), Window: h.Window(),
		}, ip.TotalLen()-20-h.HeaderLen())
	}
	switch flags := wire.TCPFlags(f[14+20+13]); {
	case flags&wire.FlagRST != 0:
		s.resets++
	case flags&wire.FlagSYN != 0:
		s.synAcks++
	default:
		s.acks++
	}
}

func (p *siegePort) WriteBatch(b *packet.Batch) {
	for i := range b.Len() {
		f := b.At(i)
		if p == p.siege.ports[0] && wire.Ethernet(f.Head()).Dst() == gatewayMAC {
			p.siege.see(f.Head())
			f.Release()
			continue
		}
		p.out.Move(f)
	}
	b.Clear()
	if s := p.siege; p == s.ports[0] && s.answers.Len() > 0 {
		p.recv.DeliverBatch(&s.answers)
	}
	if p.out.Len() == 0 {
		return
	}
	if p.other.recv == nil {
		p.out.Release()
		return
	}
	p.other.recv.DeliverBatch(&p.out)
}

func (p *siegePort) SetReceiver(r link.Receiver) { p.recv = r }
func (p *siegePort) Capabilities() link.Capabilities {
	return link.Capabilities{MTU: 1500, MaxSegmented: 65535, Checksum: true}
}
func (p *siegePort) Stats() link.Stats { return link.Stats{} }
func (p *siegePort) Close() error      { return nil }
