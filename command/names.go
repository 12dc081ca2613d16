package command

import (
	"context"
	"net/netip"
)

// hostName returns the name of the host that has the address, or "".
func (e *Env) hostName(a netip.Addr) string {
	if a.IsLoopback() {
		return "localhost"
	}
	for _, h := range e.Host.Network().Hosts() {
		for _, i := range h.Stack().Interfaces() {
			for _, p := range i.Addresses {
				if p.Addr() == a {
					return h.Name()
				}
			}
		}
	}
	return ""
}

// resolve returns the address that a name or the text of an address means. It
// reports false if there is none.
func (e *Env) resolve(ctx context.Context, name string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(name); err == nil {
		return a, true
	}
	addrs, err := e.Host.LookupHost(ctx, name)
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}, false
	}
	return addrs[0], true
}
