package dissect

// Neighbour discovery options (IANA's registry).
const (
	ndSourceLink   = 1
	ndTargetLink   = 2
	ndPrefix       = 3
	ndRedirected   = 4
	ndMTU          = 5
	ndInterval     = 7
	ndHomeAgent    = 8
	ndNonce        = 14
	ndRoute        = 24
	ndDNSServers   = 25
	ndSearchList   = 31
	ndPref64       = 38
	ndInfinity     = 0xffffffff
	ndOptionHeader = 2
)

var ndOptionNames = names{
	ndSourceLink: "source link-address",
	ndTargetLink: "destination link-address",
	ndPrefix:     "prefix info",
	ndRedirected: "redirected header",
	ndMTU:        "mtu",
	ndDNSServers: "rdnss",
	ndSearchList: "dnssl",
	ndInterval:   "advertisement interval",
	ndHomeAgent:  "homeagent information",
	ndNonce:      "nonce",
	ndRoute:      "route info",
	ndPref64:     "pref64",
}

var ndRouterFlags = []bitName{{0x80, "managed"}, {0x40, "other stateful"}, {0x20, "home agent"}, {0x02, "ipv6 only"}}

var ndPrefixFlags = []bitName{{0x80, "onlink"}, {0x40, "auto"}, {0x20, "router"}}

var ndAdvertFlags = []bitName{{0x80000000, "router"}, {0x40000000, "solicited"}, {0x20000000, "override"}}

// ndPreferences are those of a router or route (RFC 4191).
var ndPreferences = [4]string{"medium", "high", "rsv", "low"}

// pref64Lengths are the prefix lengths of a NAT64 prefix (RFC 8781).
var pref64Lengths = [8]string{"96", "64", "56", "48", "40", "32", "??", "??"}

// routerAdvertisement prints the fields before the options (RFC 4861, section
// 4.2).
func (p *Printer) routerAdvertisement(v view) {
	v.need(4, 12)
	flags := v.u8(5)
	p.f("\n\thop limit %u, Flags [", v.u8(4))
	p.bits(ndRouterFlags, flags, ", ", "none")
	p.s("], pref ")
	p.s(ndPreferences[flags>>3&3])
	p.f(", router lifetime %us, reachable time %ums, retrans timer %ums", v.u16(6), v.u32(8), v.u32(12))
}

// ndOptions prints neighbour discovery options. It reports false if they are cut.
func (p *Printer) ndOptions(all view, left uint32) bool {
	for v := all; len(v) > 0; {
		if !v.has(0, 2) {
			return false
		}
		if int32(left) <= 0 {
			return true
		}
		typ, n := v.u8(0), v.u8(1)*8
		if n == 0 || !v.has(0, n) {
			return false
		}
		p.s("\n\t  ")
		p.name(ndOptionNames, typ, "unknown")
		p.f(" option (%u), length %u (%u): ", typ, n, n/8)
		value := v.upTo(n).from(ndOptionHeader)
		switch {
		case typ == ndRedirected:
			p.unknownData(all, "\n\t    ", n)
		case typ == ndSearchList:
			if !p.ndSearchList(all, all.len()-v.len(), n) {
				return false
			}
		case !p.ndOption(v, typ, n):
			return false
		}
		if _, known := ndOptionNames[typ]; !known && p.Verbose <= 1 {
			p.unknownData(value, "\n\t  ", n-ndOptionHeader)
			return true
		}
		if p.Verbose > 1 {
			p.unknownData(value, "\n\t    ", n-ndOptionHeader)
		}
		v, left = v.from(n), left-n
	}
	return true
}

// ndOption prints the value of an option, which was captured whole. It reports
// false if its length is impossible.
func (p *Printer) ndOption(v view, typ, n uint32) bool {
	switch typ {
	case ndSourceLink, ndTargetLink:
		p.hexBytes(v.from(2), n-2, ":")
	case ndNonce:
		p.hexBytes(v.from(2), n-2, " ")
	case ndPrefix:
		v.need(16, 16)
		p.ip6(v, 16)
		p.f("/%u", v.u8(2))
		if n != 32 {
			p.s("badlen")
		}
		p.s(", Flags [")
		p.bits(ndPrefixFlags, v.u8(3), ", ", "none")
		p.s("], valid time ")
		p.ndLifetime(v.u32(4))
		p.s(", pref. time ")
		p.ndLifetime(v.u32(8))
	case ndMTU:
		p.f(" %u", v.u32(4))
		if n != 8 {
			p.s("bad option length")
		}
	case ndDNSServers:
		p.f(" lifetime %us,", v.u32(4))
		for i := range (n/8 - 1) / 2 {
			p.s(" addr: ")
			p.ip6(v, 8+16*i)
		}
	case ndInterval:
		p.f(" %ums", v.u32(4))
	case ndHomeAgent:
		p.f(" preference %u, lifetime %u", v.u16(4), v.u16(6))
	case ndRoute:
		if n > 24 {
			return false
		}
		var a [16]byte
		copy(a[:], v[8:n])
		p.c(' ')
		p.ip6(view(a[:]), 0)
		p.f("/%u, pref=", v.u8(2))
		p.s(ndPreferences[v.u8(3)>>3&3])
		p.s(", lifetime=")
		p.ndLifetime(v.u32(4))
	case ndPref64:
		if n != 16 {
			p.s("bad option length! ")
		}
		v.need(2, 14)
		scaled := v.u16(2)
		var a [16]byte
		copy(a[:12], v[4:])
		p.ip6(view(a[:]), 0)
		p.c('/')
		p.s(pref64Lengths[scaled&7])
		p.f(" (plc %u), lifetime %us", scaled&7, scaled&0xfff8)
	}
	return true
}

// ndSearchList prints the option at i of all options, whose names may refer back.
// It reports false if a name is bad.
func (p *Printer) ndSearchList(all view, i, n uint32) bool {
	p.f(" lifetime %us, domain(s):", all.u32(i+4))
	end := i + n
	var ok bool
	for at := i + 8; at < end && all.u8(at) != 0; {
		p.c(' ')
		if at, ok = p.dnsName(all, at); !ok {
			return false
		}
	}
	return true
}

func (p *Printer) ndLifetime(secs uint32) {
	if secs == ndInfinity {
		p.s("infinity")
	} else {
		p.f("%us", secs)
	}
}
