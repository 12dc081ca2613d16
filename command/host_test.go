package command

import (
	"net"
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
