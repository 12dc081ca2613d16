package network

import (
	"net/netip"
	"testing"

	"thinnet/clock"
	"thinnet/network/neighbor"
	"thinnet/packet"
	"thinnet/wire"
)

var other = wire.MAC{2, 0, 0, 0, 99, 9}

// arp gives h an ARP packet.
func (h *host) arp(now int, dst wire.MAC, op wire.ARPOp, mac wire.MAC, sender string, target string) {
	var p packet.Packet
	p.Reset()
	wire.PutEthernet(p.Append(wire.EthernetLen), dst, other, wire.EtherTypeARP)
	wire.PutARP(p.Append(wire.ARPLen), op, mac, addr(sender), wire.MAC{}, addr(target))
	h.Input(clock.Time(now)*second, h.eth[0], &p)
}

func TestARP(t *testing.T) {
	us := wire.MAC{2, 0, 0, 0, 1, 0}
	tests := []struct {
		name           string
		dst            wire.MAC
		op             wire.ARPOp
		mac            wire.MAC
		sender, target string
		answer         bool
		state          neighbor.State // of the sender afterwards; None: no entry
		drop           DropReason
	}{
		{"asked", wire.Broadcast, wire.ARPRequest, other, "192.0.2.9", "192.0.2.1", true, neighbor.Stale, sound},
		{"asked for another", wire.Broadcast, wire.ARPRequest, other, "192.0.2.9", "192.0.2.5", false, neighbor.None, sound},
		{"asked for loopback", wire.Broadcast, wire.ARPRequest, other, "192.0.2.9", "127.0.0.1", false, neighbor.None, sound},
		{"probe for ours", wire.Broadcast, wire.ARPRequest, other, "0.0.0.0", "192.0.2.1", true, neighbor.None, sound},
		{"answer that nobody asked for", us, wire.ARPReply, other, "192.0.2.9", "192.0.2.1", false, neighbor.None, sound},
		{"announcement", wire.Broadcast, wire.ARPRequest, other, "192.0.2.9", "192.0.2.9", false, neighbor.None, sound},
		{"operation 3", us, 3, other, "192.0.2.9", "192.0.2.1", false, neighbor.None, DropARPMalformed},
		{"group sender", us, wire.ARPRequest, wire.Broadcast, "192.0.2.9", "192.0.2.1", false, neighbor.None, DropARPSenderMAC},
		{"zero sender", us, wire.ARPRequest, wire.MAC{}, "192.0.2.9", "192.0.2.1", false, neighbor.None, DropARPSenderMAC},
		{"zero answer", us, wire.ARPReply, other, "0.0.0.0", "192.0.2.1", false, neighbor.None, DropARPSender},
		{"broadcast's answer", us, wire.ARPReply, other, "192.0.2.255", "192.0.2.1", false, neighbor.None, DropARPSender},
		{"group's answer", us, wire.ARPReply, other, "224.0.0.1", "192.0.2.1", false, neighbor.None, DropARPSender},
		{"loopback's question", us, wire.ARPRequest, other, "127.0.0.1", "192.0.2.1", false, neighbor.None, DropARPSender},
		{"conflict", us, wire.ARPReply, other, "192.0.2.1", "192.0.2.1", false, neighbor.None, DropARPOwnAddress},
		{"our own, returned", wire.Broadcast, wire.ARPRequest, us, "192.0.2.1", "192.0.2.1", false, neighbor.None, sound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, 1, "192.0.2.1/24")
			h.arp(100, tt.dst, tt.op, tt.mac, tt.sender, tt.target)
			h.wantDrop(tt.drop)
			answered := h.Counters()[ARPOutReplies] == 1
			if answered != tt.answer {
				t.Errorf("answered: %v", answered)
			}
			if answered {
				eth := wire.Ethernet(h.eth[0].Out.At(0).Head()[:14])
				a, err := wire.ParseARP(h.out(0)[0])
				if err != nil || eth.Dst() != other || eth.Src() != us || a.Op() != wire.ARPReply || a.SenderMAC() != us ||
					a.Sender() != addr("192.0.2.1") || a.TargetMAC() != other || a.Target() != addr(tt.sender) {
					t.Errorf("%x to %v: %v", []byte(a), eth.Dst(), err)
				}
			}
			state := neighbor.None
			if s := h.Neighbors(100 * second); len(s) == 1 {
				state = s[0].State
			}
			if state != tt.state {
				t.Errorf("sender is %v, want %v", state, tt.state)
			}
		})
	}
}

func TestAnswerMakesReachable(t *testing.T) {
	for _, tt := range []struct {
		dst  wire.MAC
		want neighbor.State
	}{{wire.MAC{2, 0, 0, 0, 1, 0}, neighbor.Reachable}, {wire.Broadcast, neighbor.Delay}} {
		h := newHost(t, 1, "192.0.2.1/24")
		if err := h.send(0, "192.0.2.9", 10); err != nil {
			t.Fatal(err)
		}
		a, err := wire.ParseARP(h.out(0)[0])
		if err != nil || a.Op() != wire.ARPRequest || a.Sender() != addr("192.0.2.1") || a.Target() != addr("192.0.2.9") || !a.TargetMAC().IsZero() {
			t.Errorf("%x: %v", []byte(a), err)
		}
		h.arp(0, tt.dst, wire.ARPReply, other, "192.0.2.9", "192.0.2.1")
		if s := h.Neighbors(0); len(s) != 1 || s[0].State != tt.want || s[0].MAC != other {
			t.Errorf("%+v, want %v", s, tt.want)
		}
		if h.eth[0].Out.Len() != 1 || wire.Ethernet(h.eth[0].Out.At(0).Head()).Dst() != other {
			t.Error("what waited was not sent")
		}
	}
}

func TestAnnouncements(t *testing.T) {
	h := newHost(t, 1, "")
	i := h.eth[0]
	if err := h.AddAddress(0, i, prefix("192.0.2.1/24")); err != nil {
		t.Fatal(err)
	}
	announced := func() (n int) {
		for _, b := range h.out(0) {
			if a, err := wire.ParseARP(b); err == nil && a.Op() == wire.ARPRequest && a.Sender() == addr("192.0.2.1") && a.Target() == a.Sender() {
				n++
			}
		}
		return n
	}
	if n := announced(); n != 1 || h.Deadline() != 2*second {
		t.Errorf("%d at once, deadline %d", n, h.Deadline())
	}
	h.Tick(2 * second)
	h.Tick(100 * second)
	if n := announced(); n != 1 {
		t.Errorf("%d later, want 1", n)
	}
	h.SetUp(100*second, i, false)
	h.SetUp(100*second, i, true)
	if n := announced(); n != 1 {
		t.Errorf("%d on coming up, want 1", n)
	}
	if err := h.RemoveAddress(100*second, i, prefix("192.0.2.1/24")); err != nil {
		t.Fatal(err)
	}
	h.Tick(200 * second)
	if n := announced(); n != 0 {
		t.Errorf("%d of an address that has gone", n)
	}
}

func TestConflictIsDefendedNowAndThen(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.Tick(50 * second)
	h.out(0)
	for _, at := range []int{100, 101, 109, 110, 119, 121} {
		h.arp(at, wire.Broadcast, wire.ARPRequest, other, "192.0.2.1", "192.0.2.1")
	}
	h.wantCounter(ARPConflicts, 6)
	h.wantCounter(ARPDefenses, 3)
	if n := len(h.out(0)); n != 3 {
		t.Errorf("%d defences went out", n)
	}
}

func TestNobodyAnswers(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.Tick(10 * second)
	for range 20 {
		if err := h.send(10*second, "192.0.2.9", 50); err != nil {
			t.Fatal(err)
		}
	}
	for now := 10 * second; h.Deadline() != never; now += second {
		h.Tick(now)
		h.runAlone(now)
	}
	if len(h.errors) != 20 {
		t.Fatalf("%d senders were told, want 20", len(h.errors))
	}
	e := h.errors[0]
	if e.Type != wire.ICMPv4Unreachable || e.Code != wire.ICMPv4HostUnreachable || e.From != addr("192.0.2.1") ||
		e.Src != addr("192.0.2.1") || e.Dst != addr("192.0.2.9") || e.Protocol != testProtocol || len(e.Transport) != 50 {
		t.Errorf("%+v", e)
	}
	if d := h.Drops(); d[DropNeighborFailed] != 20 || d.Total() != 20 {
		t.Errorf("dropped: %v", names(d))
	}
	h.wantCounter(ARPOutRequests, 3)
	h.wantCounter(ARPFailures, 1)
	if len(h.icmp) != 20 {
		t.Errorf("%d ICMP messages heard", len(h.icmp))
	}
}

func TestNobodyAnswersWithoutLoopback(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.loopback = nil
	if err := h.send(0, "192.0.2.9", 50); err != nil {
		t.Fatal(err)
	}
	for now := range 5 * second / second {
		h.Tick(now * second)
	}
	if len(h.errors) != 1 {
		t.Errorf("%d senders were told", len(h.errors))
	}
}

func TestNeighborQueueIsBounded(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	for range 150 {
		if err := h.send(0, "192.0.2.9", 500); err != nil {
			t.Fatal(err)
		}
	}
	if d := h.Drops(); d[DropNeighborQueue] != 49 || d.Total() != 49 {
		t.Errorf("dropped: %v", names(d))
	}
}

func TestNeighborCommands(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	for _, tt := range []struct {
		i   *Interface
		a   netip.Addr
		mac wire.MAC
	}{
		{h.lo, addr("192.0.2.9"), other}, {h.eth[0], addr("224.0.0.1"), other}, {h.eth[0], addr("::1"), other}, {h.eth[0], netip.Addr{}, other},
		{h.eth[0], addr("192.0.2.9"), wire.Broadcast}, {h.eth[0], addr("192.0.2.9"), wire.MAC{}},
	} {
		if err := h.AddNeighbor(0, tt.i, tt.a, tt.mac); err == nil {
			t.Errorf("%v %v on %s was taken", tt.a, tt.mac, tt.i.Name)
		}
	}
	h.know(0)
	if s := h.Neighbors(0); len(s) != 1 || s[0].State != neighbor.Permanent || s[0].MAC != other || s[0].Interface != 2 {
		t.Errorf("%+v", s)
	}
	if err := h.RemoveNeighbor(0, h.eth[0], addr("192.0.2.9")); err != nil {
		t.Error(err)
	}
	if err := h.RemoveNeighbor(0, h.eth[0], addr("192.0.2.9")); err == nil {
		t.Error("removed twice")
	}
}
