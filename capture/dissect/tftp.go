package dissect

// TFTP operations (RFC 1350, RFC 2347).
const (
	tftpRead      = 1
	tftpWrite     = 2
	tftpData      = 3
	tftpAck       = 4
	tftpError     = 5
	tftpOptionAck = 6
)

var tftpOps = names{
	tftpRead: "RRQ", tftpWrite: "WRQ", tftpData: "DATA", tftpAck: "ACK", tftpError: "ERROR", tftpOptionAck: "OACK",
}

var tftpErrors = names{
	0: "EUNDEF", 1: "ENOTFOUND", 2: "EACCESS", 3: "ENOSPACE", 4: "EBADOP", 5: "EBADID", 6: "EEXISTS", 7: "ENOUSER",
}

// tftp prints TFTP.
func (p *Printer) tftp(v view, length uint32) {
	p.proto = "tftp"
	p.f("TFTP, length %u", length)
	if !p.tftpMessage(v, length) {
		p.trunc()
	}
}

// tftpMessage prints a message. It reports false if it is cut.
func (p *Printer) tftpMessage(v view, length uint32) bool {
	if length < 2 {
		return false
	}
	op := v.u16(0)
	p.s(", ")
	p.name(tftpOps, op, "tftp-#%u")
	v, length = v.from(2), length-2
	switch op {
	case tftpRead, tftpWrite:
		if length == 0 {
			return false
		}
		p.s(" \"")
		n := p.tftpText(v, length)
		p.c('"')
		v, length = v.from(n), length-n
		if n == 0 || length == 0 {
			return false
		}
		p.c(' ')
		n = p.tftpText(v, length)
		return n != 0 && p.tftpOptions(v.from(n), length-n)
	case tftpOptionAck:
		return p.tftpOptions(v, length)
	case tftpAck, tftpData:
		if length < 2 {
			return false
		}
		p.f(" block %u", v.u16(0))
	case tftpError:
		if length < 2 {
			return false
		}
		code := v.u16(0)
		p.c(' ')
		p.name(tftpErrors, code, "tftp-err-#%u \"")
		if length == 2 {
			return false
		}
		p.s(" \"")
		n := p.tftpText(v.from(2), length-2)
		p.c('"')
		return n != 0
	}
	return true
}

// tftpOptions prints names and values. It reports false if they are cut.
func (p *Printer) tftpOptions(v view, length uint32) bool {
	for length != 0 {
		if v.u8(0) != 0 {
			p.c(' ')
		}
		n := p.tftpText(v, length)
		if n == 0 {
			return false
		}
		v, length = v.from(n), length-n
	}
	return true
}

// tftpText prints a text up to its zero byte, and returns the length with it; 0 if
// there is none.
func (p *Printer) tftpText(v view, length uint32) uint32 {
	for i, b := range v.upTo(length) {
		if b == 0 {
			return uint32(i) + 1
		}
		p.char(b)
	}
	return 0
}
