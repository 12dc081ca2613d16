package dissect

// Mobility message types (RFC 6275, section 6.1).
const (
	mobilityRefresh    = 0
	mobilityHomeInit   = 1
	mobilityCareOfInit = 2
	mobilityHomeTest   = 3
	mobilityCareOfTest = 4
	mobilityUpdate     = 5
	mobilityAck        = 6
	mobilityError      = 7
)

// mobilityMessages are the types with their names and least lengths in bytes.
var mobilityMessages = [...]struct {
	name   string
	length uint32
}{
	mobilityRefresh:    {"BRR", 8},
	mobilityHomeInit:   {"HoTI", 16},
	mobilityCareOfInit: {"CoTI", 16},
	mobilityHomeTest:   {"HoT", 24},
	mobilityCareOfTest: {"CoT", 24},
	mobilityUpdate:     {"BU", 16},
	mobilityAck:        {"BA", 16},
	mobilityError:      {"BE", 24},
}

var mobilityFlags = []bitName{{8, "A"}, {4, "H"}, {2, "L"}, {1, "K"}}

// mobility prints a mobility header (RFC 6275).
func (p *Printer) mobility(v view) {
	p.proto = "mobility"
	p.s("mobility: ")
	if payload := v.u8(0); payload != protoNone {
		p.f("(payload protocol %u should be %u) ", payload, protoNone)
	}
	length, typ := (v.u8(1)+1)*8, v.u8(2)
	if typ >= uint32(len(mobilityMessages)) {
		p.f("type-#%u len=%u", typ, v.u8(1))
		return
	}
	message := mobilityMessages[typ]
	p.s(message.name)
	if length < message.length {
		p.f(" (header length %u < %u)", length, message.length)
		p.invalid()
		return
	}
	pair := func(name string, at uint32) {
		if p.Verbose == 0 {
			return
		}
		high, low := v.u32(at), v.u32(at+4)
		if typ == mobilityHomeInit || typ == mobilityHomeTest {
			p.s(" Home")
		} else {
			p.s(" Care-of")
		}
		p.s(name)
		p.f("=%08x:%08x", high, low)
	}
	head := message.length
	switch typ {
	case mobilityHomeInit, mobilityCareOfInit:
		pair(" Init Cookie", 8)
	case mobilityHomeTest, mobilityCareOfTest:
		p.f(" nonce id=0x%x", v.u16(6))
		pair(" Init Cookie", 8)
		pair(" Keygen Token", 16)
	case mobilityUpdate:
		p.f(" seq#=%u", v.u16(6))
		if flags := v.u8(8) >> 4; flags != 0 {
			p.c(' ')
			p.bits(mobilityFlags, flags, "", "bits-#0x%x")
		}
		p.f(" lifetime=%u", v.u16(10)<<2)
		head = 12
	case mobilityAck:
		p.f(" status=%u", v.u8(6))
		if v.u8(7)&0x80 != 0 {
			p.s(" K")
		}
		p.f(" seq#=%u", v.u16(8))
		p.f(" lifetime=%u", v.u16(10)<<2)
		head = 12
	case mobilityError:
		p.f(" status=%u", v.u8(6))
		v.need(8, 16)
		p.s(" homeaddr ")
		p.ip6(v, 8)
	}
	if p.Verbose > 0 && !p.mobilityOptions(v.from(head), length-head) {
		p.invalid()
	}
}

// mobilityOptions prints options (RFC 6275, section 6.2). It reports false if they
// are invalid.
func (p *Printer) mobilityOptions(v view, length uint32) bool {
	for i := uint32(0); i < length; {
		o := v.from(i)
		left := length - i
		typ, n := o.u8(0), uint32(1)
		if typ != 0 {
			if p.below("remaining length", left, 2) {
				return false
			}
			n = o.u8(1) + 2
		}
		if p.below("remaining length", left, n) {
			return false
		}
		o.need(0, n)
		switch typ {
		case 0:
			p.s("(pad1)")
		case 1:
			p.s("(padn)")
		case 2:
			p.s("(refresh: ")
			if p.below("remaining length", left, 4) {
				return false
			}
			p.f("%u)", o.u16(2)<<2)
		case 3:
			p.s("(alt-CoA: ")
			if p.below("remaining length", left, 18) {
				return false
			}
			p.ip6(o, 2)
			p.c(')')
		case 4:
			p.s("(ni: ")
			if p.below("remaining length", left, 6) {
				return false
			}
			p.f("ho=0x%04x co=0x%04x)", o.u16(2), o.u16(4))
		case 5:
			p.s("(auth)")
			if p.below("remaining length", left, 12) {
				return false
			}
		default:
			p.f("(unknown: type-#%u len=%u)", typ, n-2)
		}
		i += n
	}
	return true
}
