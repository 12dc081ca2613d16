package dissect

import "strconv"

// Subtypes of the Multipath TCP option (RFC 8684, section 3).
const (
	mptcpCapable = iota
	mptcpJoin
	mptcpDSS
	mptcpAddAddr
	mptcpRemoveAddr
	mptcpPriority
	mptcpFail
	mptcpFastClose
	mptcpReset
)

var mptcpNames = names{
	mptcpCapable:    "capable",
	mptcpJoin:       "join",
	mptcpDSS:        "dss",
	mptcpAddAddr:    "add-addr",
	mptcpRemoveAddr: "rem-addr",
	mptcpPriority:   "prio",
	mptcpFail:       "fail",
	mptcpFastClose:  "fast-close",
	mptcpReset:      "tcprst",
}

var mptcpCapableFlags = []bitName{
	{0x80, "A"}, {0x40, "B"}, {0x20, "C"}, {0x10, "D"}, {0x08, "E"}, {0x04, "F"}, {0x02, "G"}, {0x01, "H"},
}

var mptcpAddrKinds = names{6: "v0-ip6", 4: "v0-ip4", 1: "v1-echo", 0: "v1"}

var mptcpResetFlags = []bitName{{8, "U"}, {4, "V"}, {2, "W"}, {1, "T"}}

var mptcpResetReasons = names{
	6: "Middlebox interference", 5: "Unacceptable performance", 4: "Too much outstanding data",
	3: "Administratively prohibited", 2: "Lack of resources", 1: "MPTCP-specific error", 0: "Unspecified error",
}

// mptcp prints the value of a Multipath TCP option, n bytes long and captured
// whole. It reports false if its length is impossible.
func (p *Printer) mptcp(v view, n, flags uint32) bool {
	p.proto = "mptcp"
	if n < 1 {
		return false
	}
	subtype := v.u8(0) >> 4
	p.f(" %u ", n+2)
	p.name(mptcpNames, subtype, "unknown")
	syn, ack := flags&tcpSYN != 0, flags&tcpACK != 0
	switch subtype {
	case mptcpCapable:
		return p.mptcpCapable(v, syn, ack)
	case mptcpJoin:
		return p.mptcpJoin(v, syn, ack)
	case mptcpDSS:
		return !syn && n >= 2 && p.mptcpSignal(v)
	case mptcpAddAddr:
		return p.mptcpAddAddr(v)
	case mptcpRemoveAddr:
		if n < 2 {
			return false
		}
		p.s(" id")
		for i := uint32(1); i < n; i++ {
			p.f(" %u", v.u8(i))
		}
	case mptcpPriority:
		if n != 1 && n != 2 {
			return false
		}
		if v.u8(0)&1 != 0 {
			p.s(" backup")
		} else {
			p.s(" non-backup")
		}
		if n == 2 {
			p.f(" id %u", v.u8(1))
		}
	case mptcpFail:
		if n != 10 {
			return false
		}
		p.s(" seq ")
		p.u64(v.u64(2))
	case mptcpFastClose:
		if n != 10 {
			return false
		}
		p.s(" key ")
		p.hex64(v.u64(2))
	case mptcpReset:
		if n != 2 {
			return false
		}
		p.s(" flags [")
		p.bits(mptcpResetFlags, v.u8(0), "", "none")
		p.s("] reason ")
		p.name(mptcpResetReasons, v.u8(1), "unknown (0x%02x)")
	}
	return true
}

func (p *Printer) u64(v uint64) { p.out = strconv.AppendUint(p.out, v, 10) }

// hex64 prints a key or digest.
func (p *Printer) hex64(v uint64) {
	p.s("0x")
	p.out = strconv.AppendUint(p.out, v, 16)
}

// mptcpCapable prints MP_CAPABLE (RFC 8684, section 3.1).
func (p *Printer) mptcpCapable(v view, syn, ack bool) bool {
	n := v.len() + 2
	opening := syn && (n == 4 || n == 12)
	third := ack && !syn && (n == 20 || n == 22 || n == 24)
	if !opening && !third {
		return false
	}
	version := v.u8(0) & 15
	if version > 1 {
		p.f(" Unknown Version (%u)", version)
		return true
	}
	flags := v.u8(1)
	p.f(" v%u flags [", version)
	p.bits(mptcpCapableFlags, flags, "", "none")
	p.c(']')
	checksum := flags&0x80 != 0
	if checksum {
		p.s(" csum")
	}
	if n < 12 {
		return true
	}
	p.s(" {")
	p.hex64(v.u64(2))
	if n >= 20 {
		p.c(',')
		p.hex64(v.u64(10))
	}
	if n == 22 && !checksum || n == 24 {
		p.f(",data_len=%u", v.u16(18))
	}
	p.c('}')
	return true
}

// mptcpJoin prints MP_JOIN (RFC 8684, section 3.2).
func (p *Printer) mptcpJoin(v view, syn, ack bool) bool {
	n := v.len() + 2
	if !(n == 12 && syn) && !(n == 16 && syn && ack) && !(n == 24 && ack) {
		return false
	}
	if n == 24 {
		p.s(" hmac 0x")
		p.hexBytes(v.from(2), 20, "")
		return true
	}
	if v.u8(0)&1 != 0 {
		p.s(" backup")
	}
	p.f(" id %u", v.u8(1))
	if n == 12 {
		p.f(" token 0x%x nonce 0x%x", v.u32(2), v.u32(6))
	} else {
		p.s(" hmac ")
		p.hex64(v.u64(2))
		p.f(" nonce 0x%x", v.u32(10))
	}
	return true
}

// Flags of a data sequence signal.
const (
	dssAck      = 0x01
	dssAck64    = 0x02
	dssMap      = 0x04
	dssSeq64    = 0x08
	dssFinished = 0x10
)

// mptcpSignal prints a data sequence signal (RFC 8684, section 3.3).
func (p *Printer) mptcpSignal(v view) bool {
	flags := v.u8(1)
	if flags&dssFinished != 0 {
		p.s(" fin")
	}
	v = v.from(2)
	number := func(name string, long bool) bool {
		p.s(name)
		switch {
		case long && v.len() >= 8:
			p.u64(v.u64(0))
			v = v.from(8)
		case !long && v.len() >= 4:
			p.u(v.u32(0))
			v = v.from(4)
		default:
			return false
		}
		return true
	}
	if flags&dssAck != 0 && !number(" ack ", flags&dssAck64 != 0) {
		return false
	}
	if flags&dssMap != 0 {
		if !number(" seq ", flags&dssSeq64 != 0) || v.len() < 4 {
			return false
		}
		number(" subseq ", false)
		if v.len() < 2 {
			return false
		}
		p.f(" len %u", v.u16(0))
		v = v.from(2)
		if v.len() >= 2 {
			p.f(" csum 0x%x", v.u16(0))
			v = v.from(2)
		}
	}
	return len(v) == 0
}

// mptcpAddAddr prints ADD_ADDR (RFC 8684, section 3.4.1).
func (p *Printer) mptcpAddAddr(v view) bool {
	n := v.len() + 2
	addr := uint32(4)
	if n >= 20 {
		addr = 16
	}
	// What follows the address: a port, a digest, both or neither.
	rest := n - 4 - addr
	if rest != 0 && rest != 2 && rest != 8 && rest != 10 {
		return false
	}
	p.c(' ')
	p.name(mptcpAddrKinds, v.u8(0)&15, "[bad version/echo]")
	p.f(" id %u ", v.u8(1))
	if addr == 4 {
		p.ip4(v, 2)
	} else {
		p.ip6(v, 2)
	}
	at := 2 + addr
	if rest == 2 || rest == 10 {
		p.f(":%u", v.u16(at))
		at += 2
	}
	if rest >= 8 {
		p.s(" hmac ")
		p.hex64(v.u64(at))
	}
	return true
}
