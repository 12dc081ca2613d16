package dissect

// Classes of extension objects.
const (
	extMPLS      = 1 // RFC 4950
	extInterface = 2 // RFC 5837
	extIdentify  = 3 // RFC 8335
)

var extClasses = names{
	extMPLS:      "MPLS Stack Entry Object",
	extInterface: "Interface Information Object",
	extIdentify:  "Interface Identification Object",
}

var extRoles = names{
	0: "Incoming IP Interface",
	1: "Sub-IP Component of Incoming IP Interface",
	2: "Outgoing IP Interface",
	3: "IP Next hop",
}

var extendedEchoCodes = names{
	0: "No error",
	1: "Malformed Query",
	2: "No Such Interface",
	3: "No Such Table Entry",
	4: "Multiple Interfaces Satisfy Query",
}

var extendedEchoStates = names{
	0: "Reserved", 1: "Incomplete", 2: "Reachable", 3: "Stale", 4: "Delay", 5: "Probe", 6: "Failed",
}

// extensionOffset is where the extension structure of an ICMP error starts: after
// 128 bytes of the original packet.
const extensionOffset = 8 + 128

// icmpExtensions prints the extension structure of an error (RFC 4884).
func (p *Printer) icmpExtensions(v view, length uint32) {
	if length <= extensionOffset {
		return
	}
	v.need(0, extensionOffset+5)
	n := length - extensionOffset
	ext := v.from(extensionOffset)
	// Without a length, only a right checksum tells that this is one.
	if v.u8(5) == 0 && ext.has(0, n) && checksum(ext, n) != 0 {
		return
	}
	version := ext.u8(0) >> 4
	p.f("\n\tICMP Multi-Part extension v%u", version)
	if version != 2 {
		p.s(" packet not supported")
		return
	}
	if ext.has(0, n) {
		p.extensionChecksum(ext, ext.u16(2), n)
	}
	ext, n = ext.from(4), n-4
	for n > 4 && n < 1<<31 {
		used, ok := p.extensionObject(ext)
		if !ok || n < used {
			return
		}
		ext, n = ext.from(used), n-used
	}
}

func (p *Printer) extensionChecksum(v view, field, n uint32) {
	p.f(", checksum 0x%04x (", field)
	if checksum(v, n) != 0 {
		p.s("in")
	}
	p.f("correct), length %u", n)
}

// extensionObject prints one object and returns its length; false if it is
// malformed.
func (p *Printer) extensionObject(v view) (length uint32, ok bool) {
	length = v.u16(0)
	class, ctype := v.u8(2), v.u8(3)
	p.s("\n\t  ")
	p.name(extClasses, class, "unknown")
	p.f(" (%u), Class-Type: %u, length %u", class, ctype, length)
	if class == 0 || length < 4 {
		return 0, false
	}
	body, left := v.from(4), length-4
	switch {
	case class == extMPLS && ctype == 1:
		if body.need(0, 4); left < 4 {
			return length, true
		}
		entry := body.u32(0)
		p.f("\n\t    label %u", entry>>12)
		p.mplsEntry(entry)
	case class == extInterface:
		ok = p.extensionInterface(body, left, ctype)
		return length, ok
	case class == extIdentify && ctype == 1:
		p.f("\n\t    Interface Name, length %u: ", left)
		p.charsToNul(body, left)
	case class == extIdentify && ctype == 2:
		if body.need(0, 4); left < 4 {
			return length, true
		}
		p.f("\n\t    Interface Index: %u", body.u32(0))
	case class == extIdentify && ctype == 3:
		return length, p.extensionAddress(body, left)
	default:
		p.unknownData(body, "\n\t    ", left)
	}
	return length, true
}

// extensionInterface prints an interface information object (RFC 5837).
func (p *Printer) extensionInterface(v view, left, ctype uint32) bool {
	p.s("\n\t    Interface Role: ")
	p.name(extRoles, ctype>>6, "an unknown interface role")
	enough := func(n uint32) bool {
		v.need(0, n)
		return left >= n
	}
	advance := func(n uint32) { v, left = v.from(n), left-n }
	if ctype&8 != 0 {
		if !enough(4) {
			return true
		}
		p.f("\n\t    Interface Index: %u", v.u32(0))
		advance(4)
	}
	if ctype&4 != 0 {
		p.s("\n\t    IP Address sub-object: ")
		if !enough(4) {
			return true
		}
		family := v.u16(0)
		advance(4)
		switch family {
		case 1:
			if !enough(4) {
				return true
			}
			p.ip4(v, 0)
			advance(4)
		case 2:
			if !enough(16) {
				return true
			}
			p.ip6(v, 0)
			advance(16)
		default:
			p.s("Unknown Address Family Identifier")
			return false
		}
	}
	if ctype&2 != 0 {
		if !enough(1) {
			return true
		}
		n := v.u8(0)
		p.s("\n\t    Interface Name")
		if n < 1 {
			p.f(" [length %u]", n)
			p.invalid()
			return true
		}
		if !enough(n) {
			return true
		}
		if n%4 != 0 {
			p.f(" [length %u != N x 4]", n)
			p.invalid()
			return true
		}
		if n > 64 {
			p.f(" [length %u > 64]", n)
			p.invalid()
			return true
		}
		p.f(", length %u: ", n)
		p.charsToNul(v.from(1), n-1)
		advance(n)
	}
	if ctype&1 != 0 {
		if !enough(4) {
			return true
		}
		p.f("\n\t    MTU: %u", v.u32(0))
	}
	return true
}

// extensionAddress prints the address of an interface identification object.
func (p *Printer) extensionAddress(v view, left uint32) bool {
	p.s("\n\t    IP Address sub-object: ")
	if v.need(0, 4); left < 4 {
		return true
	}
	family, n := v.u16(0), v.u8(2)
	if v.need(0, n); left-4 < n {
		return true
	}
	switch family {
	case 1:
		if n != 4 {
			p.f("[length %u != 4] ", n)
		}
		p.ip4(v, 4)
	case 2:
		if n != 16 {
			p.f("[length %u != 16] ", n)
		}
		p.ip6(v, 4)
	default:
		p.s("Unknown Address Family Identifier")
		return false
	}
	return true
}

// extendedEcho prints what an extended echo asks for or answers (RFC 8335), in
// ICMP as in ICMPv6.
func (p *Printer) extendedEcho(v view, code uint32, request bool) {
	info := v.u8(7)
	if !request {
		state := info >> 5
		p.f("\n\tCode %u (", code)
		p.name(extendedEchoCodes, code, "Unknown")
		p.f("), State %u (", state)
		p.name(extendedEchoStates, state, "Unknown")
		p.f("), active %u ipv4 %u ipv6 %u", info>>2&1, info>>1&1, info&1)
		return
	}
	if info&1 != 0 {
		p.s("\n\tLocal Interface")
	} else {
		p.s("\n\tRemote Interface")
	}
	ext := v.from(8)
	if ext.u8(0)>>4 != 2 {
		p.invalid()
		return
	}
	field, n := ext.u16(2), ext.u16(4)+4
	if ext.has(0, n) {
		p.extensionChecksum(ext, field, n)
	}
	p.extensionObject(ext.from(4))
}
