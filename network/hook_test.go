package network

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/wire"
)

func TestHookPoints(t *testing.T) {
	h := newRouter(t)
	var seen []HookPoint
	for point := range numHookPoints {
		h.SetHook(point, func(_ clock.Time, p HookPacket) Verdict {
			if p.Point != point || len(p.Packet.Head()) < 60 || p.Packet.Head()[0] != 0x45 {
				t.Errorf("%v: %d bytes in the head", p.Point, len(p.Packet.Head()))
			}
			hasIn := point == Prerouting || point == LocalIn || point == Forward
			hasOut := point == LocalOut || point == Forward || point == Postrouting
			if hasIn && p.In == nil || hasOut && p.Out == nil {
				t.Errorf("%v: in %v, out %v", point, p.In, p.Out)
			}
			seen = append(seen, point)
			return Accept
		})
	}
	check := func(want ...HookPoint) {
		t.Helper()
		if !slices.Equal(seen, want) {
			t.Errorf("passed %v, want %v", seen, want)
		}
		seen = nil
	}
	h.inject(0, frame{data: pattern(500)})
	check(Prerouting, LocalIn)
	h.inject(0, frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2")}, data: pattern(500)})
	check(Prerouting, Forward, Postrouting)
	if err := h.send(0, "198.51.100.2", 500); err != nil {
		t.Fatal(err)
	}
	check(LocalOut, Postrouting)
	if len(h.received) != 1 || h.eth[1].Out.Len() != 2 {
		t.Errorf("%d received, %d sent", len(h.received), h.eth[1].Out.Len())
	}
}

func TestHookDropsAndSteals(t *testing.T) {
	var stolen packet.Batch
	defer stolen.Release()
	for point := range numHookPoints {
		for _, v := range []Verdict{Drop, Stolen} {
			h := newRouter(t)
			h.SetHook(point, func(_ clock.Time, p HookPacket) Verdict {
				if v == Stolen {
					stolen.Move(p.Packet)
				}
				return v
			})
			var err error
			switch point {
			case Prerouting, LocalIn:
				h.inject(0, frame{data: pattern(500)})
			case Forward:
				h.inject(0, frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2")}, data: pattern(500)})
			default:
				err = h.send(0, "198.51.100.2", 500)
				if (v == Drop) != errors.Is(err, ErrDropped) {
					t.Errorf("%v %v: %v", point, v, err)
				}
			}
			want := sound
			if v == Drop {
				want = DropHook
			}
			h.wantDrop(want)
			if len(h.received) != 0 || h.eth[1].Out.Len() != 0 {
				t.Errorf("%v %v: the packet went on", point, v)
			}
		}
	}
	if stolen.Len() != int(numHookPoints) {
		t.Errorf("%d stolen", stolen.Len())
	}
}

// rewrite makes a hook set the destination address.
func rewrite(dst string) Hook {
	return func(_ clock.Time, p HookPacket) Verdict {
		ip := header(p.Packet)
		b := addr(dst).As4()
		copy(ip[16:20], b[:])
		ip.SetChecksum()
		return Accept
	}
}

func TestHookRewrites(t *testing.T) {
	h := newRouter(t)
	h.SetHook(Prerouting, rewrite("198.51.100.2"))
	h.inject(0, frame{data: pattern(10)}) // was for us
	if h.eth[1].Out.Len() != 1 {
		t.Errorf("not routed anew: %v", names(h.Drops()))
	}

	h = newRouter(t)
	h.SetHook(LocalOut, rewrite("198.51.100.2"))
	r, err := h.Route(addr("192.0.2.9"), netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var p packet.Packet
		p.Reset()
		p.Write(pattern(5))
		if err := h.Output(0, &p, &r, &OutputHeader{Protocol: testProtocol}); err != nil {
			t.Fatal(err)
		}
	}
	if h.eth[1].Out.Len() != 2 || r.Interface != h.eth[0] {
		t.Errorf("%d went the new way", h.eth[1].Out.Len())
	}
}

// A hook that answers (REJECT) sends while a packet is being sent.
func TestHookThatSends(t *testing.T) {
	h := newRouter(t)
	depth := 0
	h.SetHook(LocalOut, func(now clock.Time, p HookPacket) Verdict {
		if depth++; depth < 4 {
			if err := h.send(now, "198.51.100.2", 10+depth); err != nil {
				t.Error(err)
			}
		}
		return Accept
	})
	if err := h.send(0, "198.51.100.2", 10); err != nil {
		t.Fatal(err)
	}
	var lengths []int
	for _, b := range h.out(1) {
		lengths = append(lengths, len(b)-20)
	}
	if !slices.Equal(lengths, []int{13, 12, 11, 10}) {
		t.Errorf("sent packets of %v bytes", lengths)
	}
}

// Who watches an interface is told why a hook dropped what came in by it.
func TestHookSaysWhy(t *testing.T) {
	h := newRouter(t)
	var told []string
	h.eth[0].Dropped = func(p *packet.Packet, why string) { told = append(told, why) }
	note := "firewall FORWARD rule 3"
	h.SetHook(Forward, func(_ clock.Time, p HookPacket) Verdict {
		p.Packet.Note = note
		return Drop
	})
	h.inject(0, frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2")}, data: pattern(500)})
	note = ""
	h.inject(0, frame{ip: wire.IPv4Fields{Dst: addr("198.51.100.2")}, data: pattern(500)})
	if want := []string{"firewall FORWARD rule 3", "hook"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
