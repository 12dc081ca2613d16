package dissect

// PPPoE codes (RFC 2516, section 5).
const (
	pppoeData     = 0
	pppoeInitiate = 9
)

var pppoeCodes = names{pppoeInitiate: "PADI", 7: "PADO", 0x19: "PADR", 0x65: "PADS", 0xa7: "PADT", pppoeData: ""}

var pppoeTags = names{
	0: "EOL", 0x0101: "Service-Name", 0x0102: "AC-Name", 0x0103: "Host-Uniq", 0x0104: "AC-Cookie",
	0x0105: "Vendor-Specific", 0x0110: "Relay-Session-ID", 0x0120: "PPP-Max-Payload",
	0x0201: "Service-Name-Error", 0x0202: "AC-System-Error", 0x0203: "Generic-Error",
}

// pppoeLen is the length of a PPPoE header, in bytes.
const pppoeLen = 6

// pppoe prints PPPoE, and returns the length of its headers.
func (p *Printer) pppoe(v view, length uint32) uint32 {
	p.proto = "pppoe"
	if length < pppoeLen {
		p.f(" (length %u < %u)", length, pppoeLen)
		p.invalid()
		return 0
	}
	length -= pppoeLen
	v.need(0, pppoeLen)
	head, code, session, n := v.u8(0), v.u8(1), v.u16(2), v.u16(4)
	if version := head >> 4; version != 1 {
		p.f(" [ver %u]", version)
	}
	if typ := head & 15; typ != 1 {
		p.f(" [type %u]", typ)
	}
	p.s("PPPoE ")
	p.name(pppoeCodes, code, "PAD-%x")
	if code == pppoeInitiate && n > 1484-pppoeLen {
		p.f(" [len %u!]", n)
	}
	if n > length {
		p.f(" [len %u > %u!]", n, length)
		n = length
	}
	if session != 0 {
		p.f(" [ses 0x%x]", session)
	}
	v = v.from(pppoeLen)
	if code == pppoeData {
		p.c(' ')
		return pppoeLen + p.ppp(v, n)
	}
	for at := uint32(0); at < n; {
		typ, size := v.u16(at), v.u16(at+2)
		p.pppoeTag(v.from(at+4), typ, size)
		at += 4 + size
		if typ == 0 {
			break
		}
	}
	return pppoeLen
}

// pppoeTag prints a tag, of which v is the value.
func (p *Printer) pppoeTag(v view, typ, n uint32) {
	v.need(0, n)
	p.s(" [")
	p.name(pppoeTags, typ, "TAG-0x%x")
	if n > 0 {
		const longest = 79
		shown := v[:min(n, longest)]
		printable := 0
		for _, b := range shown {
			if isPrint(b) {
				printable++
			}
		}
		if printable > len(shown)-printable {
			p.s(" \"")
			for _, b := range shown {
				if !isPrint(b) {
					b = '.'
				}
				p.c(b)
			}
			p.c('"')
		} else {
			p.s(" 0x")
			for i := range n {
				p.c("0123456789ABCDEF"[v[i]>>4])
				p.c("0123456789ABCDEF"[v[i]&15])
			}
		}
	}
	p.c(']')
}
