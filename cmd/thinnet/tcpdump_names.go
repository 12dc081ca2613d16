package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"time"

	"thinnet/capture/pcapfilter"
)

// hostNames looks up hosts with the resolver of this computer, and remembers.
type hostNames struct {
	pcapfilter.BuiltinNames
	ctx context.Context

	mu    sync.Mutex
	known map[netip.Addr]string
}

// Limits of looking up.
const (
	maxHostNames = 1 << 16
	lookupTime   = 5 * time.Second
)

func newHostNames(ctx context.Context) *hostNames {
	return &hostNames{ctx: ctx, known: make(map[netip.Addr]string)}
}

// Host returns a host's addresses.
func (h *hostNames) Host(name string) []netip.Addr {
	ctx, cancel := context.WithTimeout(h.ctx, lookupTime)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return nil
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs
}

// name returns the name of an address, "" if it has none.
func (h *hostNames) name(a netip.Addr) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	name, known := h.known[a]
	if known {
		return name
	}
	ctx, cancel := context.WithTimeout(h.ctx, lookupTime)
	defer cancel()
	if names, err := net.DefaultResolver.LookupAddr(ctx, a.String()); err == nil && len(names) > 0 {
		name = strings.TrimSuffix(names[0], ".")
	}
	if len(h.known) == maxHostNames {
		clear(h.known)
	}
	h.known[a] = name
	return name
}

// interfaceName returns the name of an interface of this computer.
func interfaceName(index uint32) string {
	i, err := net.InterfaceByIndex(int(index))
	if err != nil {
		return ""
	}
	return i.Name
}

// localNet returns the network of an interface's first IPv4 address.
func localNet(device string) (netip.Prefix, error) {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return netip.Prefix{}, errNoIPv4
	}
	addrs, err := i.Addrs()
	if err != nil {
		return netip.Prefix{}, err
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			return p.Masked(), nil
		}
	}
	return netip.Prefix{}, errNoIPv4
}

var errNoIPv4 = errors.New("no IPv4 address assigned")

// rotated runs the command of tcpdump -z on a file, and does not wait for it.
func rotated(command, file string) {
	c := exec.Command(command, file)
	if c.Start() == nil {
		go func() { _ = c.Wait() }()
	}
}
