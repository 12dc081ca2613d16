package thinnet_test

import (
	"strings"
	"testing"

	"thinnet"
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
