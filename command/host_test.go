package command

import (
	"net"
	"net/netip"
	"testing"
	"testing/synctest"

	"thinnet"
)

// onHost runs a test in virtual time, on the only host of a network.
func onHost(t *testing.T, f func(t *testing.T, h *thinnet.Host)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Settle: synctest.Wait})
		defer n.Close()
		h, err := n.AddHost("a", thinnet.HostOptions{})
		if err != nil {
			t.Fatal(err)
		}
		f(t, h)
	})
}

// listen listens at a TCP address of a host, until its network is closed.
func listen(t *testing.T, h *thinnet.Host, at string) net.Listener {
	t.Helper()
	l, err := h.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// pair returns the first of two hosts, 10.0.0.1 and 10.0.0.2, and the link between them.
func pair(t *testing.T, n *thinnet.Network, names ...string) (*thinnet.Host, *thinnet.Link) {
	t.Helper()
	var ends []*thinnet.Interface
	for i, name := range names {
		h, err := n.AddHost(name, thinnet.HostOptions{})
		if err != nil {
			t.Fatal(err)
		}
		end, err := h.AddInterface("eth0", netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24))
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	l, err := n.Connect(ends[0], ends[1], thinnet.LinkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ends[0].Host(), l
}
