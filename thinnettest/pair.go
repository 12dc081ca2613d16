package thinnettest

import (
	"net/netip"
	"testing"

	"thinnet"
)

// Pair adds two hosts, client at 10.0.0.1 and server at 10.0.0.2, and a perfect
// cable between them.
func Pair(t *testing.T, n *thinnet.Network) (client, server *thinnet.Host, link *thinnet.Link) {
	t.Helper()
	hosts := make([]*thinnet.Host, 2)
	ports := make([]*thinnet.Interface, 2)
	for i, name := range []string{"client", "server"} {
		var err error
		if hosts[i], err = n.AddHost(name, thinnet.HostOptions{}); err != nil {
			t.Fatal(err)
		}
		addr := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)
		if ports[i], err = hosts[i].AddInterface("eth0", addr); err != nil {
			t.Fatal(err)
		}
	}
	link, err := n.Connect(ports[0], ports[1], thinnet.LinkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return hosts[0], hosts[1], link
}
