package pcapfilter

import "thinnet/capture"

// EtherTypes (IEEE 802 numbers).
const (
	etherTypeNS        = 0x0600
	etherTypeIPv4      = 0x0800
	etherTypeARP       = 0x0806
	etherTypeMOPDL     = 0x6001
	etherTypeMOPRC     = 0x6002
	etherTypeDECnet    = 0x6003
	etherTypeLAT       = 0x6004
	etherTypeSCA       = 0x6007
	etherTypeTEB       = 0x6558 // an Ethernet frame in a tunnel
	etherTypeRARP      = 0x8035
	etherTypeAppleTalk = 0x809b
	etherTypeAARP      = 0x80f3
	etherTypeVLAN      = 0x8100
	etherTypeIPX       = 0x8137
	etherTypeIPv6      = 0x86dd
	etherTypeSlow      = 0x8809
	etherTypeMPLS      = 0x8847
	etherTypePPPoED    = 0x8863
	etherTypePPPoES    = 0x8864
	etherTypeQinQ      = 0x88a8
	etherTypeLLDP      = 0x88cc
	etherTypeLoopback  = 0x9000
	etherTypeOldQinQ   = 0x9100
)

// LLC service access points, in the same number space as EtherTypes.
const (
	sapIP      = 0x06
	sapSTP     = 0x42
	sapIPX     = 0xe0
	sapNetBEUI = 0xf0
	sapOSI     = 0xfe
	sapMaximum = 1500 // what is greater is an EtherType, not a length
)

// linkProtocol: the link-layer header says that the packet is of this protocol, an
// EtherType or an LLC service access point.
func (l *lowering) linkProtocol(p uint32) *cond {
	if l.layout.labels > 0 {
		return l.mplsProtocol(p)
	}
	switch l.layout.linkType {
	case capture.LinkTypeEthernet:
		return l.etherProtocol(p)
	case capture.LinkTypeLinuxSLL:
		return l.cookedProtocol(p)
	case capture.LinkTypeRaw:
		switch p {
		case etherTypeIPv4:
			return l.ipVersion(l.layout.link, 4)
		case etherTypeIPv6:
			return l.ipVersion(l.layout.link, 6)
		}
		return never
	case capture.LinkTypeIPv4:
		return constantCond(p == etherTypeIPv4)
	case capture.LinkTypeIPv6:
		return constantCond(p == etherTypeIPv6)
	case capture.LinkTypePPP:
		return l.pppProtocol(p)
	case capture.LinkTypeNull, capture.LinkTypeLoop:
		return l.loopbackProtocol(p)
	}
	if !l.atMost("EtherType", p, 0xffff) {
		return never
	}
	return l.equal(l.layout.typ, 2, p)
}

func (l *lowering) ipVersion(at offset, version uint32) *cond {
	return l.masked(at, 1, version<<4, 0xf0)
}

// isLength: the Ethernet type field is a length, so an LLC header follows.
func (l *lowering) isLength() *cond {
	return not(l.compare(jumpGreater, l.load(l.layout.typ, 2), sapMaximum))
}

func (l *lowering) etherProtocol(p uint32) *cond {
	llc, typ := l.layout.payload, l.layout.typ
	switch {
	case p == sapOSI, p == sapIP, p == sapNetBEUI:
		return and(l.isLength(), l.equal(llc, 2, p<<8|p))
	case p == sapIPX:
		// Ethernet II, or behind a length: SNAP, LLC, or Novell's raw 802.3.
		return or(l.equal(typ, 2, etherTypeIPX), and(l.isLength(),
			or(l.snap(0, etherTypeIPX), l.equal(llc, 1, sapIPX), l.equal(llc, 2, 0xffff))))
	case p == etherTypeAppleTalk:
		return or(l.equal(typ, 2, p), and(l.isLength(), l.snap(appleOUI, p)))
	case p == etherTypeAARP:
		return or(l.equal(typ, 2, p), and(l.isLength(), l.snap(0, p)))
	case p <= sapMaximum:
		if !l.atMost("LLC DSAP", p, 0xff) {
			return never
		}
		return and(l.isLength(), l.equal(typ.plus(2), 1, p))
	}
	if !l.atMost("EtherType", p, 0xffff) {
		return never
	}
	return l.equal(typ, 2, p)
}

// Protocols of Linux cooked headers that are no EtherTypes.
const (
	cooked8023 = 0x0001 // Novell's raw 802.3
	cookedLLC  = 0x0004
)

func (l *lowering) cookedProtocol(p uint32) *cond {
	llc, typ := l.layout.payload, l.layout.typ
	isLLC := l.equal(typ, 2, cookedLLC)
	switch {
	case p == sapOSI, p == sapIP, p == sapNetBEUI:
		return and(isLLC, l.equal(llc, 2, p<<8|p))
	case p == sapIPX:
		return or(l.equal(typ, 2, etherTypeIPX), l.equal(typ, 2, cooked8023),
			and(isLLC, or(l.equal(llc, 1, sapIPX), l.snap(0, etherTypeIPX))))
	case p == etherTypeAppleTalk:
		return or(l.equal(typ, 2, p), and(isLLC, l.snap(appleOUI, p)))
	case p == etherTypeAARP:
		return or(l.equal(typ, 2, p), and(isLLC, l.snap(0, p)))
	case p <= sapMaximum:
		if !l.atMost("LLC DSAP", p, 0xff) {
			return never
		}
		return and(isLLC, l.equal(l.layout.link.plus(l.layout.payload.k), 1, p))
	}
	if !l.atMost("EtherType", p, 0xffff) {
		return never
	}
	return l.equal(typ, 2, p)
}

const appleOUI = 0x080007

// snap: the LLC header is a SNAP header of the organisation and the protocol.
func (l *lowering) snap(oui, p uint32) *cond {
	return l.bytes(l.layout.payload, []byte{
		0xaa, 0xaa, 0x03, byte(oui >> 16), byte(oui >> 8), byte(oui), byte(p >> 8), byte(p),
	})
}

// PPP protocol numbers for what also has an EtherType or a service access point.
var pppProtocols = map[uint32]uint32{
	etherTypeIPv4: 0x0021, etherTypeIPv6: 0x0057, etherTypeDECnet: 0x0027,
	etherTypeAppleTalk: 0x0029, etherTypeNS: 0x0025,
	sapOSI: 0x0023, sapSTP: 0x0031, sapIPX: 0x002b,
}

const pppMPLS = 0x0281

func (l *lowering) pppProtocol(p uint32) *cond {
	number, ok := pppProtocols[p]
	if !ok {
		if !l.atMost("PPP protocol", p, 0xffff) {
			return never
		}
		number = p
	}
	return l.equal(l.layout.typ, 2, number)
}

// Address families of BSD loopback headers. That of IPv6 differs from system to
// system; a file may be from any of them.
const (
	familyIPv4        = 2
	familyIPv6Linux   = 10
	familyIPv6BSD     = 24
	familyIPv6FreeBSD = 28
	familyIPv6Darwin  = 30
)

// ofFile says whether the packets come from a file.
func (l *lowering) ofFile() bool {
	return l.opt.Source == SourceFile || l.opt.Source == SourceSwappedFile
}

func (l *lowering) loopbackProtocol(p uint32) *cond {
	var families []uint32
	switch p {
	case etherTypeIPv4:
		families = []uint32{familyIPv4}
	case etherTypeIPv6:
		families = []uint32{familyIPv6Darwin, familyIPv6BSD, familyIPv6FreeBSD}
		if !l.ofFile() {
			families = []uint32{familyIPv6Linux}
		}
	default:
		return never
	}
	family := func(swapped bool) *cond {
		anyOf := never
		for _, f := range families {
			if swapped {
				f = f<<24 | f<<8&0xff0000 | f>>8&0xff00 | f>>24
			}
			anyOf = or(anyOf, l.equal(l.layout.link, 4, f))
		}
		return anyOf
	}
	switch {
	case l.layout.linkType == capture.LinkTypeLoop:
		return family(false)
	case !l.ofFile():
		// The hosts that this runs on are little-endian.
		return family(true)
	}
	// The packets' byte order is most likely the file's, but need not be.
	swapped := l.opt.Source == SourceSwappedFile
	return or(family(swapped), family(!swapped))
}

// mplsProtocol guesses the protocol behind MPLS labels, which do not say it.
func (l *lowering) mplsProtocol(p uint32) *cond {
	switch p {
	case etherTypeIPv4:
		return and(l.lastLabel(), l.ipVersion(l.layout.networkHeader(), 4))
	case etherTypeIPv6:
		return and(l.lastLabel(), l.ipVersion(l.layout.networkHeader(), 6))
	}
	return l.fail("unsupported protocol over mpls")
}

// lastLabel: the MPLS label before the network header is the last one.
func (l *lowering) lastLabel() *cond {
	at := l.layout.networkHeader()
	return l.anyBit(offset{at.base, at.k - mplsEntryLength + 2}, 1, 1)
}

// hasLinkHeader: there is a link-layer header at all.
func (l *lowering) hasLinkHeader() *cond {
	if !l.layout.inTunnel {
		return always
	}
	return not(&cond{kind: condTest, test: test{jumpEqual, l.layout.link.base, l.layout.payload.base}})
}

// LLC frame types, by the bits of the control field (IEEE 802.2 section 5.4).
var llcFrames = map[string]struct{ bits, mask uint32 }{
	"rr": {0x01, 0x0f}, "rnr": {0x05, 0x0f}, "rej": {0x09, 0x0f},
	"ui": {0x03, 0xef}, "ua": {0x63, 0xef}, "disc": {0x43, 0xef}, "dm": {0x0f, 0xef},
	"sabme": {0x6f, 0xef}, "test": {0xe3, 0xef}, "xid": {0xaf, 0xef}, "frmr": {0x87, 0xef},
	"s": {0x01, 0x03}, "u": {0x03, 0x03},
}
