package command

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"thinnet/network"
	"thinnet/network/route"
	"thinnet/stack"
)

var ip = &Command{
	Name:    "ip",
	Summary: "show and change addresses, links, routes and neighbours",
	Usage:   "[-s] [-br] [-4] { address | link | route | neighbour } [ show | add | del | set | get ] ...",
	Example: `  ip -br addr                          interfaces and their addresses
  ip -s link                           what each has carried, and dropped
  ip addr add 10.0.1.1/24 dev eth0     one address more
  ip route add default via 10.0.0.254  where to send what is for others
  ip link set eth0 down                pull the plug`,
	Run: runIP,
}

const ipUsage = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { address | link | neighbour | route }
       OPTIONS := { -V[ersion] | -s[tatistics] | -br[ief] | -4 }`

// Exit codes of ip.
const (
	ipFailed  = 1   // it could not be understood
	ipKernel  = 2   // the host refused
	ipUnknown = 255 // no such object, command or option
)

// ipRun is one call of ip.
type ipRun struct {
	env   *Env
	stack *stack.Stack
	stats int
	brief bool
	inet  bool     // IPv4 only
	args  []string // behind the command
}

// ipObject is what ip works on.
type ipObject struct {
	names    []string // whole, and as some spell it; a beginning is enough
	usage    string
	commands []ipCommand // the first is the default
}

type ipCommand struct {
	name string
	run  func(*ipRun) error
}

// In iproute2's order: of two names that begin alike the first is meant.
var ipObjects = []ipObject{
	{[]string{"address"}, "Usage: ip address { add | del } IFADDR dev IFNAME\n       ip address show [ dev ] [ IFNAME ]", []ipCommand{
		{"show", (*ipRun).showAddresses}, {"list", (*ipRun).showAddresses}, {"lst", (*ipRun).showAddresses},
		{"add", (*ipRun).addAddress}, {"delete", (*ipRun).deleteAddress}}},
	{[]string{"route"}, ipRouteUsage, []ipCommand{
		{"list", (*ipRun).showRoutes}, {"show", (*ipRun).showRoutes}, {"lst", (*ipRun).showRoutes},
		{"get", (*ipRun).getRoute}, {"add", (*ipRun).addRoute}, {"replace", (*ipRun).replaceRoute},
		{"delete", (*ipRun).deleteRoute}}},
	{[]string{"link"}, "Usage: ip link set [ dev ] IFNAME { up | down | mtu MTU }\n       ip link show [ dev ] [ IFNAME ]", []ipCommand{
		{"show", (*ipRun).showLinks}, {"list", (*ipRun).showLinks}, {"lst", (*ipRun).showLinks}, {"set", (*ipRun).setLink}}},
	{[]string{"neighbour", "neighbor"}, ipNeighUsage, []ipCommand{
		{"show", (*ipRun).showNeighbors}, {"list", (*ipRun).showNeighbors}, {"lst", (*ipRun).showNeighbors},
		{"add", (*ipRun).addNeighbor}, {"replace", (*ipRun).replaceNeighbor}, {"change", (*ipRun).replaceNeighbor},
		{"delete", (*ipRun).deleteNeighbor}}},
}

func runIP(_ context.Context, e *Env, args []string) error {
	r := &ipRun{env: e, stack: e.Host.Stack()}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		o := strings.TrimLeft(args[0], "-")
		switch {
		case o == "4":
			r.inet = true
		case o == "V" || matches(o, "Version"):
			e.printf("ip utility, iproute2-6.1.0, thinnet\n")
			return nil
		case matches(o, "statistics") || matches(o, "stats"):
			r.stats++
		case matches(o, "brief") && len(o) > 1:
			r.brief = true
		case matches(o, "help"):
			return fail(ipUnknown, ipUsage)
		default:
			return fail(ipUnknown, "Option %q is unknown, try \"ip -help\".", args[0])
		}
		args = args[1:]
	}
	if len(args) == 0 || matches(args[0], "help") {
		return fail(ipUnknown, ipUsage)
	}
	i := slices.IndexFunc(ipObjects, func(o ipObject) bool {
		return slices.ContainsFunc(o.names, func(name string) bool { return matches(args[0], name) })
	})
	if i < 0 {
		return fail(ipFailed, "Object %q is unknown, try \"ip help\".", args[0])
	}
	object := ipObjects[i]
	if len(args) == 1 {
		return object.commands[0].run(r)
	}
	r.args = args[2:]
	for _, c := range object.commands {
		if matches(args[1], c.name) {
			return c.run(r)
		}
	}
	if matches(args[1], "help") {
		return fail(ipUnknown, "%s", object.usage)
	}
	return fail(ipUnknown, "Command %q is unknown, try \"ip %s help\".", args[1], object.names[0])
}

// matches reports whether s is a beginning of name.
func matches(s, name string) bool { return s != "" && strings.HasPrefix(name, s) }

// next takes the next argument.
func (r *ipRun) next() (string, bool) {
	if len(r.args) == 0 {
		return "", false
	}
	s := r.args[0]
	r.args = r.args[1:]
	return s, true
}

// value takes the argument of a keyword.
func (r *ipRun) value() (string, error) {
	s, ok := r.next()
	if !ok {
		return "", fail(ipUnknown, "Command line is not complete. Try option \"help\"")
	}
	return s, nil
}

// one reads `[dev] NAME`, and returns "" if there is nothing.
func (r *ipRun) one() (string, error) {
	name := ""
	for {
		s, ok := r.next()
		switch {
		case !ok:
			return name, nil
		case s == "dev" && len(r.args) > 0:
			s, _ = r.next()
			fallthrough
		default:
			if name != "" {
				return "", ipGarbage(s)
			}
			name = s
		}
	}
}

func ipGarbage(s string) error {
	return fail(ipUnknown, "Error: either \"dev\" is duplicate, or %q is a garbage.", s)
}

// device returns the interface of that name.
func (r *ipRun) device(name string) (stack.InterfaceInfo, bool) {
	for _, i := range r.stack.Interfaces() {
		if i.Name == name {
			return i, true
		}
	}
	return stack.InterfaceInfo{}, false
}

// devices returns the interface of that name, or all of them for "".
func (r *ipRun) devices(name string) ([]stack.InterfaceInfo, error) {
	if name == "" {
		return r.stack.Interfaces(), nil
	}
	i, ok := r.device(name)
	if !ok {
		return nil, fail(ipFailed, "Device %q does not exist.", name)
	}
	return []stack.InterfaceInfo{i}, nil
}

// nameOf returns the name of the interface with an index.
func (r *ipRun) nameOf(index int) string {
	for _, i := range r.stack.Interfaces() {
		if i.Index == index {
			return i.Name
		}
	}
	return "?"
}

func ipNoDevice(name string) error { return fail(ipFailed, "Cannot find device %q", name) }

// ipPrefix reads an address with or without the length of a prefix. whole is
// what stands for a length that is not there: all bits.
func ipPrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || !p.Addr().Is4() {
		return p, fail(ipFailed, "Error: any valid prefix is expected rather than %q.", s)
	}
	return p, nil
}

func ipAddr(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return a, fail(ipFailed, "Error: any valid address is expected rather than %q.", s)
	}
	return a, nil
}

// ipAnswer says what the host says of a change, in the words of Linux.
func ipAnswer(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, route.ErrExists):
		return fail(ipKernel, "RTNETLINK answers: File exists")
	case errors.Is(err, route.ErrNotFound):
		return fail(ipKernel, "RTNETLINK answers: No such process")
	case errors.Is(err, route.ErrPrefix):
		return fail(ipKernel, "Error: Invalid prefix for given prefix length.")
	case errors.Is(err, network.ErrGateway):
		return fail(ipKernel, "Error: Nexthop has invalid gateway.")
	case errors.Is(err, network.ErrDown), errors.Is(err, syscall.ENETDOWN):
		return fail(ipKernel, "Error: Device for nexthop is not up.")
	case errors.Is(err, network.ErrNoRoute), errors.Is(err, syscall.ENETUNREACH):
		return fail(ipKernel, "RTNETLINK answers: Network is unreachable")
	case errors.Is(err, network.ErrHostUnreachable), errors.Is(err, syscall.EHOSTUNREACH):
		return fail(ipKernel, "RTNETLINK answers: No route to host")
	}
	return fail(ipKernel, "Error: %v.", err)
}
