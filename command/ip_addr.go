package command

import (
	"net/netip"
	"slices"
)

func (r *ipRun) showAddresses() error {
	name, err := r.one()
	if err != nil {
		return err
	}
	links, err := r.devices(name)
	if err != nil {
		return err
	}
	for _, i := range links {
		if r.inet && len(i.Addresses) == 0 {
			continue
		}
		if r.brief {
			r.env.printf("%-16s %-14s ", i.Name, linkState(i))
			for _, p := range i.Addresses {
				r.env.printf("%s ", p)
			}
			r.env.printf("\n")
			continue
		}
		r.printLink(i, "")
		scope := "global"
		if i.Loopback {
			scope = "host"
		}
		for _, p := range i.Addresses {
			r.env.printf("    inet %s scope %s %s\n       valid_lft forever preferred_lft forever\n", p, scope, i.Name)
		}
	}
	return nil
}

// addressArgs reads `PREFIX dev NAME`.
func (r *ipRun) addressArgs() (dev string, p netip.Prefix, err error) {
	for {
		s, ok := r.next()
		if !ok {
			break
		}
		switch s {
		case "dev":
			dev, err = r.value()
		case "brd", "broadcast", "scope": // follow from the address
			_, err = r.value()
		case "local":
			if s, err = r.value(); err == nil {
				p, err = ipPrefix(s)
			}
		default:
			p, err = ipPrefix(s)
		}
		if err != nil {
			return "", p, err
		}
	}
	if dev == "" {
		return "", p, fail(ipFailed, "Not enough information: \"dev\" argument is required.")
	}
	if _, ok := r.device(dev); !ok {
		return "", p, ipNoDevice(dev)
	}
	if !p.IsValid() {
		return "", p, fail(ipFailed, "Not enough information: address is required.")
	}
	return dev, p, nil
}

func (r *ipRun) addAddress() error {
	dev, p, err := r.addressArgs()
	if err != nil {
		return err
	}
	if i, _ := r.device(dev); slices.Contains(i.Addresses, p) {
		return fail(ipKernel, "Error: ipv4: Address already assigned.")
	}
	return ipAnswer(r.stack.AddAddress(dev, p))
}

func (r *ipRun) deleteAddress() error {
	dev, p, err := r.addressArgs()
	if err != nil {
		return err
	}
	i, _ := r.device(dev)
	at := slices.IndexFunc(i.Addresses, func(own netip.Prefix) bool {
		// A length that is not said is any.
		return own == p || own.Addr() == p.Addr() && p.IsSingleIP()
	})
	if at < 0 {
		return fail(ipKernel, "Error: ipv4: Address not found.")
	}
	return ipAnswer(r.stack.RemoveAddress(dev, i.Addresses[at]))
}
