package dissect

// edns prints an OPT record (RFC 6891), of which v starts at the data; false if an
// option is cut. The last option may run beyond the record.
func (p *Printer) edns(v view, length, size, flags uint32) bool {
	p.f(" UDPsize=%u", size)
	if flags&0x8000 != 0 {
		p.s(" DO")
	}
	if length == 0 {
		return true
	}
	p.s(" [")
	for used := uint32(0); used < length; {
		if used > 0 {
			p.c(',')
		}
		if !v.has(0, 2) {
			return false
		}
		code := v.u16(0)
		p.name(ednsOptions, code, "Opt%u")
		if !v.has(2, 2) {
			return false
		}
		n := v.u16(2)
		if !v.has(4, n) {
			return false
		}
		if n > 0 {
			p.c(' ')
			p.ednsOption(v.from(4).upTo(n), code)
		}
		v, used = v.from(4+n), used+4+n
	}
	p.c(']')
	return true
}

// ednsOption prints the data of an option.
func (p *Printer) ednsOption(v view, code uint32) {
	n := v.len()
	switch code {
	case ednsSubnet:
		p.ednsClientSubnet(v)
	case ednsCookie:
		if n < 8 || n > 8 && n < 16 || n > 40 {
			p.invalid()
			return
		}
		p.hexBytes(v, 8, "")
		if n > 8 {
			p.c(' ')
			p.hexBytes(v.from(8), n-8, "")
		}
	case ednsKeepalive:
		if n != 2 {
			p.invalid()
			return
		}
		tenths := v.u16(0)
		p.f("%u.%u sec", tenths/10, tenths%10)
	case ednsExpire:
		if n != 4 {
			p.invalid()
			return
		}
		p.f("%u sec", v.u32(0))
	case ednsPadding:
		p.f("(%u)", n)
	case ednsKeyTag:
		if n%2 != 0 {
			p.invalid()
			return
		}
		for i := uint32(0); i < n; i += 2 {
			if i > 0 {
				p.c(' ')
			}
			p.u(v.u16(i))
		}
	case ednsDAU:
		p.ednsAlgorithms(v, dnssecAlgorithms)
	case ednsDHU:
		p.ednsAlgorithms(v, dsDigests)
	case ednsN3U:
		p.ednsAlgorithms(v, nsec3Hashes)
	case ednsChain:
		p.dnsName(v, 0)
	default:
		p.hexBytes(v, n, "")
	}
}

func (p *Printer) ednsAlgorithms(v view, table names) {
	for i := range v.len() {
		if i > 0 {
			p.c(' ')
		}
		p.name(table, v.u8(i), "Alg_%u")
	}
}

// ednsClientSubnet prints a client subnet (RFC 7871).
func (p *Printer) ednsClientSubnet(v view) {
	n := v.len()
	if n < 4 {
		p.invalid()
		return
	}
	family, source, scope := v.u16(0), v.u8(2), v.u8(3)
	bits := uint32(0)
	switch family {
	case 1:
		bits = 32
	case 2:
		bits = 128
	}
	if n-4 > bits/8 || source > bits || scope > bits || (source+7)/8 != n-4 {
		p.invalid()
		return
	}
	var a [16]byte
	copy(a[:], v[4:])
	if family == 1 {
		p.ip4Number([4]byte(a[:]))
	} else {
		p.ip6Number(a)
	}
	p.f("/%u/%u", source, scope)
}
