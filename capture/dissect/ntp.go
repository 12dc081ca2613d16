package dissect

import "time"

// NTP modes (RFC 5905, section 7.3).
const ntpControlMode = 6

var ntpModes = names{
	0: "unspecified", 1: "symmetric active", 2: "symmetric passive", 3: "Client",
	4: "Server", 5: "Broadcast", ntpControlMode: "Control Message", 7: "Reserved",
}

var ntpLeap = names{0: "", 0x40: "+1s", 0x80: "-1s", 0xc0: "clock unsynchronized"}

var ntpExtensions = names{
	0x0104: "Unique Identifier",
	0x0204: "NTS Cookie",
	0x0304: "NTS Cookie Placeholder",
	0x0404: "NTS Authenticator and Encrypted Extension Fields",
	0x2005: "Checksum Complement",
}

// Lengths of NTP messages without what may follow, in bytes.
const (
	ntpTimeLen    = 48
	ntpControlLen = 12
)

// ntp prints an NTP message (RFC 5905).
func (p *Printer) ntp(v view, length uint32) {
	p.proto = "ntp"
	p.s("NTP")
	status := v.u8(0)
	version, mode := status>>3&7, status&7
	p.f("v%u, ", version)
	p.name(ntpModes, mode, "")
	p.f(", length %u", length)
	if p.Verbose == 0 {
		return
	}
	p.s("\n\tLeap indicator: ")
	p.name(ntpLeap, status&0xc0, "")
	p.f(" (%u)", status&0xc0)
	switch {
	case mode < ntpControlMode:
		p.ntpTime(v, length, version)
	case mode == ntpControlMode:
		p.ntpControl(v, length)
	}
}

// ntpTime prints a request for the time or an answer.
func (p *Printer) ntpTime(v view, length, version uint32) {
	if p.invalidIf("length", length, ntpTimeLen) {
		v.need(0, length)
		return
	}
	stratum := v.u8(1)
	p.f(", Stratum %u (", stratum)
	switch {
	case stratum == 0:
		p.s("unspecified")
	case stratum == 1:
		p.s("primary reference")
	case stratum <= 15:
		p.s("secondary reference")
	default:
		p.s("reserved")
	}
	p.c(')')
	poll := int8(v.u8(2))
	p.f(", poll %d", uint32(poll))
	switch {
	case poll >= 0 && poll < 32:
		p.f(" (%us)", 1<<poll)
	case poll < 0 && poll > -32:
		p.f(" (1/%us)", 1<<-poll)
	}
	p.f(", precision %d", uint32(int8(v.u8(3))))
	p.s("\n\tRoot Delay: ")
	p.ntpShort(v, 4)
	p.s(", Root dispersion: ")
	p.ntpShort(v, 8)
	p.s(", Reference-ID: ")
	switch {
	case stratum == 0 && !isPrint(byte(v.u8(12))):
		p.s("(unspec)")
		v.need(12, 4)
	case stratum <= 1:
		p.chars(v.from(12), 4)
	case stratum == 62 || stratum == 63:
		p.ip4(v, 12)
		if stratum == 62 {
			p.s(" INFO_QUERY")
		} else {
			p.s(" INFO_REPLY")
		}
		return
	default:
		p.f("0x%08x", v.u32(12))
	}
	p.s("\n\t  Reference Timestamp:  ")
	p.ntpStamp(v, 16)
	p.s("\n\t  Origin Timestamp:     ")
	p.ntpStamp(v, 24)
	p.s("\n\t  Receive Timestamp:    ")
	p.ntpStamp(v, 32)
	p.s("\n\t  Transmit Timestamp:   ")
	p.ntpStamp(v, 40)
	p.s("\n\t    Originator - Receive Timestamp:  ")
	p.ntpDelta(v, 24, 32)
	p.s("\n\t    Originator - Transmit Timestamp: ")
	p.ntpDelta(v, 24, 40)
	v, length = v.from(ntpTimeLen), length-ntpTimeLen
	if version == 4 {
		n := p.ntpExtensions(v, length)
		v, length = v.from(n), length-n
	}
	p.ntpAuthentication(v, length)
}

// ntpAuthentication prints what follows the header and the extensions.
func (p *Printer) ntpAuthentication(v view, length uint32) {
	switch length {
	case 0:
	case 4, 4 + 16, 4 + 20:
		p.f("\n\tKey id: %u", v.u32(0))
		if length > 4 {
			v.need(4, length-4)
			p.s("\n\tAuthentication: ")
			p.hexBytes(v.from(4), length-4, "")
		}
	default:
		p.f("\n\t(%u more bytes after the header and extension fields)", length)
	}
}

// ntpExtensions prints extension fields (RFC 7822), and returns their length.
func (p *Printer) ntpExtensions(v view, length uint32) uint32 {
	at := uint32(0)
	// A shorter one could not be told from an authentication.
	for length-at >= 28 {
		typ, n := v.u16(at), v.u16(at+2)
		if at+n > length || n < 4 || n%4 != 0 {
			p.invalid()
			break
		}
		if at == 0 {
			p.s("\n\tExtension fields:")
		}
		p.s("\n\t  ")
		p.name(ntpExtensions, typ, "Unknown type")
		p.f(" (0x%04x), length %u", typ, n)
		if p.Verbose > 2 {
			p.hexDump("\n\t    ", v.from(at+4), n-4)
		} else {
			v.need(at+4, n-4)
		}
		at += n
	}
	return at
}

// ntpControl prints a control message (RFC 9327).
func (p *Printer) ntpControl(v view, length uint32) {
	if p.invalidIf("length", length, ntpControlLen) {
		v.need(0, length)
		return
	}
	control := v.u8(1)
	pick := func(bit uint32, yes, no string) {
		p.s(", ")
		if control&bit != 0 {
			p.s(yes)
		} else {
			p.s(no)
		}
	}
	pick(0x80, "Response", "Request")
	pick(0x40, "Error", "OK")
	pick(0x20, "More", "Last")
	p.f(", OpCode=%u\n", control&0x1f)
	p.f("\tSequence=%u", v.u16(2))
	if status := v.u16(4); status != 0 {
		p.f(", Status=0x%x", status)
	} else {
		p.s(", Status=0")
	}
	p.f(", Assoc.=%u", v.u16(6))
	p.f(", Offset=%u", v.u16(8))
	count := v.u16(10)
	p.f(", Count=%u", count)
	if length < ntpControlLen+count {
		p.f(" [length %u < %u]", length, ntpControlLen+count)
		p.invalid()
		v.need(0, length)
		return
	}
	if count != 0 {
		v.need(ntpControlLen, count)
		p.s("\n\tTO-BE-DONE: data not interpreted")
	}
}

// ntpShort prints a time in units of 1/65536 s.
func (p *Printer) ntpShort(v view, i uint32) {
	p.f("%u.%06u", v.u16(i), uint32(float64(v.u16(i+2))/65536*1e6))
}

// ntpFraction turns a fraction in units of 2^-32 s into nanoseconds. It rounds as
// tcpdump does, which counts in floating point.
func ntpFraction(f uint32) uint32 { return uint32(float64(f) / (1 << 32) * 1e9) }

// ntpStamp prints a time stamp and the date it stands for. Those of the first half
// of an era are of the era that starts in 2036.
func (p *Printer) ntpStamp(v view, i uint32) {
	secs := v.u32(i)
	p.f("%u.%09u", secs, ntpFraction(v.u32(i+4)))
	if secs == 0 {
		return
	}
	const from1900, to2036 = 2208988800, 2085978496
	unix := int64(secs) + to2036
	if secs&0x80000000 != 0 {
		unix = int64(secs) - from1900
	}
	p.s(" (")
	p.out = time.Unix(unix, 0).UTC().AppendFormat(p.out, "2006-01-02T15:04:05Z")
	p.c(')')
}

// ntpDelta prints the time from the stamp at old to that at i.
func (p *Printer) ntpDelta(v view, old, i uint32) {
	before, now := v.u64(old), v.u64(i)
	if before == 0 {
		p.ntpStamp(v, i)
		return
	}
	delta := now - before
	if now > before {
		p.c('+')
	} else {
		p.c('-')
		delta = -delta
	}
	p.f("%u.%09u", uint32(delta>>32), ntpFraction(uint32(delta)))
}
