package dissect

// IPv4 options (RFC 791, RFC 2113, RFC 1393).
const (
	ipOptEnd         = 0
	ipOptNop         = 1
	ipOptRecordRoute = 7
	ipOptTimestamp   = 68
	ipOptLSRR        = 131
	ipOptSSRR        = 137
	ipOptAlert       = 148
)

var ipv4OptionNames = names{
	ipOptEnd:         "EOL",
	ipOptNop:         "NOP",
	ipOptTimestamp:   "timestamp",
	130:              "security",
	ipOptRecordRoute: "RR",
	ipOptSSRR:        "SSRR",
	ipOptLSRR:        "LSRR",
	ipOptAlert:       "RA",
	82:               "traceroute",
}

// ipv4Options prints options. It reports false if they are cut.
func (p *Printer) ipv4Options(v view, length uint32) bool {
	for first := true; length > 0; first = false {
		if !first {
			p.c(',')
		}
		kind := v.u8(0)
		p.name(ipv4OptionNames, kind, "unknown %u")
		n := uint32(1)
		if kind != ipOptNop && kind != ipOptEnd {
			n = v.u8(1)
			if n < 2 {
				p.f(" [bad length %u]", n)
				return true
			}
		}
		if n > length {
			p.f(" [bad length %u]", n)
			return true
		}
		if !v.has(0, n) {
			return false
		}
		switch kind {
		case ipOptEnd:
			return true
		case ipOptTimestamp:
			if !p.ipv4Timestamps(v, n) {
				return false
			}
		case ipOptRecordRoute, ipOptSSRR, ipOptLSRR:
			if !p.ipv4Route(v, n) {
				return false
			}
		case ipOptAlert:
			if n < 4 {
				p.f(" [bad length %u]", n)
			} else if value := v.u16(2); value != 0 {
				p.f(" value %u", value)
			}
		}
		v, length = v.from(n), length-n
	}
	return true
}

// ipv4Route prints the addresses of a route option. It reports false if they are
// cut.
func (p *Printer) ipv4Route(v view, length uint32) bool {
	if length < 3 {
		p.f(" [bad length %u]", length)
		return true
	}
	if (length+1)&3 != 0 {
		p.f(" [bad length %u]", length)
	}
	pointer := v.u8(2) - 1
	if pointer < 3 || (pointer+1)&3 != 0 || pointer > length+1 {
		p.f(" [bad ptr %u]", v.u8(2))
	}
	for at := uint32(3); at < length; at += 4 {
		if !v.has(at, 4) {
			return false
		}
		p.c(' ')
		p.ip4(v, at)
		if pointer > at {
			p.c(',')
		}
	}
	return true
}

// timestampKinds are what a timestamp option may hold for each hop.
var timestampKinds = names{0: "TSONLY", 1: "TS+ADDR", 3: "PRESPEC"}

// Lengths of what it holds for one hop, in bytes.
const (
	timestampHopLen     = 8 // address and time
	timestampOnlyHopLen = 4
)

// ipv4Timestamps prints a timestamp option. It reports false if it is cut.
func (p *Printer) ipv4Timestamps(v view, length uint32) bool {
	if length < 4 {
		p.f("[bad length %u]", length)
		return true
	}
	p.s(" TS{")
	kind := v.u8(3) & 15
	hop := uint32(timestampHopLen)
	if kind == 0 {
		hop = timestampOnlyHopLen
	}
	if (length-4)&(hop-1) != 0 {
		p.f("[bad length %u]", length)
	}
	pointer, at := v.u8(2)-1, uint32(0)
	if pointer < 4 || (pointer-4)&(hop-1) != 0 || pointer > length+1 {
		p.f("[bad ptr %u]", v.u8(2))
	}
	if name, ok := timestampKinds[kind]; ok {
		p.s(name)
		for at = 4; at < length; at += hop {
			if !v.has(at, hop) {
				return false
			}
			if pointer == at {
				p.s(" ^ ")
			} else {
				p.c(' ')
			}
			p.f("%u@", v.u32(at+hop-4))
			if hop == timestampHopLen {
				p.ip4(v, at)
			}
		}
	} else {
		p.f("[bad ts type %u]", kind)
	}
	if pointer == at {
		p.s(" ^ ")
	}
	if missed := v.u8(3) >> 4; missed != 0 {
		p.f(" [%u hops not recorded]} ", missed)
	} else {
		p.c('}')
	}
	return true
}

// ipv4FinalDst returns the last address of a source route: the destination that
// transport checksums cover. nil means that of the header.
func ipv4FinalDst(v view, hlen uint32) []byte {
	for o := v[20:hlen]; len(o) > 0; {
		if o[0] == ipOptEnd {
			return nil
		}
		n := 1
		if o[0] != ipOptNop {
			if len(o) < 2 || o[1] < 2 {
				return nil
			}
			n = int(o[1])
		}
		if n > len(o) {
			return nil
		}
		if (o[0] == ipOptSSRR || o[0] == ipOptLSRR) && n >= 7 {
			return o[n-4 : n]
		}
		o = o[n:]
	}
	return nil
}
