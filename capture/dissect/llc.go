package dissect

// Service access points (IEEE 802 numbers) that are told apart here.
const (
	sapGlobal  = 0xff
	sapIP      = 0x06
	sapSTP     = 0x42
	sapSNAP    = 0xaa
	llcGroup   = 1 // in the destination's
	llcAnswer  = 1 // in the source's
	llcUI      = 0x03
	llcXID     = 0xaf
	llcUPoll   = 0x10
	llcISPoll  = 0x100
	llcXIDBase = 0x81
)

var sapNames = names{
	0x00:      "Null",
	sapGlobal: "Global",
	0x02:      "802.1B I",
	0x03:      "802.1B G",
	0x04:      "SNA",
	sapIP:     "IP",
	0x0e:      "ProWay NM",
	sapSTP:    "STP",
	0x4e:      "RS511",
	0x7e:      "ISO8208",
	0x8e:      "ProWay",
	sapSNAP:   "SNAP",
	0xe0:      "IPX",
	0xf0:      "NetBeui",
	0xfe:      "OSI",
}

var llcCommands = names{
	llcUI:  "ui",
	0xe3:   "test",
	llcXID: "xid",
	0x63:   "ua",
	0x43:   "disc",
	0x0f:   "dm",
	0x6f:   "sabme",
	0x87:   "frmr",
}

var llcFlags = names{
	0:                     "Command",
	llcAnswer:             "Response",
	llcUPoll:              "Poll",
	llcAnswer | llcUPoll:  "Final",
	llcISPoll:             "Poll",
	llcAnswer | llcISPoll: "Final",
}

var llcSupervisory = names{0: "Receiver Ready", 1: "Receiver not Ready", 2: "Reject"}

// llc prints an IEEE 802.2 LLC header and what it carries, and returns the
// header's length; false if it cannot print what it carries. frame is the Ethernet
// header before it, nil if there is none.
func (p *Printer) llc(v view, length uint32, frame view) (uint32, bool) {
	p.proto = "llc"
	cut := func(least uint32) bool {
		if v.len() >= least && length >= least {
			return false
		}
		p.trunc()
		p.hexASCII("\n\t", v, v.len())
		return true
	}
	if cut(3) {
		return min(v.len(), length), true
	}
	dsapField, ssapField, control := v.u8(0), v.u8(1), v.u8(2)
	hlen := uint32(3)
	unnumbered := control&3 == 3
	if !unnumbered {
		if cut(4) {
			return min(v.len(), length), true
		}
		control, hlen = control|v.u8(3)<<8, 4
	}
	dsap, ssap := dsapField&^llcGroup, ssapField&^llcAnswer
	if p.Link {
		p.llcAddresses(dsapField, ssapField)
		if unnumbered {
			p.f(", ctrl 0x%02x: ", control)
		} else {
			p.f(", ctrl 0x%04x: ", control)
		}
	}
	v, length = v.from(hlen), length-hlen
	if control == llcUI && ssap == dsap {
		switch dsap {
		case sapSNAP:
			return hlen + 5, p.snap(v, length, frame)
		case sapSTP:
			p.stp(v, length)
			return hlen, true
		case sapIP:
			p.ipv4(v, length)
			return hlen, true
		}
	}
	if !p.Link {
		p.llcFromTo(dsap, ssap, frame)
	}
	return hlen, p.llcControl(v, length, hlen, control, ssapField, unnumbered)
}

// llcAddresses prints the access points for -e.
func (p *Printer) llcAddresses(dsapField, ssapField uint32) {
	dsap, ssap := dsapField&^llcGroup, ssapField&^llcAnswer
	p.s("LLC, dsap ")
	p.name(sapNames, dsap, "Unknown")
	p.f(" (0x%02x) ", dsap)
	if dsapField&llcGroup != 0 {
		p.s("Group")
	} else {
		p.s("Individual")
	}
	p.s(", ssap ")
	p.name(sapNames, ssap, "Unknown")
	p.f(" (0x%02x) ", ssap)
	p.name(llcFlags, ssapField&llcAnswer, "Unknown")
}

// llcFromTo prints the access points without -e.
func (p *Printer) llcFromTo(dsap, ssap uint32, frame view) {
	if frame != nil {
		p.mac(frame, 6)
		p.c(' ')
	}
	if ssap != dsap {
		p.name(sapNames, ssap, "Unknown SSAP 0x%02x")
		p.c(' ')
	}
	if frame != nil || ssap != dsap {
		p.s("> ")
	}
	if frame != nil {
		p.mac(frame, 0)
		p.c(' ')
	}
	p.name(sapNames, dsap, "Unknown DSAP 0x%02x")
	p.c(' ')
}

// llcControl prints the control field. It reports whether there is nothing more
// to print.
func (p *Printer) llcControl(v view, length, hlen, control, ssapField uint32, unnumbered bool) bool {
	flags := func(poll uint32) {
		p.s(", Flags [")
		p.name(llcFlags, ssapField&llcAnswer|control&poll, "?")
		p.f("], length %u", length+hlen)
	}
	switch {
	case unnumbered:
		p.s("Unnumbered, ")
		p.name(llcCommands, control&0xef, "%02x")
		flags(llcUPoll)
		if control&^llcUPoll != llcXID {
			return false
		}
		if length == 0 {
			return true
		}
		if v.len() < 1 {
			p.trunc()
			return true
		}
		if v.u8(0) != llcXIDBase {
			return false
		}
		if v.len() < 3 || length < 3 {
			p.trunc()
			p.hexASCII("\n\t", v, v.len())
		} else {
			p.f(": %02x %02x", v.u8(1), v.u8(2))
		}
		return true
	case control&1 == 1:
		p.s("Supervisory, ")
		p.name(llcSupervisory, control>>2&3, "?")
		p.f(", rcv seq %u", control>>9&0x7f)
		flags(llcISPoll)
		return true
	default:
		p.f("Information, send seq %u, rcv seq %u", control>>1&0x7f, control>>9&0x7f)
		flags(llcISPoll)
		return false
	}
}

// Organisations whose SNAP protocols are told apart here.
const (
	ouiEthernet = 0x000000
	ouiCisco    = 0x00000c
	ouiCisco90  = 0x0000f8
	ouiBridged  = 0x0080c2
	ouiApple    = 0x080007
)

// snapPIDs are the names of protocol identifiers of an organisation.
func snapPIDs(oui uint32) names {
	switch oui {
	case ouiEthernet, ouiCisco90, ouiApple:
		return etherTypes
	case ouiCisco:
		return ciscoPIDs
	case ouiBridged:
		return bridgedPIDs
	}
	return nil
}

var ciscoPIDs = names{
	0x2000: "CDP", 0x2003: "VTP", 0x2004: "DTP", 0x0111: "UDLD", 0x010b: "PVST", 0x010c: "VLAN Bridge",
}

var bridgedPIDs = names{
	1: "Ethernet + FCS", 7: "Ethernet w/o FCS",
	2: "802.4 + FCS", 8: "802.4 w/o FCS",
	3: "Token Ring + FCS", 9: "Token Ring w/o FCS",
	4: "FDDI + FCS", 10: "FDDI w/o FCS",
	5: "802.6 + FCS", 11: "802.6 w/o FCS",
	14: "BPDU",
}

// snap prints a SNAP header (IEEE 802) and what it carries; false if it cannot
// print that.
func (p *Printer) snap(v view, length uint32, frame view) bool {
	p.proto = "snap"
	v.need(0, 5)
	if length < 5 {
		p.trunc()
		return true
	}
	oui, pid := v.u24(0), v.u16(3)
	v, length = v.from(5), length-5
	if p.Link {
		p.s("oui ")
		p.name(ouis, oui, "Unknown")
		p.f(" (0x%06x), ", oui)
		if oui == ouiEthernet {
			p.s("ethertype ")
		} else {
			p.s("pid ")
		}
		p.name(snapPIDs(oui), pid, "Unknown")
		p.f(" (0x%04x), length %u: ", pid, length)
	}
	switch {
	case oui == ouiEthernet || oui == ouiCisco90:
		if p.etherPayload(pid, v, length) {
			return true
		}
	case oui == ouiCisco && (pid == 0x010b || pid == 0x010c) || oui == ouiBridged && pid == 14:
		p.stp(v, length)
		return true
	case oui == ouiBridged && (pid == 1 || pid == 7):
		const padding = 2
		v.need(0, padding)
		p.ethernet(v.from(padding), length-padding)
		return true
	}
	if p.Link {
		return false
	}
	if frame != nil {
		p.mac(frame, 6)
		p.s(" > ")
		p.mac(frame, 0)
		p.c(' ')
	}
	if oui == ouiEthernet {
		p.s("SNAP, ethertype ")
	} else {
		p.s("SNAP, oui ")
		p.name(ouis, oui, "Unknown")
		p.f(" (0x%06x), pid ", oui)
	}
	p.name(snapPIDs(oui), pid, "Unknown")
	p.f(" (0x%04x), length %u: ", pid, length)
	return false
}
