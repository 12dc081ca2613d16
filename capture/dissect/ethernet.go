package dissect

// EtherTypes (IEEE 802 numbers) that are printed here.
const (
	etherIPv4     = 0x0800
	etherARP      = 0x0806
	etherTrail    = 0x1000
	etherTEB      = 0x6558
	etherRARP     = 0x8035
	etherVLAN     = 0x8100
	etherIPv6     = 0x86dd
	etherPPP      = 0x880b
	etherMPLS     = 0x8847
	etherMPLSMul  = 0x8848
	etherPPPoED   = 0x8863
	etherPPPoES   = 0x8864
	etherJumbo    = 0x8870
	etherQinQ     = 0x88a8
	etherNSH      = 0x894f
	etherLoopback = 0x9000
	etherQinQOld  = 0x9100
	etherQinQOld2 = 0x9200
	etherPPPoED2  = 0x3c12
	etherPPPoES2  = 0x3c13
)

// maxEthernetLength is the greatest value that is a length, not a type.
const maxEthernetLength = 1500

var etherTypes = names{
	etherIPv4:     "IPv4",
	etherMPLS:     "MPLS unicast",
	etherMPLSMul:  "MPLS multicast",
	etherIPv6:     "IPv6",
	etherVLAN:     "802.1Q",
	etherQinQ:     "802.1Q-QinQ",
	etherQinQOld:  "802.1Q-9100",
	etherQinQOld2: "802.1Q-9200",
	0x88e5:        "802.1AE MACsec",
	0x0200:        "PUP",
	etherARP:      "ARP",
	etherRARP:     "Reverse ARP",
	0x0600:        "NS",
	0x0500:        "Sprite",
	etherTrail:    "Trail",
	0x6001:        "MOP DL",
	0x6002:        "MOP RC",
	0x6003:        "DN",
	0x6004:        "LAT",
	0x6007:        "SCA",
	etherTEB:      "TEB",
	0x8038:        "Lanbridge",
	0x803c:        "DEC DNS",
	0x803e:        "DEC DTS",
	0x805b:        "VEXP",
	0x805c:        "VPROD",
	0x809b:        "Appletalk",
	0x80f3:        "Appletalk ARP",
	0x8137:        "IPX",
	etherPPP:      "PPP",
	0x8808:        "MPCP",
	0x8809:        "Slow Protocols",
	etherPPPoED:   "PPPoE D",
	etherPPPoES:   "PPPoE S",
	0x888e:        "EAPOL",
	0x8899:        "Realtek protocols",
	0x886f:        "MS NLB heartbeat",
	etherJumbo:    "Jumbo",
	etherNSH:      "NSH",
	etherLoopback: "Loopback",
	0xfefe:        "OSI",
	0x00fe:        "GRE-OSI",
	0xabcd:        "CFM (old)",
	0x8902:        "CFM",
	0x893a:        "IEEE1905.1",
	0x88cc:        "LLDP",
	0x88ca:        "TIPC",
	0x0707:        "GeoNet (old)",
	0x8947:        "GeoNet",
	0x1111:        "CALM FAST",
	0x88a2:        "AoE",
	0x88f7:        "PTP",
	0xd28b:        "Arista Vendor Specific Protocol",
}

// etherType prints the type of a frame.
func (p *Printer) etherType(t uint32) {
	if p.Quiet != 0 {
		p.name(etherTypes, t, "Unknown Ethertype (0x%04x)")
		return
	}
	p.s("ethertype ")
	p.name(etherTypes, t, "Unknown")
	p.f(" (0x%04x)", t)
}

func (p *Printer) etherAddresses(v view) {
	p.mac(v, 6)
	p.s(" > ")
	p.mac(v, 0)
	p.s(", ")
}

// vlanTag prints the control information of an 802.1Q tag.
func (p *Printer) vlanTag(tci uint32) {
	p.f("vlan %u, p %u", tci&0xfff, tci>>13)
	if tci&0x1000 != 0 {
		p.s(", DEI")
	}
}

// ethernet prints an Ethernet frame, and returns the length of its headers down
// to what the last type or length field describes.
func (p *Printer) ethernet(frame view, length uint32) uint32 {
	p.proto = "ether"
	if length < frame.len() {
		p.f("[length %u < caplen %u]", length, frame.len())
		p.invalid()
		return length
	}
	if frame.len() < 14 {
		p.trunc()
		return frame.len()
	}
	if p.Link {
		p.etherAddresses(frame)
	}
	at := uint32(14)
	typ := frame.u16(12)
	printedLength := false
	for typ == etherVLAN || typ == etherQinQ || typ == etherQinQOld || typ == etherQinQOld2 {
		if frame.len() < at+4 {
			p.proto = "vlan"
			p.trunc()
			return frame.len()
		}
		if p.Link {
			p.etherType(typ)
			if !printedLength {
				p.f(", length %u: ", length)
				printedLength = true
			} else {
				p.s(", ")
			}
			p.vlanTag(frame.u16(at))
			p.s(", ")
		}
		typ = frame.u16(at + 2)
		at += 4
	}
	v, left := frame.from(at), length-at
	if typ <= maxEthernetLength {
		left = min(left, typ)
		v = v.upTo(left)
		if p.Link {
			p.s("802.3")
			if !printedLength {
				p.f(", length %u: ", left)
			}
		}
		return at + p.llcOrUnknown(v, left, frame)
	}
	if typ == etherJumbo {
		return at + p.llcOrUnknown(v, left, frame)
	}
	if p.Link {
		p.etherType(typ)
		if printedLength {
			p.s(", ")
		} else {
			p.f(", length %u: ", length)
		}
	}
	if !p.etherPayload(typ, v, left) {
		if !p.Link {
			p.etherAddresses(frame)
			p.etherType(typ)
			p.f(", length %u: ", length)
		}
		p.unknown(v, v.len())
	}
	return at
}

// llcOrUnknown prints what follows a length, and returns the length of its LLC
// header.
func (p *Printer) llcOrUnknown(v view, length uint32, frame view) uint32 {
	n, ok := p.llc(v, length, frame)
	if !ok {
		p.unknown(v, v.len())
	}
	return n
}

// etherPayload prints what an EtherType says follows; false if nothing here can.
func (p *Printer) etherPayload(typ uint32, v view, length uint32) bool {
	switch typ {
	case etherIPv4:
		p.ipv4(v, length)
	case etherARP, etherRARP:
		p.arp(v, length)
	case etherIPv6:
		p.ipv6(v, length)
	case etherMPLS, etherMPLSMul:
		p.mpls(v, length)
	case etherPPPoED, etherPPPoES, etherPPPoED2, etherPPPoES2:
		p.pppoe(v, length)
	case etherPPP:
		if length > 0 {
			p.s(": ")
			p.ppp(v, length)
		}
	default:
		return false
	}
	return true
}
