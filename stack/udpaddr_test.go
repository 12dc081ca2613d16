package stack_test

import (
	"net/netip"
	"testing"

	"thinnet/clock"
	"thinnet/stack"
)

// A socket that has sent nothing yet has no route, and a destination without an address
// has none either.
func TestWriteToNowhere(t *testing.T) {
	clk := clock.NewReal()
	defer clk.Close()
	s := stack.New(stack.Config{Clock: clk})
	defer s.Close()
	u, err := s.OpenUDP(netip.MustParseAddrPort("0.0.0.0:7"), netip.AddrPort{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.WriteTo([]byte("x"), netip.AddrPortFrom(netip.Addr{}, 7)); err == nil {
		t.Error("a datagram without a destination was sent")
	}
}
