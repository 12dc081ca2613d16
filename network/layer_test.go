package network

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/network/neighbor"
	"thinnet/packet"
	"thinnet/wire"
)

// One seed gives one sequence of frames.
func TestDeterministic(t *testing.T) {
	trace := func() []byte {
		h := newRouter(t)
		var all []byte
		for now := range 8 * second / second {
			for i := range 20 {
				h.inject(now*second, frame{ip: wire.IPv4Fields{Dst: netip.AddrFrom4([4]byte{198, 51, 100, byte(10 + i*7)})}, data: pattern(i)})
				_ = h.send(now*second, netip.AddrFrom4([4]byte{192, 0, 2, byte(10 + i*5)}).String(), 2000)
			}
			h.Tick(now * second)
			h.runAlone(now * second)
			for i := range h.eth {
				for _, b := range h.out(i) {
					all = append(all, b...)
				}
			}
		}
		return all
	}
	first := trace()
	for range 2 {
		if !bytes.Equal(trace(), first) {
			t.Fatal("the same seed gave other frames")
		}
	}
}

func TestConfirmedNeighborIsNotAsked(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	us := h.eth[0].MAC
	h.Tick(3 * second)
	h.out(0)
	r, err := h.Route(addr("192.0.2.9"), netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	h.Confirm(&r, 0) // before anything was sent: nothing to confirm
	asked := 0
	for now := 3; now < 600; now++ {
		var p packet.Packet
		p.Reset()
		p.Write(pattern(10))
		if err := h.Output(clock.Time(now)*second, &p, &r, &OutputHeader{Protocol: testProtocol}); err != nil {
			t.Fatal(err)
		}
		if now == 3 {
			h.arp(now, us, wire.ARPReply, other, "192.0.2.9", "192.0.2.1")
		}
		h.Confirm(&r, clock.Time(now)*second)
		h.Tick(clock.Time(now) * second)
		for _, b := range h.out(0) {
			if _, err := wire.ParseARP(b); err == nil {
				asked++
			}
		}
	}
	if s := h.Neighbors(600 * second); asked != 1 || s[0].State != neighbor.Reachable {
		t.Errorf("asked %d times, %+v", asked, s)
	}
}

func TestNeighborTableIsFull(t *testing.T) {
	h := &host{t: t, Layer: New(Config{Random: rand.New(rand.NewPCG(1, 1)), MaxNeighbors: 1})}
	i, err := h.AddInterface(InterfaceConfig{Name: "eth0", MAC: wire.MAC{2, 1}, MTU: 1500})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	h.eth = append(h.eth, i)
	if err := h.AddAddress(0, i, prefix("192.0.2.1/24")); err != nil {
		t.Fatal(err)
	}
	for _, dst := range []string{"192.0.2.8", "192.0.2.9"} {
		if err := h.send(0, dst, 10); err != nil {
			t.Fatal(err)
		}
	}
	h.wantDrop(DropNeighborTable)
}

// A host that has no address yet asks everybody on the link for one.
func TestBroadcastWithoutAddress(t *testing.T) {
	h := newHost(t, 1, "", "192.0.2.1/24")
	if _, err := h.Route(addr("192.0.2.9"), netip.Addr{}); err != nil {
		t.Fatal(err)
	}
	h = newHost(t, 1, "")
	if err := h.send(0, "255.255.255.255", 10); err != nil {
		t.Fatal(err)
	}
	if out := h.out(0); len(out) != 1 || wire.IPv4(out[0][:20]).Src() != addr("0.0.0.0") {
		t.Errorf("sent %x", out)
	}
}

func TestLoopbackWithLinkHeaders(t *testing.T) {
	h := &host{t: t, Layer: New(Config{Random: rand.New(rand.NewPCG(1, 1))})}
	var err error
	if h.lo, err = h.AddInterface(InterfaceConfig{Name: "lo", MTU: 65535, Headers: link.HeaderEthernet, Loopback: true}); err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.AddAddress(0, h.lo, prefix("127.0.0.1/8")); err != nil {
		t.Fatal(err)
	}
	h.Handle(testProtocol, h)
	if err := h.send(0, "127.0.0.2", 3000); err != nil {
		t.Fatal(err)
	}
	if p := h.lo.Out.At(0); p.NetworkOffset != 14 || p.Len() != 3034 {
		t.Errorf("%d bytes, IP at %d", p.Len(), p.NetworkOffset)
	}
	h.runAlone(0)
	if len(h.received) != 1 || len(h.received[0].data) != 3000 || h.received[0].Broadcast {
		t.Errorf("received %+v", h.received)
	}
}
