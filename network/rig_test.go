package network

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/wire"
)

const (
	second = clock.Time(time.Second)
	never  = clock.Never
)

func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }
func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// testProtocol is a transport protocol that nobody knows (RFC 3692).
const testProtocol wire.Protocol = 253

// host is a layer with a loopback and Ethernet interfaces, and a transport that
// writes down what it gets.
type host struct {
	*Layer
	t   testing.TB
	lo  *Interface
	eth []*Interface

	received []received
	errors   []Error
	icmp     []wire.ICMPv4 // headers of the messages received
	icmpFrom []netip.Addr
}

type received struct {
	Header
	data []byte
}

func (h *host) Receive(_ clock.Time, p *packet.Packet, hd *Header) {
	c := *hd
	c.IP = append([]byte(nil), hd.IP...)
	h.received = append(h.received, received{c, bytesOf(p)})
	p.Release()
}

func (h *host) Error(_ clock.Time, e *Error) {
	c := *e
	c.Transport = append([]byte(nil), e.Transport...)
	h.errors = append(h.errors, c)
}

func bytesOf(p *packet.Packet) []byte {
	b := make([]byte, p.Len())
	p.CopyTo(b, 0)
	return b
}

// newHost returns a host with an Ethernet interface for each address.
func newHost(t testing.TB, id byte, addrs ...string) *host {
	h := &host{t: t, Layer: New(Config{Random: rand.New(rand.NewPCG(uint64(id), 1))})}
	var err error
	h.lo, err = h.AddInterface(InterfaceConfig{Name: "lo", MTU: 65535, MaxSegmented: 65535, Headers: link.HeaderNone, Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.AddAddress(0, h.lo, prefix("127.0.0.1/8")); err != nil {
		t.Fatal(err)
	}
	for i, a := range addrs {
		eth, err := h.AddInterface(InterfaceConfig{Name: "eth" + string(rune('0'+i)), MAC: wire.MAC{2, 0, 0, 0, id, byte(i)}, MTU: 1500})
		if err != nil {
			t.Fatal(err)
		}
		h.eth = append(h.eth, eth)
		if a != "" {
			if err := h.AddAddress(0, eth, prefix(a)); err != nil {
				t.Fatal(err)
			}
		}
		eth.Out.Release()
	}
	h.Handle(testProtocol, h)
	h.HandleICMP(func(_ clock.Time, hd *Header, msg *packet.Packet) {
		h.icmp = append(h.icmp, append(wire.ICMPv4(nil), msg.Head()[:wire.ICMPv4Len]...))
		h.icmpFrom = append(h.icmpFrom, hd.Src)
	})
	before := packet.Live()
	t.Cleanup(func() {
		h.Close()
		if n := packet.Live() - before; n > 0 {
			t.Errorf("%d slabs were not released", n)
		}
	})
	return h
}

// cable is two interfaces that are joined.
type cable struct {
	a, b   *host
	ai, bi *Interface
}

func (h *host) join(i int, o *host, j int) cable { return cable{h, o, h.eth[i], o.eth[j]} }

// run carries frames along the cables, and what goes to loopback, until nothing moves.
func run(now clock.Time, cables ...cable) {
	move := func(from *Interface, to *host, in *Interface) bool {
		var b packet.Batch
		b.MoveAll(&from.Out)
		for i := range b.Len() {
			to.Input(now, in, b.At(i))
		}
		return b.Len() > 0
	}
	for again := true; again; {
		again = false
		for _, c := range cables {
			c.a.sends()
			c.b.sends()
			again = move(c.a.lo, c.a, c.a.lo) || again
			again = move(c.b.lo, c.b, c.b.lo) || again
			again = move(c.ai, c.b, c.bi) || again
			again = move(c.bi, c.a, c.ai) || again
		}
	}
}

// runAlone carries what a host sends to itself.
func (h *host) runAlone(now clock.Time) { run(now, cable{h, h, h.lo, h.lo}) }

// send sends n bytes of data, the last argument a header if it is not the default.
func (h *host) send(now clock.Time, dst string, n int, oh ...OutputHeader) error {
	h.t.Helper()
	r, err := h.Route(addr(dst), netip.Addr{})
	if err != nil {
		return err
	}
	hd := OutputHeader{Protocol: testProtocol}
	if len(oh) > 0 {
		hd = oh[0]
		hd.Protocol = testProtocol
	}
	var p packet.Packet
	p.Reset()
	p.Write(pattern(n))
	return h.Output(now, &p, &r, &hd)
}

// pattern returns n bytes that differ from place to place.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	return b
}

// frame is an Ethernet frame with an IPv4 packet, as it comes from outside.
type frame struct {
	dst, src wire.MAC
	ip       wire.IPv4Fields
	data     []byte
	spoil    func(b []byte) []byte // changes the IP packet
}

// inject gives h a frame that came in by eth0, on top of the defaults: from
// 192.0.2.9 to h's first address, protocol testProtocol.
func (h *host) inject(now clock.Time, f frame) {
	i := h.eth[0]
	if f.dst == (wire.MAC{}) {
		f.dst = i.MAC
	}
	if f.src == (wire.MAC{}) {
		f.src = wire.MAC{2, 0, 0, 0, 99, 9}
	}
	if !f.ip.Src.IsValid() {
		f.ip.Src = addr("192.0.2.9")
	}
	if !f.ip.Dst.IsValid() {
		f.ip.Dst = i.addresses[0].Addr()
	}
	if f.ip.Protocol == 0 {
		f.ip.Protocol = testProtocol
	}
	if f.ip.TTL == 0 {
		f.ip.TTL = 64
	}
	f.ip.TotalLen = uint16(wire.IPv4MinLen + len(f.ip.Options) + len(f.data))
	b := make([]byte, wire.IPv4MinLen+len(f.ip.Options))
	wire.PutIPv4(b, &f.ip)
	b = append(b, f.data...)
	if f.spoil != nil {
		b = f.spoil(b)
	}
	var p packet.Packet
	p.Reset()
	wire.PutEthernet(p.Append(wire.EthernetLen), f.dst, f.src, wire.EtherTypeIPv4)
	p.Write(b)
	h.Input(now, i, &p)
}

// know makes the station that inject sends from a neighbour.
func (h *host) know(now clock.Time) {
	if err := h.AddNeighbor(now, h.eth[0], addr("192.0.2.9"), wire.MAC{2, 0, 0, 0, 99, 9}); err != nil {
		h.t.Fatal(err)
	}
}

// sends checks that the layer says so if something waits to be sent.
func (h *host) sends() {
	h.t.Helper()
	n := 0
	for _, i := range h.Interfaces() {
		n += i.Out.Len()
	}
	if n > 0 && !h.Queued {
		h.t.Errorf("%d packets wait to be sent, and nothing says so", n)
	}
	h.Queued = n > 0
}

// out takes the frames that went out by an interface, as bytes of IP or ARP
// packets behind the link header.
func (h *host) out(i int) [][]byte {
	var s [][]byte
	h.sends()
	b := &h.eth[i].Out
	for k := range b.Len() {
		s = append(s, bytesOf(b.At(k))[wire.EthernetLen:])
	}
	b.Release()
	return s
}

// wantDrop checks that exactly one packet was dropped, for a reason.
func (h *host) wantDrop(r DropReason) {
	h.t.Helper()
	d := h.Drops()
	if r == sound {
		if d.Total() != 0 {
			h.t.Errorf("dropped: %v", names(d))
		}
		return
	}
	if d[r] != 1 || d.Total() != 1 {
		h.t.Errorf("dropped: %v, want one of %q", names(d), r)
	}
}

func names(d Drops) map[string]uint64 {
	m := map[string]uint64{}
	for r, n := range d {
		if n > 0 {
			m[DropReason(r).String()] = n
		}
	}
	return m
}

func (h *host) wantCounter(c Counter, n uint64) {
	h.t.Helper()
	if got := h.Counters()[c]; got != n {
		h.t.Errorf("%v is %d, want %d", c, got, n)
	}
}

func (h *host) addRoute(p, gateway string) {
	h.t.Helper()
	if err := h.AddRoute(route.Entry{Prefix: prefix(p), Gateway: addr(gateway)}); err != nil {
		h.t.Fatal(err)
	}
}
