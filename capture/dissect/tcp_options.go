package dissect

// TCP option kinds (IANA's registry).
const (
	tcpOptEnd        = 0
	tcpOptNop        = 1
	tcpOptMSS        = 2
	tcpOptScale      = 3
	tcpOptSACKOK     = 4
	tcpOptSACK       = 5
	tcpOptEcho       = 6
	tcpOptEchoReply  = 7
	tcpOptTimestamps = 8
	tcpOptCC         = 11
	tcpOptCCNew      = 12
	tcpOptCCEcho     = 13
	tcpOptMD5        = 19
	tcpOptSCPS       = 20
	tcpOptUTO        = 28
	tcpOptAO         = 29
	tcpOptMPTCP      = 30
	tcpOptFastOpen   = 34
	tcpOptExperiment = 254
)

var tcpOptionNames = names{
	tcpOptEnd:        "eol",
	tcpOptNop:        "nop",
	tcpOptMSS:        "mss",
	tcpOptScale:      "wscale",
	tcpOptSACKOK:     "sackOK",
	tcpOptSACK:       "sack",
	tcpOptEcho:       "echo",
	tcpOptEchoReply:  "echoreply",
	tcpOptTimestamps: "TS",
	tcpOptCC:         "cc",
	tcpOptCCNew:      "ccnew",
	tcpOptCCEcho:     "ccecho",
	tcpOptMD5:        "md5",
	tcpOptSCPS:       "scps",
	tcpOptUTO:        "uto",
	tcpOptAO:         "tcp-ao",
	tcpOptMPTCP:      "mptcp",
	tcpOptFastOpen:   "tfo",
	tcpOptExperiment: "exp",
}

// tcpOptions prints options. It reports false, and has said so, if one is bad.
func (p *Printer) tcpOptions(v view, left, flags, sackBase uint32) bool {
	for first := true; left != 0; first = false {
		if !first {
			p.c(',')
		}
		kind := v.u8(0)
		n := uint32(1)
		head := uint32(1)
		if kind != tcpOptEnd && kind != tcpOptNop {
			n, head = v.u8(1), 2
			if n < 2 || n > left {
				return p.badTCPOption(first)
			}
		}
		switch kind {
		case tcpOptNop:
			p.s("nop")
		case tcpOptTimestamps:
			p.s("TS")
		default:
			p.name(tcpOptionNames, kind, "unknown-%u")
		}
		used, ok := p.tcpOption(v.from(head), kind, n-head, left-head, flags, sackBase)
		if !ok {
			return p.badTCPOption(first)
		}
		if head+used != n {
			p.f("[len %u]", n)
		}
		v, left = v.from(head+used), left-head-used
		if kind == tcpOptEnd {
			break
		}
	}
	return true
}

func (p *Printer) badTCPOption(first bool) bool {
	p.s("[bad opt]")
	if !first {
		p.c(']')
	}
	return false
}

// tcpOption prints the value of one option: v starts at it, n bytes long as the
// option says, with left bytes of options in all. It returns the length of the
// value as the kind has it; false if that does not fit.
func (p *Printer) tcpOption(v view, kind, n, left, flags, sackBase uint32) (used uint32, ok bool) {
	switch kind {
	case tcpOptEnd, tcpOptNop, tcpOptSACKOK:
		return 0, true
	case tcpOptMSS:
		if left < 2 {
			return 0, false
		}
		p.f(" %u", v.u16(0))
		return 2, true
	case tcpOptScale:
		if left < 1 {
			return 0, false
		}
		p.f(" %u", v.u8(0))
		return 1, true
	case tcpOptTimestamps:
		if left < 8 {
			return 0, false
		}
		val, ecr := v.u32(0), v.u32(4)
		p.s(" val ")
		p.u(val)
		p.s(" ecr ")
		p.u(ecr)
		return 8, true
	case tcpOptSACK:
		if n%8 != 0 {
			p.s(" invalid sack")
			return n, true
		}
		p.f(" %u ", n/8)
		for i := uint32(0); i < n; i += 8 {
			p.f("{%u:%u}", v.u32(i)-sackBase, v.u32(i+4)-sackBase)
		}
	case tcpOptCC, tcpOptCCNew, tcpOptCCEcho, tcpOptEcho, tcpOptEchoReply:
		if left < 4 {
			return 0, false
		}
		p.f(" %u", v.u32(0))
		return 4, true
	case tcpOptMD5:
		if left < 16 {
			return 0, false
		}
		v.need(0, 16)
		p.c(' ')
		p.hexBytes(v, 16, "")
		return 16, true
	case tcpOptSCPS:
		if left < 2 {
			return 0, false
		}
		p.f(" cap %02x id %u", v.u8(0), v.u8(1))
		return 2, true
	case tcpOptAO:
		p.tcpAuthentication(v, n)
	case tcpOptUTO:
		if left < 2 {
			return 0, false
		}
		// The lowest bit is the granularity: minutes or seconds (RFC 5482).
		value := v.u16(0)
		secs := value >> 1
		if value&1 != 0 {
			secs *= 60
		}
		p.f(" 0x%x %u", value, secs)
		return 2, true
	case tcpOptMPTCP:
		v.need(0, n)
		return n, p.mptcp(v.upTo(n), n, flags)
	case tcpOptFastOpen:
		v.need(0, n)
		p.c(' ')
		p.tcpFastOpen(v, n)
	case tcpOptExperiment:
		v.need(0, n)
		if n < 2 {
			return 0, false
		}
		p.c('-')
		// The magic number of the experiment (RFC 6994).
		if magic := v.u16(0); magic == 0xf989 {
			p.s("tfo")
			p.tcpFastOpen(v.from(2), n-2)
		} else {
			p.f("%04x", magic)
		}
	default:
		if n > 0 {
			p.s(" 0x")
		}
		p.hexBytes(v, n, "")
	}
	return n, true
}

// tcpAuthentication prints the value of a TCP-AO option (RFC 5925, section 2.2).
func (p *Printer) tcpAuthentication(v view, n uint32) {
	if n < 2 {
		p.invalid()
		return
	}
	p.f(" keyid %u", v.u8(0))
	p.f(" rnextkeyid %u", v.u8(1))
	if n > 2 {
		p.s(" mac 0x")
		p.hexBytes(v.from(2), n-2, "")
	}
}

// tcpFastOpen prints a cookie, or that one is asked for (RFC 7413).
func (p *Printer) tcpFastOpen(v view, n uint32) {
	switch {
	case n == 0:
		p.s(" cookiereq")
	case n%2 != 0 || n < 4 || n > 16:
		p.invalid()
	default:
		p.s(" cookie ")
		p.hexBytes(v, n, "")
	}
}
