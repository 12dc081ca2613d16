package thinnet_test

import (
	"net/netip"
	"strings"
	"testing"

	"thinnet"
	"thinnet/link"
	"thinnet/link/cable"
)

// What is wrong with a link is said, and leaves its ends free for the right one.
func TestConnectMistakes(t *testing.T) {
	n := thinnet.New(thinnet.Options{Seed: 1})
	defer n.Close()
	h, err := n.AddHost("h", thinnet.HostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.AddInterface("a")
	if err != nil {
		t.Fatal(err)
	}
	taken, err := h.AddInterface("taken")
	if err != nil {
		t.Fatal(err)
	}
	none, err := h.AddInterface("a")
	if err == nil {
		t.Fatal("a second interface of one name")
	}
	sw, err := n.AddSwitch("sw", thinnet.SwitchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ports := make([]*thinnet.SwitchPort, 2)
	for k, name := range []string{"1", "2"} {
		if ports[k], err = sw.AddPort(name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Connect(taken, ports[0], thinnet.LinkOptions{}); err != nil {
		t.Fatal(err)
	}

	for _, c := range []struct {
		a, b thinnet.Port
		want string
	}{
		{a, a, "link h:a to h:a: both ends are the same port"},
		{ports[1], ports[1], "both ends are the same port"},
		{a, taken, "h:taken: something is plugged in already"},
		{a, ports[0], "sw:1: something is plugged in already"},
		{a, h.Interface("lo"), "h:lo: a loopback interface takes no link"},
		{a, none, "the port is nil: the error of AddInterface or AddPort says why"},
		{(*thinnet.SwitchPort)(nil), a, "the port is nil"},
		{a, nil, "the port is nil"},
	} {
		if _, err := n.Connect(c.a, c.b, thinnet.LinkOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if err := n.ConnectDevice(none, nil); err == nil {
		t.Error("a device at no port")
	}
	if _, err := n.Connect(a, ports[1], thinnet.LinkOptions{}); err != nil {
		t.Error(err)
	}
}

// An interface whose addresses are wrong is not added: it can be added again, and
// the host restarts without it.
func TestAddInterfaceMistakes(t *testing.T) {
	n := thinnet.New(thinnet.Options{Seed: 1})
	defer n.Close()
	h, err := n.AddHost("h", thinnet.HostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	good := netip.MustParsePrefix("10.0.0.1/24")
	for _, c := range []struct {
		wrong netip.Prefix
		want  string
	}{
		{netip.MustParsePrefix("fe80::1/64"), "h: eth0: address fe80::1/64: want IPv4 with a prefix length, such as 192.168.1.1/24"},
		{netip.Prefix{}, "h: eth0: address invalid Prefix: want IPv4 with a prefix length, such as 192.168.1.1/24"},
		{netip.MustParsePrefix("224.0.0.1/4"), "h: eth0: address 224.0.0.1/4: no host can have it"},
		{good, "h: eth0: address 10.0.0.1/24: it is there already"},
	} {
		if _, err := h.AddInterface("eth0", good, c.wrong); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %q", err, c.want)
		}
		if s := h.Stack(); len(s.Interfaces()) != 1 || len(s.Addresses()) != 0 || s.LocalAddr(good.Addr()) {
			t.Errorf("left behind: %v, %v", s.Interfaces(), s.Routes())
		}
	}
	if _, err := h.AddInterface("eth0", good); err != nil {
		t.Error(err)
	}
	h.Crash()
	if err := h.Restart(); err != nil {
		t.Error(err)
	}
}

// closing counts how often a device is closed.
type closing struct {
	link.Device
	n *int
}

func (c closing) Close() error {
	*c.n++
	return c.Device.Close()
}

// The network closes the devices that were plugged in, at a host and at a switch.
func TestCloseDevices(t *testing.T) {
	n := thinnet.New(thinnet.Options{Seed: 1})
	h, err := n.AddHost("h", thinnet.HostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.AddInterface("a")
	if err != nil {
		t.Fatal(err)
	}
	sw, err := n.AddSwitch("sw", thinnet.SwitchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := sw.AddPort("b")
	if err != nil {
		t.Fatal(err)
	}
	c, err := cable.New(n.Clock(), cable.Config{})
	if err != nil {
		t.Fatal(err)
	}
	atHost, atSwitch := 0, 0
	if err := n.ConnectDevice(a, closing{c.A(), &atHost}); err != nil {
		t.Fatal(err)
	}
	if err := n.ConnectDevice(b, closing{c.B(), &atSwitch}); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if atHost == 0 || atSwitch == 0 {
		t.Errorf("the device at the host was closed %d times, that at the switch %d", atHost, atSwitch)
	}
}
