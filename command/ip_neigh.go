package command

import (
	"net/netip"
	"slices"

	"thinnet/network/neighbor"
	"thinnet/wire"
)

const ipNeighUsage = `Usage: ip neigh { add | del | change | replace } ADDRESS lladdr LLADDR dev IFNAME [ nud permanent ]
       ip neigh show [ dev IFNAME ]`

func (r *ipRun) showNeighbors() error {
	dev, err := r.one()
	if err != nil {
		return err
	}
	if _, ok := r.device(dev); dev != "" && !ok {
		return ipNoDevice(dev)
	}
	for _, n := range r.stack.Neighbors() {
		name := r.nameOf(n.Interface)
		if n.State == neighbor.None || dev != "" && name != dev {
			continue
		}
		r.env.printf("%s ", n.Addr)
		if dev == "" {
			r.env.printf("dev %s ", name)
		}
		if !n.MAC.IsZero() {
			r.env.printf("lladdr %s ", n.MAC)
		}
		r.env.printf("%s \n", n.State)
	}
	return nil
}

// neighborArgs are what a change of a neighbour needs.
type neighborArgs struct {
	dev  string
	addr netip.Addr
	mac  wire.MAC
}

func (r *ipRun) neighborArgs() (a neighborArgs, err error) {
	for {
		s, ok := r.next()
		if !ok {
			break
		}
		switch s {
		case "dev":
			a.dev, err = r.value()
		case "lladdr":
			if s, err = r.value(); err == nil {
				var macErr error
				if a.mac, macErr = wire.ParseMAC(s); macErr != nil {
					return a, fail(ipFailed, "%q is invalid lladdr.", s)
				}
			}
		case "nud":
			if s, err = r.value(); err == nil && s != "permanent" {
				return a, fail(ipFailed, "Error: argument %q is wrong: nud state is bad", s)
			}
		case "to":
		default:
			a.addr, err = ipAddr(s)
		}
		if err != nil {
			return a, err
		}
	}
	if a.dev == "" || !a.addr.IsValid() {
		return a, fail(ipFailed, "Device and destination are required arguments.")
	}
	if _, ok := r.device(a.dev); !ok {
		return a, ipNoDevice(a.dev)
	}
	return a, nil
}

func (r *ipRun) hasNeighbor(a neighborArgs) bool {
	return slices.ContainsFunc(r.stack.Neighbors(), func(n neighbor.Neighbor) bool {
		return n.Addr == a.addr && r.nameOf(n.Interface) == a.dev
	})
}

func (r *ipRun) addNeighbor() error {
	a, err := r.neighborArgs()
	if err != nil {
		return err
	}
	if r.hasNeighbor(a) {
		return fail(ipKernel, "RTNETLINK answers: File exists")
	}
	return ipAnswer(r.stack.AddNeighbor(a.dev, a.addr, a.mac))
}

func (r *ipRun) replaceNeighbor() error {
	a, err := r.neighborArgs()
	if err != nil {
		return err
	}
	return ipAnswer(r.stack.AddNeighbor(a.dev, a.addr, a.mac))
}

func (r *ipRun) deleteNeighbor() error {
	a, err := r.neighborArgs()
	if err != nil {
		return err
	}
	if !r.hasNeighbor(a) {
		return fail(ipKernel, "RTNETLINK answers: No such file or directory")
	}
	return ipAnswer(r.stack.RemoveNeighbor(a.dev, a.addr))
}
