package dissect

var chapCodes = names{1: "Challenge", 2: "Response", 3: "Success", 4: "Fail"}

var papCodes = names{1: "Auth-Req", 2: "Auth-ACK", 3: "Auth-NACK"}

// pppAuthHead prints the fields that CHAP and PAP start with, and returns the code
// and the length; false if they are cut.
func (p *Printer) pppAuthHead(name, short string, codes names, v view, length uint32) (code, n uint32, ok bool) {
	if length < 4 {
		p.s("[|")
		p.s(short)
		if length > 0 {
			p.f(" 0x%02x", v.u8(0))
		}
		p.c(']')
		return 0, 0, false
	}
	code = v.u8(0)
	p.s(name)
	p.s(", ")
	p.name(codes, code, "unknown")
	p.f(" (0x%02x)", code)
	p.f(", id %u", v.u8(1))
	return code, v.u16(2), true
}

// chap prints the challenge handshake (RFC 1994).
func (p *Printer) chap(v view, length uint32) {
	code, n, ok := p.pppAuthHead("CHAP", "chap", chapCodes, v, length)
	if !ok {
		return
	}
	switch code {
	case 1, 2:
		if length < 5 {
			return
		}
		size := v.u8(4)
		if length-5 < size {
			return
		}
		p.s(", Value ")
		p.hexBytes(v.from(5), size, "")
		p.s(", Name ")
		p.chars(v.from(5+size), n-5-size)
	case 3, 4:
		p.s(", Msg ")
		p.chars(v.from(4), n-4)
	}
}

// pap prints the password authentication (RFC 1334).
func (p *Printer) pap(v view, length uint32) {
	code, n, ok := p.pppAuthHead("PAP", "pap", papCodes, v, length)
	if !ok {
		return
	}
	if n > length {
		p.f(", length %u > packet size", n)
		return
	}
	if n < 4 {
		p.f(", length %u < PAP header length", n)
		return
	}
	v, n = v.from(4), n-4
	switch code {
	case 1:
		if n < 2 {
			p.s("[|pap]")
			return
		}
		used, ok := p.papText(", Peer ", v, n)
		if ok {
			p.papText(", Name ", v.from(used), n-used)
		}
	case 2, 3:
		if n < 1 {
			p.s("[|pap]")
			return
		}
		p.papText(", Msg ", v, n)
	}
}

// papText prints a text that has its length before it, and returns the length of
// both; false if there is none.
func (p *Printer) papText(name string, v view, left uint32) (used uint32, ok bool) {
	if left < 1 {
		return 0, false
	}
	n := v.u8(0)
	if left-1 < n {
		return 0, false
	}
	p.s(name)
	p.chars(v.from(1), n)
	return n + 1, true
}
