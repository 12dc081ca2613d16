package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"thinnet/link"
	"thinnet/network/route"
	"thinnet/wire"
)

func (h *host) routes() []string {
	var s []string
	for _, e := range h.Routes() {
		line := fmt.Sprintf("%v dev %d", e.Prefix, e.Interface)
		if e.Gateway.IsValid() {
			line += " via " + e.Gateway.String()
		}
		if e.Src.IsValid() {
			line += " src " + e.Src.String()
		}
		s = append(s, line)
	}
	return s
}

func TestConnectedRoutes(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24", "")
	want := func(lines ...string) {
		t.Helper()
		if got := h.routes(); !slices.Equal(got, lines) {
			t.Errorf("routes %q, want %q", got, lines)
		}
	}
	want("192.0.2.0/24 dev 2 src 192.0.2.1")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(h.AddAddress(0, h.eth[0], prefix("192.0.2.5/24")))
	must(h.AddAddress(0, h.eth[1], prefix("10.0.0.0/31")))
	must(h.AddAddress(0, h.eth[1], prefix("10.9.9.9/32")))
	want("10.0.0.0/31 dev 3 src 10.0.0.0", "192.0.2.0/24 dev 2 src 192.0.2.1")
	h.addRoute("0.0.0.0/0", "192.0.2.254")
	must(h.RemoveAddress(0, h.eth[0], prefix("192.0.2.1/24")))
	want("0.0.0.0/0 dev 2 via 192.0.2.254", "10.0.0.0/31 dev 3 src 10.0.0.0", "192.0.2.0/24 dev 2 src 192.0.2.5")
	if !h.LocalAddr(addr("192.0.2.5")) || h.LocalAddr(addr("192.0.2.1")) || h.kind(addr("192.0.2.255")) != route.Broadcast {
		t.Error("the address that is left does not work")
	}
	h.SetUp(0, h.eth[0], false)
	want("10.0.0.0/31 dev 3 src 10.0.0.0")
	if !h.LocalAddr(addr("192.0.2.5")) {
		t.Error("the address has gone with the link")
	}
	must(h.AddAddress(0, h.eth[0], prefix("192.0.2.6/24")))
	must(h.RemoveAddress(0, h.eth[0], prefix("192.0.2.5/24")))
	want("10.0.0.0/31 dev 3 src 10.0.0.0")
	h.SetUp(0, h.eth[0], true)
	want("0.0.0.0/0 dev 2 via 192.0.2.254", "10.0.0.0/31 dev 3 src 10.0.0.0", "192.0.2.0/24 dev 2 src 192.0.2.6")
	if got := h.eth[0].Addresses(); !slices.Equal(got, []netip.Prefix{prefix("192.0.2.6/24")}) {
		t.Errorf("addresses %v", got)
	}
}

func TestBadAddresses(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	for _, p := range []netip.Prefix{
		{}, prefix("2001:db8::1/64"), prefix("0.0.0.0/0"), prefix("0.1.2.3/8"), prefix("224.0.0.1/4"), prefix("255.255.255.255/32"),
		prefix("240.0.0.1/8"), prefix("127.0.0.2/8"), prefix("192.0.2.1/24"), prefix("192.0.2.1/16"),
	} {
		if err := h.AddAddress(0, h.eth[0], p); err == nil {
			t.Errorf("%v was taken", p)
		}
	}
	if err := h.RemoveAddress(0, h.eth[0], prefix("192.0.2.1/16")); err == nil {
		t.Error("an address that is not there was removed")
	}
}

func TestBadInterfaces(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	good := InterfaceConfig{Name: "x", MAC: wire.MAC{2, 1}, MTU: 68}
	for name, change := range map[string]func(*InterfaceConfig){
		"no name": func(c *InterfaceConfig) { c.Name = "" }, "the name of another": func(c *InterfaceConfig) { c.Name = "eth0" },
		"MTU 67": func(c *InterfaceConfig) { c.MTU = 67 }, "MTU 65536": func(c *InterfaceConfig) { c.MTU = 65536 },
		"no MAC": func(c *InterfaceConfig) { c.MAC = wire.MAC{} }, "group MAC": func(c *InterfaceConfig) { c.MAC = wire.Broadcast },
	} {
		c := good
		change(&c)
		if _, err := h.AddInterface(c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	i, err := h.AddInterface(good)
	if err != nil || i.Index != 3 || h.Interface(3) != i || h.InterfaceByName("x") != i || !i.Up {
		t.Errorf("%+v, %v", i, err)
	}
	if h.Interface(0) != nil || h.Interface(4) != nil || h.InterfaceByName("y") != nil {
		t.Error("found an interface that is not there")
	}
}

func TestRouteCommands(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24", "198.51.100.1/24")
	h.SetUp(0, h.eth[1], false)
	gw := addr("192.0.2.254")
	for _, tt := range []struct {
		name string
		e    route.Entry
		want error // nil: any
	}{
		{"no prefix", route.Entry{Gateway: gw}, nil},
		{"IPv6", route.Entry{Prefix: prefix("::/0"), Gateway: gw}, nil},
		{"host bits", route.Entry{Prefix: prefix("10.0.0.1/8"), Gateway: gw}, route.ErrPrefix},
		{"no way", route.Entry{Prefix: prefix("10.0.0.0/8")}, nil},
		{"gateway elsewhere", route.Entry{Prefix: prefix("10.0.0.0/8"), Gateway: addr("10.1.1.1")}, ErrGateway},
		{"gateway is us", route.Entry{Prefix: prefix("10.0.0.0/8"), Gateway: addr("192.0.2.1")}, ErrGateway},
		{"gateway of another interface", route.Entry{Prefix: prefix("10.0.0.0/8"), Gateway: gw, Interface: 3}, ErrGateway},
		{"IPv6 gateway", route.Entry{Prefix: prefix("10.0.0.0/8"), Gateway: addr("fe80::1")}, ErrGateway},
		{"interface down", route.Entry{Prefix: prefix("10.0.0.0/8"), Interface: 3}, ErrDown},
		{"no such interface", route.Entry{Prefix: prefix("10.0.0.0/8"), Interface: 9}, nil},
		{"source of another", route.Entry{Prefix: prefix("10.0.0.0/8"), Gateway: gw, Src: addr("192.0.2.2")}, ErrNoAddress},
		{"local", route.Entry{Prefix: prefix("10.0.0.0/8"), Kind: route.Local, Interface: 2}, nil},
		{"exists", route.Entry{Prefix: prefix("192.0.2.0/24"), Interface: 2}, route.ErrExists},
	} {
		if err := h.AddRoute(tt.e); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	for _, e := range []route.Entry{
		{Prefix: prefix("10.0.0.0/8"), Gateway: gw, Metric: 5},
		{Prefix: prefix("10.0.0.0/8"), Interface: 2, Metric: 3, Src: addr("198.51.100.1")},
	} {
		if err := h.AddRoute(e); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := h.Route(addr("10.1.1.1"), netip.Addr{}); err != nil || r.NextHop != addr("10.1.1.1") || r.Src != addr("198.51.100.1") {
		t.Errorf("%+v, %v", r, err)
	}
	if err := h.RemoveRoute(route.Entry{Prefix: prefix("10.0.0.0/8"), Gateway: addr("192.0.2.9")}); !errors.Is(err, route.ErrNotFound) {
		t.Errorf("removed with another gateway: %v", err)
	}
	if err := h.RemoveRoute(route.Entry{Prefix: prefix("192.0.2.1/32"), Kind: route.Local}); !errors.Is(err, route.ErrNotFound) {
		t.Errorf("removed an address: %v", err)
	}
	if err := h.RemoveRoute(route.Entry{Prefix: prefix("10.0.0.0/8"), Metric: 3}); err != nil {
		t.Error(err)
	}
	if r, err := h.Route(addr("10.1.1.1"), netip.Addr{}); err != nil || r.NextHop != gw || r.Src != addr("192.0.2.1") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWithoutLinkHeaders(t *testing.T) {
	h := newHost(t, 1)
	i, err := h.AddInterface(InterfaceConfig{Name: "tun0", MTU: 1500, Headers: link.HeaderNone})
	if err != nil {
		t.Fatal(err)
	}
	h.eth = append(h.eth, i)
	if err := h.AddAddress(0, i, prefix("10.0.0.1/24")); err != nil {
		t.Fatal(err)
	}
	if err := h.send(0, "10.0.0.2", 10); err != nil {
		t.Fatal(err)
	}
	if i.Out.Len() != 1 || i.Out.At(0).Len() != 30 || i.Out.At(0).NetworkOffset != 0 {
		t.Fatalf("%d frames", i.Out.Len())
	}
	p := i.Out.At(0)
	ip := header(p)
	src, dst := ip.Src().As4(), ip.Dst().As4()
	copy(ip[12:], dst[:])
	copy(ip[16:], src[:])
	h.Input(0, i, p)
	i.Out.Clear()
	if len(h.received) != 1 {
		t.Errorf("not received: %v", names(h.Drops()))
	}
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for c := range NumCounters {
		if c.String() == "" || seen[c.String()] {
			t.Errorf("counter %d is called %q", c, c)
		}
		seen[c.String()] = true
	}
	for r := range NumDropReasons {
		if r.String() == "" || seen[r.String()] {
			t.Errorf("reason %d is called %q", r, r)
		}
		seen[r.String()] = true
	}
	if NumCounters.String() != fmt.Sprintf("Counter(%d)", NumCounters) || NumDropReasons.String() != fmt.Sprintf("DropReason(%d)", NumDropReasons) {
		t.Error("out of range")
	}
}
