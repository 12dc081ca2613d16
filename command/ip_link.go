package command

import (
	"fmt"
	"strconv"
	"strings"

	"thinnet/link"
	"thinnet/network"
	"thinnet/stack"
)

func (r *ipRun) showLinks() error {
	name, err := r.one()
	if err != nil {
		return err
	}
	links, err := r.devices(name)
	if err != nil {
		return err
	}
	for _, i := range links {
		if r.brief {
			r.env.printf("%-16s %-14s %s %s \n", i.Name, linkState(i), i.MAC, linkFlags(i))
			continue
		}
		r.printLink(i, " mode DEFAULT")
	}
	return nil
}

// printLink prints what ip link and ip address both begin with.
func (r *ipRun) printLink(i stack.InterfaceInfo, mode string) {
	e := r.env
	e.printf("%d: %s: %s mtu %d qdisc noqueue state %s%s group default qlen 1000\n",
		i.Index, i.Name, linkFlags(i), i.MTU, linkState(i), mode)
	kind, broadcast := "ether", "ff:ff:ff:ff:ff:ff"
	if i.Loopback {
		kind, broadcast = "loopback", "00:00:00:00:00:00"
	}
	if !r.inet || mode != "" { // of addresses, IPv4's only
		e.printf("    link/%s %s brd %s\n", kind, i.MAC, broadcast)
	}
	if r.stats > 0 {
		r.printStats(i)
	}
}

func linkFlags(i stack.InterfaceInfo) string {
	flags := []string{"BROADCAST", "MULTICAST"}
	if i.Loopback {
		flags = []string{"LOOPBACK"}
	}
	if i.Up {
		flags = append(flags, "UP", "LOWER_UP")
	}
	return "<" + strings.Join(flags, ",") + ">"
}

func linkState(i stack.InterfaceInfo) string {
	switch {
	case !i.Up:
		return "DOWN"
	case i.Loopback:
		return "UNKNOWN"
	}
	return "UP"
}

// printStats prints the counters, and behind Linux's the reasons of the drops.
// What came in is dropped by the host, what goes out by the device as well.
func (r *ipRun) printStats(i stack.InterfaceInfo) {
	d, n := i.Device, i.Network
	rows := [2][5]uint64{
		{d.RxBytes, d.RxPackets, 0, n.Drops.Total(), 0},
		{d.TxBytes, d.TxPackets, 0, d.Drops.Total(), 0},
	}
	if i.Loopback {
		rows[0][0], rows[0][1] = n.InBytes, n.InPackets
		rows[1][0], rows[1][1] = n.OutBytes, n.OutPackets
	}
	widths := [...]int{10, 7, 6, 7, 7, 7}
	for _, row := range rows {
		for c, v := range row {
			widths[c] = max(widths[c], len(strconv.FormatUint(v, 10)))
		}
	}
	for k, head := range [2][7]string{
		{"RX:", "bytes", "packets", "errors", "dropped", "missed", "mcast"},
		{"TX:", "bytes", "packets", "errors", "dropped", "carrier", "collsns"},
	} {
		r.env.printf("    %s %*s", head[0], widths[0]-4, head[1])
		for c := 1; c < len(widths); c++ {
			r.env.printf(" %*s", widths[c], head[c+1])
		}
		r.env.printf(" %10s\n    ", "")
		for c, v := range append(rows[k][:], 0) {
			r.env.printf("%*d ", widths[c], v)
		}
		r.env.printf("\n")
	}
	if s := reasons(n.Drops[:], func(i int) string { return network.DropReason(i).String() }); s != "" {
		r.env.printf("    Dropped by the host: %s\n", s)
	}
	if s := reasons(d.Drops[:], func(i int) string { return link.DropReason(i).String() }); s != "" {
		r.env.printf("    Dropped by the device: %s\n", s)
	}
}

// reasons lists the counters that are not zero: "too long 3, loss 2".
func reasons(counts []uint64, name func(int) string) string {
	var list []string
	for i, n := range counts {
		if n > 0 {
			list = append(list, fmt.Sprintf("%s %d", name(i), n))
		}
	}
	return strings.Join(list, ", ")
}

func (r *ipRun) setLink() error {
	name, ok := r.next()
	if name == "dev" {
		name, ok = r.next()
	}
	if !ok {
		return fail(ipFailed, "Not enough information: \"dev\" argument is required.")
	}
	if _, ok := r.device(name); !ok {
		return ipNoDevice(name)
	}
	for {
		s, ok := r.next()
		if !ok {
			return nil
		}
		var err error
		switch s {
		case "up", "down":
			err = r.stack.SetUp(name, s == "up")
		case "mtu":
			if s, err = r.value(); err != nil {
				return err
			}
			mtu, convErr := strconv.Atoi(s)
			switch {
			case convErr != nil:
				return fail(ipUnknown, "Error: argument %q is wrong: Invalid \"mtu\" value\n", s)
			case mtu < 68:
				return fail(ipKernel, "Error: mtu less than device minimum.")
			case mtu > 65535:
				return fail(ipKernel, "Error: mtu greater than device maximum.")
			}
			err = r.stack.SetMTU(name, mtu)
		default:
			return ipGarbage(s)
		}
		if err != nil {
			return ipAnswer(err)
		}
	}
}
