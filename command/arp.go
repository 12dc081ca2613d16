package command

import (
	"context"
	"errors"
	"net/netip"
	"syscall"

	"thinnet/getopt"
	"thinnet/network/neighbor"
	"thinnet/wire"
)

var arp = &Command{
	Name:    "arp",
	Summary: "show and change the neighbours' hardware addresses",
	Usage:   "[-n] [-a] [-i if] [hostname] | -d host | -s host hwaddr",
	Example: `  arp -n                             who is known, by address
  arp -d server                      forget one
  arp -s 10.0.0.9 02:00:00:00:00:09  set one for good`,
	Run: runARP,
}

const arpUsage = `Usage:
  arp [-n]  [-i <if>] [-a] [<hostname>]             <-Display ARP cache
  arp       [-i <if>] -d  <host>                     <-Delete ARP entry
  arp       [-i <if>] -s  <host> <hwaddr>               <-Add entry

        -a                       display (all) hosts in alternative (BSD) style
        -e                       display (all) hosts in default (Linux) style
        -s, --set                set a new ARP entry
        -d, --delete             delete a specified entry
        -n, --numeric            don't resolve names
        -i, --device             specify network interface (e.g. eth0)
`

// Exit codes of arp.
const (
	arpFailed = 255
	arpMisuse = 3
)

// arpRun is one call of arp.
type arpRun struct {
	ipRun
	numeric, bsd bool
	dev          string
}

func runARP(ctx context.Context, e *Env, args []string) error {
	r := &arpRun{ipRun: ipRun{env: e, stack: e.Host.Stack()}}
	options, operands, err := getopt.Parse(args, "naedsvi:", "numeric=n", "delete=d", "set=s", "device:=i", "verbose=v")
	if err != nil {
		return fail(arpMisuse, "arp: %v\n%s", err, arpUsage)
	}
	do := byte(0)
	for _, o := range options {
		switch o.Name {
		case "n":
			r.numeric = true
		case "a":
			r.bsd = true
		case "i":
			r.dev = o.Value
		case "d", "s":
			do = o.Name[0]
		}
	}
	host := ""
	var addr netip.Addr
	if len(operands) > 0 {
		var ok bool
		host = operands[0]
		if addr, ok = e.resolve(ctx, host); !ok {
			return fail(arpFailed, "%s: Unknown host", host)
		}
	}
	switch do {
	case 'd':
		if host == "" {
			return fail(arpFailed, "arp: need host name")
		}
		return r.delete(host, addr)
	case 's':
		switch {
		case host == "":
			return fail(arpFailed, "arp: need host name")
		case len(operands) < 2:
			return fail(arpFailed, "arp: need hardware address")
		}
		return r.set(addr, operands[1])
	}
	return r.show(host, addr)
}

func (r *arpRun) show(host string, only netip.Addr) error {
	total, shown := 0, 0
	for _, n := range r.stack.Neighbors() {
		if n.State == neighbor.None {
			continue
		}
		total++
		name := r.nameOf(n.Interface)
		if only.IsValid() && n.Addr != only || r.dev != "" && name != r.dev {
			continue
		}
		shown++
		if r.bsd {
			r.bsdLine(n, name)
			continue
		}
		if shown == 1 {
			r.env.printf("%-24s %-7s %-19s %-5s %-15s %s\n", "Address", "HWtype", "HWaddress", "Flags", "Mask", "Iface")
		}
		r.linuxLine(n, name)
	}
	switch {
	case shown > 0 || total == 0 && host == "":
	case host != "":
		r.env.printf("%s (%s) -- no entry\n", host, only)
	default:
		r.env.printf("arp: in %d entries no match found.\n", total)
	}
	return nil
}

func (r *arpRun) linuxLine(n neighbor.Neighbor, dev string) {
	kind, mac, flags := "ether", n.MAC.String(), "C"
	switch {
	case n.State == neighbor.Permanent:
		flags = "CM"
	case n.MAC.IsZero():
		kind, mac, flags = "", "(incomplete)", ""
	}
	name := n.Addr.String()
	if host := r.env.hostName(n.Addr); host != "" && !r.numeric {
		name = host
	}
	r.env.printf("%-23s  %-7s %-19s %-5s %-15s %s\n", name, kind, mac, flags, "", dev)
}

func (r *arpRun) bsdLine(n neighbor.Neighbor, dev string) {
	name := r.env.hostName(n.Addr)
	if name == "" || r.numeric {
		name = "?"
	}
	mac := n.MAC.String() + " [ether]"
	if n.MAC.IsZero() {
		mac = "<incomplete>"
	}
	if n.State == neighbor.Permanent {
		mac += " PERM"
	}
	r.env.printf("%s (%s) at %s on %s\n", name, n.Addr, mac, dev)
}

func (r *arpRun) delete(host string, addr netip.Addr) error {
	for _, n := range r.stack.Neighbors() {
		if n.Addr == addr && (r.dev == "" || r.dev == r.nameOf(n.Interface)) {
			return r.stack.RemoveNeighbor(r.nameOf(n.Interface), addr)
		}
	}
	return fail(arpFailed, "No ARP entry for %s", host)
}

func (r *arpRun) set(addr netip.Addr, hwaddr string) error {
	mac, err := wire.ParseMAC(hwaddr)
	if err != nil {
		return fail(arpFailed, "arp: invalid hardware address")
	}
	dev := r.dev
	if dev == "" {
		way, err := r.stack.LookupRoute(addr)
		if err != nil || way.Local || way.NextHop.IsValid() && way.NextHop != addr {
			return fail(arpFailed, "SIOCSARP: Network is unreachable")
		}
		dev = way.Interface.Name
	}
	err = r.stack.AddNeighbor(dev, addr, mac)
	if errors.Is(err, syscall.ENODEV) {
		return fail(arpFailed, "SIOCSARP: No such device")
	}
	return err
}
