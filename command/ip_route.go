package command

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"thinnet/network/route"
)

const ipRouteUsage = `Usage: ip route show [ PREFIX ]
       ip route get ADDRESS
       ip route { add | replace | del } [ blackhole | unreachable ] PREFIX [ via ADDRESS ] [ dev IFNAME ] [ src ADDRESS ] [ metric NUMBER ] [ mtu [ lock ] NUMBER ] [ initcwnd NUMBER ]`

var defaultRoute = netip.PrefixFrom(netip.IPv4Unspecified(), 0)

func ipDestination(s string) (netip.Prefix, error) {
	if s == "default" {
		return defaultRoute, nil
	}
	return ipPrefix(s)
}

func (r *ipRun) showRoutes() error {
	var only netip.Prefix
	dev := ""
	for {
		s, ok := r.next()
		if !ok {
			break
		}
		var err error
		switch s {
		case "dev":
			dev, err = r.value()
		default:
			only, err = ipDestination(s)
		}
		if err != nil {
			return err
		}
	}
	if _, ok := r.device(dev); dev != "" && !ok {
		return ipNoDevice(dev)
	}
	for _, e := range r.stack.Routes() {
		if only.IsValid() && e.Prefix != only || dev != "" && r.nameOf(e.Interface) != dev {
			continue
		}
		r.printRoute(e)
	}
	return nil
}

func (r *ipRun) printRoute(e route.Entry) {
	out := r.env.printf
	if e.Kind != route.Unicast {
		out("%s ", e.Kind)
	}
	switch {
	case e.Prefix.Bits() == 0:
		out("default ")
	case e.Prefix.IsSingleIP():
		out("%s ", e.Prefix.Addr())
	default:
		out("%s ", e.Prefix)
	}
	if e.Gateway.IsValid() {
		out("via %s ", e.Gateway)
	}
	if e.Interface != 0 {
		out("dev %s ", r.nameOf(e.Interface))
	}
	switch {
	case e.Connected:
		out("proto kernel scope link ")
	case e.Kind == route.Unicast && !e.Gateway.IsValid():
		out("scope link ")
	}
	if e.Src.IsValid() {
		out("src %s ", e.Src)
	}
	if e.Metric != 0 {
		out("metric %d ", e.Metric)
	}
	if e.MTU != 0 {
		out("%s ", mtuText(e.MTU, e.LockMTU))
	}
	if e.InitCwnd != 0 {
		out("initcwnd %d ", e.InitCwnd)
	}
	out("\n")
}

func mtuText(mtu int, locked bool) string {
	if locked {
		return fmt.Sprintf("mtu lock %d", mtu)
	}
	return fmt.Sprintf("mtu %d", mtu)
}

// cached returns what the host has learnt of the path to dst, as ip route get shows it.
func (r *ipRun) cached(dst netip.Addr) string {
	path, expires, ok := r.stack.LearntPathMTU(dst)
	if !ok {
		return ""
	}
	return fmt.Sprintf("expires %dsec %s ", int(expires.Seconds()), mtuText(path.MTU, path.Locked))
}

func (r *ipRun) getRoute() error {
	s, ok := r.next()
	if !ok {
		return fail(ipFailed, "need at least a destination address")
	}
	p, err := ipPrefix(s)
	if err != nil {
		return err
	}
	dst := p.Addr()
	found, err := r.stack.LookupRoute(dst)
	if err != nil {
		return ipAnswer(err)
	}
	switch {
	case found.Local:
		r.env.printf("local %s dev lo src %s uid 0 \n    cache <local> \n", dst, found.Src)
	case found.Broadcast:
		r.env.printf("broadcast %s dev %s src %s uid 0 \n    cache <local,brd> \n", dst, found.Interface.Name, found.Src)
	case found.NextHop.IsValid() && found.NextHop != dst:
		r.env.printf("%s via %s dev %s src %s uid 0 \n    cache %s\n", dst, found.NextHop, found.Interface.Name, found.Src, r.cached(dst))
	default:
		r.env.printf("%s dev %s src %s uid 0 \n    cache %s\n", dst, found.Interface.Name, found.Src, r.cached(dst))
	}
	return nil
}

// routeArgs reads a route.
func (r *ipRun) routeArgs() (e route.Entry, err error) {
	if len(r.args) == 0 {
		return e, fail(ipUnknown, ipRouteUsage)
	}
	for {
		s, ok := r.next()
		if !ok {
			break
		}
		switch s {
		case "blackhole":
			e.Kind = route.Blackhole
		case "unreachable":
			e.Kind = route.Unreachable
		case "via":
			if s, err = r.value(); err == nil {
				e.Gateway, err = ipAddr(s)
			}
		case "src":
			if s, err = r.value(); err == nil {
				e.Src, err = ipAddr(s)
			}
		case "dev":
			if s, err = r.value(); err == nil {
				i, ok := r.device(s)
				if !ok {
					return e, ipNoDevice(s)
				}
				e.Interface = i.Index
			}
		case "metric":
			if s, err = r.value(); err == nil {
				n, convErr := strconv.ParseUint(s, 0, 32)
				if convErr != nil {
					return e, fail(ipUnknown, "Error: argument %q is wrong: \"metric\" value is invalid\n", s)
				}
				e.Metric = uint32(n)
			}
		case "mtu":
			e.MTU, e.LockMTU, err = r.mtu()
		case "initcwnd":
			e.InitCwnd, err = r.metric(s)
		case "to":
		default:
			e.Prefix, err = ipDestination(s)
		}
		if err != nil {
			return e, err
		}
	}
	if !e.Prefix.IsValid() {
		return e, fail(ipFailed, "need at least a destination address")
	}
	return e, nil
}

// mtu reads what follows "mtu": [ lock ] NUMBER.
func (r *ipRun) mtu() (mtu int, lock bool, err error) {
	if len(r.args) > 0 && r.args[0] == "lock" {
		lock = true
		r.next()
	}
	mtu, err = r.metric("mtu")
	return mtu, lock, err
}

// metric reads the value of a metric.
func (r *ipRun) metric(name string) (int, error) {
	s, err := r.value()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(s, 0, 31)
	if err != nil {
		return 0, fail(ipUnknown, "Error: argument %q is wrong: %q value is invalid\n", s, name)
	}
	return int(n), nil
}

func (r *ipRun) addRoute() error {
	e, err := r.routeArgs()
	if err != nil {
		return err
	}
	if e.Kind == route.Unicast && e.Interface == 0 && !e.Gateway.IsValid() {
		return fail(ipKernel, "RTNETLINK answers: No such device")
	}
	return ipAnswer(r.stack.AddRoute(e))
}

func (r *ipRun) replaceRoute() error {
	args := r.args
	e, err := r.routeArgs()
	if err != nil {
		return err
	}
	old := route.Entry{Prefix: e.Prefix, Kind: e.Kind, Metric: e.Metric}
	if err := r.stack.RemoveRoute(old); err != nil && !errors.Is(err, route.ErrNotFound) {
		return ipAnswer(err)
	}
	r.args = args
	return r.addRoute()
}

func (r *ipRun) deleteRoute() error {
	e, err := r.routeArgs()
	if err != nil {
		return err
	}
	return ipAnswer(r.stack.RemoveRoute(e))
}
