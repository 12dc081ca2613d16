package dissect

// Kinds of label, in the upper two bits of its first byte (RFC 1035, section
// 4.1.4; RFC 2673).
const (
	labelKind     = 0xc0
	labelPlain    = 0x00
	labelExtended = 0x40
	labelReserved = 0x80
	labelPointer  = 0xc0
	labelBits     = 0x41 // an extended label of bits
)

// maxNameChars is how much of a name is printed.
const maxNameChars = 255

// maxPointers is how many pointers of a name are followed: more than any name
// needs, and few enough that a message full of them costs no time to speak of.
const maxPointers = 128

// skipDNSName returns where what follows the name at i starts; false if the name
// is cut or bad.
func skipDNSName(m view, i uint32) (next uint32, ok bool) {
	for {
		if !m.has(i, 1) {
			return 0, false
		}
		n := m.u8(i)
		i++
		switch {
		case n == 0:
			return i, true
		case n&labelKind == labelPointer:
			return i + 1, true
		case n == labelBits:
			if !m.has(i, 1) {
				return 0, false
			}
			i += 1 + bitLabelBytes(m.u8(i))
		case n&labelKind == labelPlain:
			i += n
		default:
			return 0, false
		}
	}
}

// bitLabelBytes returns the length in bytes of a label of bits, of which 0 means
// 256.
func bitLabelBytes(bits uint32) uint32 {
	if bits == 0 {
		bits = 256
	}
	return (bits + 7) / 8
}

// dnsName prints the name at i of a message, and returns where what follows it
// starts; false if the name is cut or bad. A pointer leads back in the message,
// so there is an end.
func (p *Printer) dnsName(m view, i uint32) (next uint32, ok bool) {
	n, ok := p.dnsLabelLen(m, i)
	if !ok {
		return 0, false
	}
	limit := i
	first := m.u8(i)
	i++
	if first == 0 {
		p.c('.')
		return i, true
	}
	if first&labelKind == labelPointer && i >= m.len() {
		return 0, false
	}
	compressed := false
	next = i + n
	printed, pointers := uint32(0), 0
	for kind := first; kind != 0 && i < m.len(); {
		if kind&labelKind == labelPointer {
			if !compressed {
				next, compressed = i+1, true
			}
			offset := (kind<<8 | m.u8(i)) & 0x3fff
			if pointers++; offset >= limit || pointers > maxPointers {
				p.s("<BAD PTR>")
				return 0, false
			}
			limit, i = offset, offset
			kind = m.u8(i)
			if n, ok = p.dnsLabelLen(m, i); !ok {
				return 0, false
			}
			i++
			continue
		}
		if kind&labelKind == labelExtended {
			if !p.dnsBitLabel(m, i) {
				return 0, false
			}
		} else {
			show := min(n, maxNameChars-min(printed, maxNameChars))
			if !p.charsCut(m.from(i), show) {
				return 0, false
			}
			printed += n
		}
		i += n
		if printed <= maxNameChars {
			p.c('.')
		}
		printed++
		if !m.has(i, 1) {
			return 0, false
		}
		kind = m.u8(i)
		if n, ok = p.dnsLabelLen(m, i); !ok {
			return 0, false
		}
		i++
		if !compressed {
			next += n + 1
		}
	}
	if printed > maxNameChars {
		p.s("<DOMAIN NAME TOO LONG>")
	}
	return next, true
}

// dnsLabelLen returns the length of the label at i after its first byte, or the
// first byte of a pointer. It says what is wrong with a bad one.
func (p *Printer) dnsLabelLen(m view, i uint32) (n uint32, ok bool) {
	if !m.has(i, 1) {
		return 0, false
	}
	n = m.u8(i)
	switch n & labelKind {
	case labelExtended:
		if n != labelBits {
			p.f("<ELT %u>", n&^labelKind)
			return 0, false
		}
		if !m.has(i+1, 1) {
			return 0, false
		}
		return bitLabelBytes(m.u8(i+1)) + 1, true
	case labelReserved:
		p.s("<BAD LABEL TYPE>")
		return 0, false
	}
	return n, true
}

// dnsBitLabel prints a label of bits (RFC 2673), at the byte that counts them.
func (p *Printer) dnsBitLabel(m view, i uint32) bool {
	if !m.has(i, 1) {
		return false
	}
	count := m.u8(i)
	if count == 0 {
		count = 256
	}
	p.s("\\[x")
	left := count
	for i++; left > 7; i, left = i+1, left-8 {
		p.hex8(byte(m.u8(i)))
	}
	if left > 4 {
		p.f("%02x", m.u8(i)&(0xff<<(8-left)))
	} else if left > 0 {
		p.f("%x", m.u8(i)>>4&(0x0f<<(4-left))&0x0f)
	}
	p.f("/%u]", count)
	return true
}

// charsCut prints n bytes of the packet, or those that were captured; it reports
// whether that is all.
func (p *Printer) charsCut(v view, n uint32) bool {
	p.chars(v.upTo(n), min(n, v.len()))
	return v.has(0, n)
}
