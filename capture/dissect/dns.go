package dissect

// dnsHeaderLen is the length of a message's header, in bytes.
const dnsHeaderLen = 12

// Bits of a header's flags (RFC 1035, section 4.1.1; RFC 4035).
const (
	dnsQR = 0x8000
	dnsAA = 0x0400
	dnsTC = 0x0200
	dnsRD = 0x0100
	dnsRA = 0x0080
	dnsAD = 0x0020
	dnsCD = 0x0010
)

// dnsCacheFlush is the bit of a class that asks for a unicast answer, or to flush
// a cache (RFC 6762).
const dnsCacheFlush = 0x8000

// dnsOverTCP prints a message with the length before it (RFC 1035, section 4.2.2).
func (p *Printer) dnsOverTCP(v view, length uint32) {
	p.proto = "domain"
	if length < 2 {
		p.f(" [DNS over TCP: length %u < 2]", length)
		p.invalid()
		return
	}
	length -= 2
	if prefix := v.u16(0); prefix != length {
		p.f(" [prefix length(%u) != length(%u)]", prefix, length)
		p.invalid()
		return
	}
	p.c(' ')
	p.dns(v.from(2), length, false)
}

// dns prints a DNS message (RFC 1035), or one of multicast DNS (RFC 6762).
func (p *Printer) dns(m view, length uint32, multicast bool) {
	p.proto = "domain"
	if length < dnsHeaderLen {
		p.f("domain [length %u < %u]", length, dnsHeaderLen)
		p.invalid()
		return
	}
	if !m.has(0, dnsHeaderLen) {
		p.trunc()
		return
	}
	ok := false
	if m.u16(2)&dnsQR != 0 {
		ok = p.dnsResponse(m, multicast)
	} else {
		ok = p.dnsRequest(m, multicast)
	}
	if !ok {
		p.trunc()
		return
	}
	p.f(" (%u)", length)
}

// dnsResponse prints a response; false if it is cut.
func (p *Printer) dnsResponse(m view, multicast bool) bool {
	flags := m.u16(2)
	questions, answers, authorities, additional := m.u16(4), m.u16(6), m.u16(8), m.u16(10)
	code := dnsResponseCode(m)
	p.u(m.u16(0))
	p.s(dnsOpcodes[flags>>11&15])
	if code < uint32(len(dnsResponses)) {
		p.s(dnsResponses[code])
	} else {
		p.f(" Resp%u", code)
	}
	if flags&dnsAA != 0 {
		p.c('*')
	}
	if flags&dnsRA == 0 {
		p.c('-')
	}
	if flags&dnsTC != 0 {
		p.c('|')
	}
	if flags&dnsAD != 0 {
		p.c('$')
	}
	if questions != 1 {
		p.f(" [%uq]", questions)
	}
	at := uint32(dnsHeaderLen)
	var ok bool
	for i := range questions {
		if i > 0 {
			p.c(',')
		}
		if p.Verbose > 1 {
			p.s(" q:")
			at, ok = p.dnsQuestion(m, at, multicast)
		} else {
			at, ok = skipDNSName(m, at)
			at += 4
		}
		if !ok {
			return false
		}
	}
	p.f(" %u/%u/%u", answers, authorities, additional)
	if answers > 0 {
		if at, ok = p.dnsRecords(m, at, answers, multicast); !ok {
			return false
		}
	}
	return p.dnsRest(m, at, authorities, additional, multicast)
}

// dnsRequest prints a request; false if it is cut.
func (p *Printer) dnsRequest(m view, multicast bool) bool {
	flags := m.u16(2)
	questions, answers, authorities, additional := m.u16(4), m.u16(6), m.u16(8), m.u16(10)
	opcode := flags >> 11 & 15
	p.u(m.u16(0))
	p.s(dnsOpcodes[opcode])
	if flags&dnsRD != 0 {
		p.c('+')
	}
	if flags&dnsCD != 0 {
		p.c('%')
	}
	// Bits that mean nothing in a request.
	if flags&0x6cf != 0 {
		p.f(" [b2&3=0x%x]", flags)
	}
	if opcode == dnsInverseQuery {
		p.dnsCount(questions, 0, 'q')
		p.dnsCount(answers, 1, 'a')
	} else {
		p.dnsCount(answers, 0, 'a')
		p.dnsCount(questions, 1, 'q')
	}
	p.dnsCount(authorities, 0, 'n')
	if additional != 0 {
		p.f(" [%uau]", additional)
	}
	at := uint32(dnsHeaderLen)
	var ok bool
	for i := uint32(0); i < questions; i++ {
		if i > 0 && at >= m.len() {
			return false
		}
		if at, ok = p.dnsQuestion(m, at, multicast); !ok {
			return false
		}
	}
	if p.Verbose > 1 && answers > 0 {
		if at, ok = p.dnsRecords(m, at, answers, multicast); !ok {
			return false
		}
	}
	return p.dnsRest(m, at, authorities, additional, multicast)
}

// dnsCount prints how many records a section has, unless that is what it should
// have.
func (p *Printer) dnsCount(n, usual uint32, letter byte) {
	if n != usual {
		p.f(" [%u", n)
		p.c(letter)
		p.c(']')
	}
}

// dnsRest prints the authority and additional sections for -vv.
func (p *Printer) dnsRest(m view, at, authorities, additional uint32, multicast bool) (ok bool) {
	if p.Verbose < 2 {
		return true
	}
	if authorities > 0 {
		if at >= m.len() {
			return false
		}
		p.s(" ns:")
		if at, ok = p.dnsRecords(m, at, authorities, multicast); !ok {
			return false
		}
	}
	if additional > 0 {
		if at >= m.len() {
			return false
		}
		p.s(" ar:")
		if _, ok = p.dnsRecords(m, at, additional, multicast); !ok {
			return false
		}
	}
	return true
}

// dnsResponseCode returns the response code with the bits that an OPT record adds
// (RFC 6891, section 6.1.3), if it can be found.
func dnsResponseCode(m view) uint32 {
	code := m.u16(2) & 15
	at := uint32(dnsHeaderLen)
	var ok bool
	for range m.u16(4) {
		if at, ok = skipDNSName(m, at); !ok || at+4 >= m.len() {
			return code
		}
		at += 4
	}
	before := m.u16(6) + m.u16(8)
	for i := range before + m.u16(10) {
		if at, ok = skipDNSName(m, at); !ok || !m.has(at, 10) {
			// The code itself may still be there.
			if ok && i >= before && m.has(at, 5) && m.u16(at) == dnsOPT {
				return code | m.u8(at+4)<<4
			}
			return code
		}
		if i >= before && m.u16(at) == dnsOPT {
			return code | m.u8(at+4)<<4
		}
		if at += 10 + m.u16(at+8); at >= m.len() {
			return code
		}
	}
	return code
}

// dnsQuestion prints the question at i, and returns where the next one starts.
func (p *Printer) dnsQuestion(m view, i uint32, multicast bool) (next uint32, ok bool) {
	after, ok := skipDNSName(m, i)
	if !ok || !m.has(after, 4) {
		return 0, false
	}
	typ, class := m.u16(after), m.u16(after+2)
	p.c(' ')
	p.name(dnsTypes, typ, "Type%u")
	shown := class
	if multicast {
		shown &^= dnsCacheFlush
	}
	p.dnsClass(shown)
	if multicast {
		if class&dnsCacheFlush != 0 {
			p.s(" (QU)")
		} else {
			p.s(" (QM)")
		}
	}
	p.s("? ")
	next, ok = p.dnsName(m, i)
	return next + 4, ok
}

// dnsClass prints a class other than the internet's.
func (p *Printer) dnsClass(class uint32) {
	if class != dnsClassIN {
		p.c(' ')
		p.name(dnsClasses, class, "(Class %u)")
	}
}

// dnsRecords prints n records, of which there is at least one, and returns where
// what follows them starts.
func (p *Printer) dnsRecords(m view, at, n uint32, multicast bool) (next uint32, ok bool) {
	for i := range n {
		if i > 0 {
			if at >= m.len() {
				return 0, false
			}
			p.c(',')
		}
		if at, ok = p.dnsRecord(m, at, multicast); !ok {
			return 0, false
		}
	}
	return at, true
}

// dnsRecord prints the record at i, and returns where the next one starts.
func (p *Printer) dnsRecord(m view, i uint32, multicast bool) (next uint32, ok bool) {
	if p.Verbose > 0 {
		p.c(' ')
		if i, ok = p.dnsName(m, i); !ok {
			return 0, false
		}
	} else {
		i, ok = skipDNSName(m, i)
	}
	if !ok || !m.has(i, 10) {
		return m.len(), true
	}
	typ, class, ttl, length := m.u16(i), m.u16(i+2), m.u32(i+4), m.u16(i+8)
	i += 10
	flush := false
	if multicast {
		flush = class&dnsCacheFlush != 0
		class &^= dnsCacheFlush
	}
	if typ != dnsOPT {
		p.dnsClass(class)
	}
	if flush {
		p.s(" (Cache flush)")
	}
	if typ != dnsOPT && p.Verbose > 2 {
		p.s(" [")
		p.relativeTime(ttl)
		p.c(']')
	}
	p.c(' ')
	p.name(dnsTypes, typ, "Type%u")
	if !m.has(i, length) {
		return 0, false
	}
	if typ == dnsOPT {
		ok = p.edns(m.from(i), length, class, ttl)
	} else {
		ok = p.dnsData(m, i, length, typ)
	}
	return i + length, ok
}

// dnsData prints the data of a record, at i of its message; false if it is cut.
func (p *Printer) dnsData(m view, i, length, typ uint32) (ok bool) {
	end := i + length
	switch typ {
	case dnsA:
		if !m.has(i, 4) {
			return false
		}
		p.c(' ')
		p.ip4Number([4]byte(m[i:]))
	case dnsAAAA:
		if !m.has(i, 16) {
			return false
		}
		p.c(' ')
		p.ip6Number([16]byte(m[i:]))
	case dnsNS, dnsCNAME, dnsPTR, dnsDNAME:
		p.c(' ')
		_, ok = p.dnsName(m, i)
		return ok
	case dnsSOA:
		return p.Verbose == 0 || p.dnsAuthority(m, i)
	case dnsMX:
		p.c(' ')
		if !m.has(i, 2) {
			return false
		}
		if _, ok = p.dnsName(m, i+2); !ok {
			return false
		}
		p.f(" %u", m.u16(i))
	case dnsTXT:
		for i < end {
			p.s(" \"")
			if !m.has(i, 1) || !p.charsCut(m.from(i+1), m.u8(i)) {
				return false
			}
			i += 1 + m.u8(i)
			p.c('"')
		}
	case dnsSRV:
		p.c(' ')
		if !m.has(i, 6) {
			return false
		}
		if _, ok = p.dnsName(m, i+6); !ok {
			return false
		}
		p.f(":%u %u %u", m.u16(i+4), m.u16(i), m.u16(i+2))
	case dnsA6:
		return p.dnsA6(m, i)
	case dnsURI:
		if length < 4 {
			p.f(" len %u is too short (< 4)", length)
			break
		}
		p.f(" %u %u ", m.u16(i), m.u16(i+2))
		return p.charsCut(m.from(i+4), length-4)
	case dnsTSIG:
		return p.Verbose == 0 || p.dnsSignature(m, i)
	}
	return true
}

// dnsAuthority prints the data of an SOA record.
func (p *Printer) dnsAuthority(m view, i uint32) (ok bool) {
	for range 2 {
		p.c(' ')
		if i, ok = p.dnsName(m, i); !ok {
			return false
		}
	}
	if !m.has(i, 20) {
		return false
	}
	for range 5 {
		p.f(" %u", m.u32(i))
		i += 4
	}
	return true
}

// dnsA6 prints the data of an A6 record (RFC 2874).
func (p *Printer) dnsA6(m view, i uint32) (ok bool) {
	if !m.has(i, 1) {
		return false
	}
	prefix := m.u8(i)
	if prefix > 128 {
		p.f(" %u(bad plen)", prefix)
		return true
	}
	skip := prefix / 8
	if prefix < 128 {
		var a [16]byte
		m.need(i+1, 16-skip)
		copy(a[skip:], m[i+1:][:16-skip])
		p.f(" %u ", prefix)
		p.ip6Number(a)
	}
	if prefix > 0 {
		p.c(' ')
		_, ok = p.dnsName(m, i+1+16-skip)
		return ok
	}
	return true
}

// dnsSignature prints the data of a TSIG record (RFC 8945).
func (p *Printer) dnsSignature(m view, i uint32) (ok bool) {
	p.c(' ')
	if i, ok = p.dnsName(m, i); !ok {
		return false
	}
	i += 6 // the time
	for _, field := range [...]string{" fudge=", " maclen=", " origid=", " error=", " otherlen="} {
		if !m.has(i, 2) {
			return false
		}
		n := m.u16(i)
		p.s(field)
		p.u(n)
		i += 2
		if field == " maclen=" {
			i += n
		}
	}
	return true
}
