package dissect

import (
	"net/netip"
	"strings"

	"thinnet/wire"
)

// ip4 prints the IPv4 address at i.
func (p *Printer) ip4(v view, i uint32) {
	v.need(i, 4)
	a := [4]byte(v[i:])
	if p.Numeric || p.Host == nil || !p.host(netip.AddrFrom4(a)) {
		p.ip4Number(a)
	}
}

// ip4Number prints an IPv4 address as numbers, whatever it is called.
func (p *Printer) ip4Number(a [4]byte) {
	out := p.out
	for j, b := range a {
		if j > 0 {
			out = append(out, '.')
		}
		if b >= 100 {
			out = append(out, '0'+b/100)
		}
		if b >= 10 {
			out = append(out, '0'+b/10%10)
		}
		out = append(out, '0'+b%10)
	}
	p.out = out
}

// ip6 prints the IPv6 address at i.
func (p *Printer) ip6(v view, i uint32) {
	v.need(i, 16)
	a := [16]byte(v[i:])
	if p.Numeric || p.Host == nil || !p.host(netip.AddrFrom16(a)) {
		p.ip6Number(a)
	}
}

// ip6Number prints an IPv6 address as numbers, whatever it is called.
func (p *Printer) ip6Number(a [16]byte) {
	// An address in which just the last four bytes are not zero is an
	// IPv4-compatible one to tcpdump, as to inet_ntop.
	if [12]byte(a[:]) == [12]byte{} && a[12]|a[13] != 0 {
		p.s("::")
		p.out = netip.AddrFrom4([4]byte(a[12:])).AppendTo(p.out)
		return
	}
	p.out = netip.AddrFrom16(a).AppendTo(p.out)
}

// host prints the name of an address if it has one.
func (p *Printer) host(a netip.Addr) bool {
	name := p.Host(a)
	if name == "" {
		return false
	}
	if p.NoDomain {
		name, _, _ = strings.Cut(name, ".")
	}
	p.s(name)
	return true
}

// mac prints the IEEE 802 address at i, with the name of who made the card.
func (p *Printer) mac(v view, i uint32) {
	v.need(i, 6)
	a := wire.MAC(v[i:])
	if a == wire.Broadcast && !p.Numeric {
		p.s("Broadcast")
		return
	}
	p.out = a.AppendTo(p.out)
	if !p.Numeric {
		p.s(" (oui ")
		p.name(ouis, v.u24(i), "Unknown")
		p.c(')')
	}
}

// linkAddress prints a hardware address of n bytes at i.
func (p *Printer) linkAddress(v view, i, n uint32) {
	switch n {
	case 0:
		p.s("<empty>")
	case 6:
		p.mac(v, i)
	default:
		v.need(i, n)
		p.hexBytes(v.from(i), n, ":")
	}
}

// ouis are the organisations that tcpdump knows by the first three bytes of
// their addresses.
var ouis = names{
	0x000000: "Ethernet",
	0x00000c: "Cisco",
	0x00005e: "IANA",
	0x000081: "Nortel Networks SONMP",
	0x0000f8: "Cisco bridged",
	0x00049f: "Freescale",
	0x0004ea: "HP-Labs",
	0x001018: "Broadcom",
	0x00120f: "IEEE 802.3 Private",
	0x0012bb: "ANSI/TIA",
	0x0015ad: "Netronome",
	0x0019a7: "ITU-T",
	0x001b21: "DCBX",
	0x002320: "Nicira Networks",
	0x002481: "HP",
	0x0080c2: "Ethernet bridged",
	0x009069: "Juniper",
	0x00a03e: "ATM Forum",
	0x00e004: "PMC-Sierra",
	0x00e02f: "DOCSIS Spanning Tree",
	0x080007: "Appletalk",
	0x080009: "Hewlett-Packard",
	0x5c16c7: "Big Switch Networks",
	0x748771: "Infoblox Inc",
	0xa42305: "Open Networking Lab",
	0xb0d2f5: "Vello Systems",
	0xd0f0db: "Ericsson",
}
