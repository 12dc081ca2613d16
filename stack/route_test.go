package stack_test

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"thinnet/network/route"
	"thinnet/stack"
)

// A connection goes the way of the one before only as long as it is the way: where the routes
// have changed, or the one before had an address of the user's, it is looked up anew.
func TestRouteOfTheOneBefore(t *testing.T) {
	inTime(t, func(t *testing.T, h [2]*stack.Stack) {
		at := netip.AddrPortFrom(addr(1), 80)
		if _, err := h[1].ListenTCP(at, 0); err != nil {
			t.Fatal(err)
		}
		second := netip.MustParseAddr("10.0.0.9")
		if err := h[0].AddAddress("eth0", netip.PrefixFrom(second, 24)); err != nil {
			t.Fatal(err)
		}
		dial := func(local, want netip.Addr) {
			t.Helper()
			c, err := h[0].DialTCP(t.Context(), netip.AddrPortFrom(local, 0), at)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Local().Addr(); got != want {
				t.Errorf("from %v, want %v", got, want)
			}
		}
		anywhere := anyPort.Addr()
		dial(anywhere, addr(0))
		dial(anywhere, addr(0))
		dial(second, second)
		dial(anywhere, addr(0))
		way := route.Entry{Prefix: netip.PrefixFrom(at.Addr(), 32), Interface: 1, Src: second}
		if err := h[0].AddRoute(way); err != nil {
			t.Fatal(err)
		}
		dial(anywhere, second)
		dial(anywhere, second)
		if err := h[0].RemoveRoute(way); err != nil {
			t.Fatal(err)
		}
		dial(anywhere, addr(0))
		if err := h[0].RemoveAddress("eth0", netip.PrefixFrom(addr(0), 24)); err != nil {
			t.Fatal(err)
		}
		dial(anywhere, second)
		if err := h[0].AddRoute(route.Entry{Prefix: way.Prefix, Kind: route.Blackhole}); err != nil {
			t.Fatal(err)
		}
		for _, from := range []netip.Addr{second, anywhere} {
			if _, err := h[0].DialTCP(t.Context(), netip.AddrPortFrom(from, 0), at); !errors.Is(err, syscall.ENETUNREACH) {
				t.Errorf("from %v, where there is no way any more: %v", from, err)
			}
		}
	})
}
