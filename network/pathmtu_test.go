package network

import (
	"net/netip"
	"testing"

	"thinnet/clock"
	"thinnet/network/pathmtu"
	"thinnet/network/route"
)

func TestPathMTU(t *testing.T) {
	h := newHost(t, 1, "192.0.2.1/24")
	h.addRoute("0.0.0.0/0", "192.0.2.254")
	way := func() *Route {
		r, err := h.Route(addr("8.8.8.8"), netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		return &r
	}
	r, other := way(), way()
	now := clock.Time(0)
	want := func(what string, r *Route, mtu int, locked bool) {
		t.Helper()
		if got := h.PathMTU(now, r); got != (pathmtu.Path{MTU: mtu, Locked: locked}) {
			t.Errorf("%s: %+v, want %d %v", what, got, mtu, locked)
		}
	}
	tell := func(mtu, length int, ok bool) {
		t.Helper()
		if got := h.ReducePathMTU(now, r, &Error{MTU: mtu, Length: length}); got != ok {
			t.Errorf("a message of MTU %d is taken: %v, want %v", mtu, got, ok)
		}
	}
	want("nothing known", r, 1500, false)
	tell(1500, 1500, false)
	tell(9000, 1500, false)
	tell(1400, 1500, true)
	want("told of less", r, 1400, false)
	want("by another who sends there", other, 1400, false)
	h.SetMTU(h.eth[0], 1300)
	want("the link takes even less", r, 1300, false)
	h.SetMTU(h.eth[0], 1500)
	// RFC 1191, section 5: not said, and quoted as longer than it was.
	tell(0, 1420, true)
	want("the plateau below", r, 1006, false)
	tell(0, 576, true)
	want("down to what fits all", r, pathmtu.Minimum, true)
	now = clock.Time(pathmtu.Lifetime)
	want("forgotten", r, 1500, false)
	tell(1400, 1500, true)
	if e := h.PathExpires(r); e != now.Add(pathmtu.Lifetime) {
		t.Errorf("expires at %v", e)
	}
	h.addRoute("8.8.0.0/16", "192.0.2.253")
	want("by another route", r, 1400, false)
}

// A route may have an MTU of its own, and forbid that another be found out.
func TestRouteMTU(t *testing.T) {
	for _, lock := range []bool{false, true} {
		h := newHost(t, 1, "192.0.2.1/24")
		e := route.Entry{Prefix: prefix("8.0.0.0/8"), Gateway: addr("192.0.2.254"), MTU: 1000, LockMTU: lock}
		if err := h.AddRoute(e); err != nil {
			t.Fatal(err)
		}
		if err := h.AddNeighbor(0, h.eth[0], e.Gateway, [6]byte{2, 9}); err != nil {
			t.Fatal(err)
		}
		r, err := h.Route(addr("8.8.8.8"), netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		if got := h.PathMTU(0, &r); got != (pathmtu.Path{MTU: 1000, Locked: lock}) || r.MTU() != 1000 {
			t.Errorf("locked %v: %+v, and of the link %d", lock, got, r.MTU())
		}
		if h.ReducePathMTU(0, &r, &Error{MTU: 600}) == lock {
			t.Errorf("locked %v: a message about it is taken: %v", lock, !lock)
		}
		if err := h.send(0, "8.8.8.8", 990, OutputHeader{DontFragment: true}); err != ErrTooLong {
			t.Errorf("too long for the route: %v", err)
		}
		if err := h.send(0, "8.8.8.8", 990); err != nil || len(h.out(0)) != 2 {
			t.Errorf("not split for the route: %v", err)
		}
	}
	h := newHost(t, 1, "192.0.2.1/24")
	for _, mtu := range []int{-1, 67, 65536} {
		if err := h.AddRoute(route.Entry{Prefix: prefix("8.0.0.0/8"), Gateway: addr("192.0.2.254"), MTU: mtu}); err == nil {
			t.Errorf("a route with an MTU of %d is taken", mtu)
		}
	}
}
