package command

import (
	"context"
	"errors"
	"net/netip"

	"thinnet/capture"
	"thinnet/capture/pcapfilter"
	engine "thinnet/capture/tcpdump"
)

var tcpdump = &Command{
	Name:    "tcpdump",
	Summary: "show the packets of an interface",
	Usage:   "[-ADeKlnqStvxX#] [-c count] [-i interface] [-Q in|out|inout] [-r file] [-s snaplen] [-w file] [expression]",
	Example: `  tcpdump -i eth0 port 80                what goes to and from port 80
  tcpdump -nv -c 10 -i eth0 icmp or arp  ten packets, without names, in detail
  tcpdump -i eth0 -w web.pcapng          keep them for Wireshark
  tcpdump -nr web.pcapng --ladder        a connection as arrows between its ends`,
	Serves: true,
	Run:    runTCPDump,
}

func runTCPDump(ctx context.Context, e *Env, args []string) error {
	code := engine.Run(ctx, &engine.Env{
		Stdin: e.stdin(ctx), Stdout: e.Stdout, Stderr: e.Stderr,
		Open: e.open, Create: e.create,
		Now:     e.wallTime,
		Devices: e.tcpdumpDevices, Capture: e.captureOn,
		LinkTypes: func(string) ([]capture.LinkType, error) { return []capture.LinkType{capture.LinkTypeEthernet}, nil },
		LocalNet:  e.localNet,
		Ready:     e.ready,
		Names:     filterNames{e: e, ctx: ctx},
	}, args)
	if code != 0 {
		return exit(code)
	}
	return nil
}

// tcpdumpDevices lists what can be captured on, with loopback last.
func (e *Env) tcpdumpDevices() ([]engine.Device, error) {
	var devices, loopback []engine.Device
	for _, i := range e.Host.Stack().Interfaces() {
		switch {
		case !i.Up:
			devices = append(devices, engine.Device{Name: i.Name})
		case i.Loopback:
			loopback = append(loopback, engine.Device{Name: i.Name, Flags: []string{"Up", "Running", "Loopback"}})
		default:
			devices = append(devices, engine.Device{Name: i.Name, Flags: []string{"Up", "Running", "Connected"}})
		}
	}
	return append(devices, loopback...), nil
}

// localNet returns the network of an interface's first address.
func (e *Env) localNet(device string) (netip.Prefix, error) {
	for _, i := range e.Host.Stack().Interfaces() {
		if i.Name == device && len(i.Addresses) > 0 {
			return i.Addresses[0].Masked(), nil
		}
	}
	return netip.Prefix{}, errors.New("no IPv4 address assigned")
}

// filterNames knows the network's hosts by name.
type filterNames struct {
	pcapfilter.BuiltinNames
	e   *Env
	ctx context.Context
}

// Host returns the addresses of a host of the network.
func (n filterNames) Host(name string) []netip.Addr {
	addrs, err := n.e.Host.LookupHost(n.ctx, name)
	if err != nil {
		return nil
	}
	return addrs
}
