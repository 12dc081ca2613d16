package dissect

// Lengths of DHCPv6 headers, in bytes.
const (
	dhcp6Len      = 4
	dhcp6RelayLen = 34
)

// dhcp6 prints DHCPv6 (RFC 8415).
func (p *Printer) dhcp6(v view, length uint32) {
	p.proto = "dhcp6"
	p.s("dhcp6")
	if !v.has(0, 4) {
		p.trunc()
		return
	}
	typ := v.u8(0)
	p.c(' ')
	p.name(dhcp6Messages, typ, "msgtype-%u")
	if p.Verbose == 0 {
		return
	}
	if typ == dhcp6RelayForw || typ == dhcp6RelayReply {
		p.s(" (")
		v.need(2, 16)
		p.s("linkaddr=")
		p.ip6(v, 2)
		v.need(18, 16)
		p.s(" peeraddr=")
		p.ip6(v, 18)
		p.dhcp6Options(v.upTo(length).from(dhcp6RelayLen))
	} else {
		p.f(" (xid=%x", v.u24(1))
		p.dhcp6Options(v.upTo(length).from(dhcp6Len))
	}
	p.c(')')
}

// dhcp6Options prints options, which fill the view.
func (p *Printer) dhcp6Options(v view) {
	for len(v) > 0 {
		if !v.has(0, 4) || !v.has(4, v.u16(2)) {
			p.trunc()
			return
		}
		code, n := v.u16(0), v.u16(2)
		p.s(" (")
		p.name(dhcp6OptionNames, code, "opt_%u")
		if !p.dhcp6Option(v.from(4).upTo(n), code) {
			p.trunc()
			return
		}
		p.c(')')
		v = v.from(4 + n)
	}
}

// dhcp6Option prints the value of an option. It reports false if the value runs
// beyond its end.
func (p *Printer) dhcp6Option(v view, code uint32) bool {
	n := v.len()
	ok := true
	switch code {
	case dhcp6ClientID, dhcp6ServerID:
		ok = p.duid(v)
	case dhcp6IAAddr:
		if ok = n >= 24; ok {
			p.c(' ')
			p.ip6(v, 0)
			p.f(" pltime:%u vltime:%u", v.u32(16), v.u32(20))
			p.dhcp6Options(v.from(24))
		}
	case dhcp6IANA, dhcp6IAPD:
		if ok = n >= 12; ok {
			p.f(" IAID:%u T1:%u T2:%u", v.u32(0), v.u32(4), v.u32(8))
			p.dhcp6Options(v.from(12))
		}
	case dhcp6IATA:
		if ok = n >= 4; ok {
			p.f(" IAID:%u", v.u32(0))
			p.dhcp6Options(v.from(4))
		}
	case dhcp6IAPrefix:
		if ok = n >= 25; ok {
			p.c(' ')
			p.ip6(v, 9)
			p.f("/%u pltime:%u vltime:%u", v.u8(8), v.u32(0), v.u32(4))
			p.dhcp6Options(v.from(25))
		}
	case dhcp6Request, dhcp6Echo:
		if ok = n%2 == 0; ok {
			for i := uint32(0); i < n; i += 2 {
				p.c(' ')
				p.name(dhcp6OptionNames, v.u16(i), "opt_%u")
			}
		}
	case dhcp6Preference:
		if ok = n == 1; ok {
			p.f(" %u", v.u8(0))
		}
	case dhcp6Elapsed:
		if ok = n == 2; ok {
			p.f(" %u", v.u16(0))
		}
	case dhcp6Lifetime, dhcp6ClientTime:
		if ok = n == 4; ok {
			p.f(" %u", v.u32(0))
		}
	case dhcp6RelayMsg:
		p.s(" (")
		p.dhcp6(v, n)
	case dhcp6Auth:
		if ok = n >= 11; ok {
			p.dhcp6Auth(v)
		}
	case dhcp6Status:
		if ok = n >= 2; ok {
			p.c(' ')
			if status := v.u16(0); status > 255 {
				p.s("INVALID code")
			} else {
				p.name(dhcp6StatusCodes, status, "code%u")
			}
		}
	case dhcp6InterfaceID, dhcp6SubscriberID:
		p.c(' ')
		p.hexStart(v)
	case dhcp6RemoteID:
		if ok = n >= 4; ok {
			p.f(" enterprise %u ", v.u32(0))
			p.hexStart(v.from(4))
		}
	case dhcp6LQRelayData:
		if ok = n >= 16; ok {
			p.c(' ')
			p.ip6(v, 0)
			p.c(' ')
			p.hexStart(v.from(16))
		}
	case dhcp6Reconfigure:
		if ok = n == 1; ok {
			switch typ := v.u8(0); typ {
			case dhcp6Renew:
				p.s(" for renew")
			case dhcp6InfoReq:
				p.s(" for inf-req")
			default:
				p.f(" for ???(%02x)", typ)
			}
		}
	case dhcp6SIPServers, dhcp6DNSServers, dhcp6SNTPServers, dhcp6NISServers, dhcp6NISPServers,
		dhcp6BCMCSServers, dhcp6PANAAgent, dhcp6LQClientLink:
		if ok = n%16 == 0; ok {
			for i := uint32(0); i < n; i += 16 {
				p.c(' ')
				p.ip6(v, i)
			}
		}
	case dhcp6LQQuery:
		if ok = n >= 17; ok {
			p.dhcp6Query(v)
		}
	case dhcp6ClientData:
		p.dhcp6Options(v)
	case dhcp6AFTRName:
		if ok = n >= 3; ok {
			p.dhcp6PlainName(v)
		}
	case dhcp6PosixTimezone, dhcp6TZDBTimezone, dhcp6MUDURL:
		if ok = n >= 5; ok {
			p.c(' ')
			p.charsToNul(v, n)
		}
	case dhcp6BootfileURL:
		p.c(' ')
		p.chars(v, n)
	case dhcp6SZTPRedirect, dhcp6UserClass:
		p.dhcp6Texts(v)
	case dhcp6VendorClass:
		if ok = n >= 4; ok {
			p.dhcp6VendorClass(v)
		}
	case dhcp6VendorOpts:
		if ok = n >= 4; ok {
			p.dhcp6VendorOptions(v)
		}
	case dhcp6SIPDomains, dhcp6DomainList:
		return p.dhcp6Domains(v)
	case dhcp6NTPServer:
		if ok = n >= 4; ok {
			return p.dhcp6NTP(v)
		}
	}
	if !ok {
		p.s(" ?")
	}
	return true
}

// hexStart prints the bytes in hexadecimal; without -vv the first ten.
func (p *Printer) hexStart(v view) {
	n := v.len()
	if p.Verbose < 2 {
		n = min(n, 10)
	}
	p.hexBytes(v, n, "")
	if n < v.len() {
		p.s("...")
	}
}

// duid prints a unique identifier. It reports false if it is too short.
func (p *Printer) duid(v view) bool {
	n := v.len()
	if n < 2 {
		return false
	}
	switch typ := v.u16(0); typ {
	case duidLinkTime:
		if n < 8 {
			return false
		}
		p.f(" hwaddr/time type %u time %u ", v.u16(2), v.u32(4))
		p.hexBytes(v.from(8), n-8, "")
	case duidEnterprise:
		if n < 6 {
			return false
		}
		p.f(" enterprise %u ", v.u32(2))
		p.hexBytes(v.from(6), n-6, "")
	case duidLink:
		if n < 4 {
			return false
		}
		p.f(" hwaddr type %u ", v.u16(2))
		p.hexBytes(v.from(4), n-4, "")
	case duidUUID:
		p.s(" uuid ")
		if n != 18 {
			return false
		}
		p.hexBytes(v.from(2), 16, "")
	default:
		p.f(" type %u", typ)
	}
	return true
}

func (p *Printer) dhcp6Query(v view) {
	switch typ := v.u8(0); typ {
	case 1:
		p.s(" by-address")
	case 2:
		p.s(" by-clientID")
	default:
		p.f(" type_%u", typ)
	}
	p.c(' ')
	p.ip6(v, 1)
	p.dhcp6Options(v.from(17))
}
