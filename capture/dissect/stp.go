package dissect

// Spanning tree protocol versions (IEEE 802.1Q, section 14).
const (
	stpRegular = 0
	stpRapid   = 2
	stpMSTP    = 3
	stpSPB     = 4
)

var stpVersions = names{stpRegular: "802.1d", stpRapid: "802.1w", stpMSTP: "802.1s", stpSPB: "802.1aq"}

// BPDU types.
const (
	bpduConfig = 0
	bpduRapid  = 2
)

var bpduTypes = names{bpduConfig: "Config", bpduRapid: "Rapid STP", 0x80: "Topology Change"}

var bpduFlags = []bitName{
	{0x01, "Topology change"},
	{0x02, "Proposal"},
	{0x10, "Learn"},
	{0x20, "Forward"},
	{0x40, "Agreement"},
	{0x80, "Topology change ACK"},
}

var stpRoles = names{0: "Unknown", 1: "Alternate", 2: "Root", 3: "Designated"}

// Lengths and offsets in a BPDU, in bytes.
const (
	bpduLen        = 36
	mstpMinLen     = 102
	mstpLenOffset  = 36
	mstpNameOffset = 39
	mstiOffset     = 102
	mstiLen        = 16
	spbMinLen      = 87
)

// stp prints a bridge protocol data unit.
func (p *Printer) stp(v view, length uint32) {
	p.proto = "stp"
	if length < 4 {
		p.invalid()
		return
	}
	if v.u16(0) != 0 {
		p.f("unknown STP version, length %u", length)
		return
	}
	version := v.u8(2)
	p.s("STP ")
	p.name(stpVersions, version, "Unknown STP protocol (0x%02x)")
	if _, ok := stpVersions[version]; !ok {
		return
	}
	typ := v.u8(3)
	p.s(", ")
	p.name(bpduTypes, typ, "Unknown BPDU Type (0x%02x)")
	switch {
	case typ == bpduConfig && length < bpduLen-1,
		typ == bpduRapid && version == stpRapid && length < bpduLen:
		p.invalid()
	case typ == bpduConfig, typ == bpduRapid && version == stpRapid:
		p.bpdu(v, length, version)
	case typ == bpduRapid && version >= stpMSTP:
		if !p.mstp(v, length, version) {
			p.invalid()
		}
	}
}

func (p *Printer) bridgeID(v view, i uint32) {
	p.f("%04x.", v.u16(i))
	v.need(i+2, 6)
	p.hexBytes(v.from(i+2), 6, ":")
}

func (p *Printer) bpduFlags(flags uint32) {
	p.s("Flags [")
	p.bits(bpduFlags, flags, ", ", "none")
	p.c(']')
}

// bpduTime prints a time in units of 1/256 s, to two places.
func (p *Printer) bpduTime(name string, v uint32) {
	p.s(name)
	hundredths := (v*100 + 128) / 256
	if v*100%256 == 128 && hundredths%2 == 1 {
		hundredths-- // half to even, as printf rounds
	}
	p.f(" %u.%02us", hundredths/100, hundredths%100)
}

func (p *Printer) bpduTimes(v view) {
	p.bpduTime("\n\tmessage-age", v.u16(27))
	p.bpduTime(", max-age", v.u16(29))
	p.bpduTime(", hello-time", v.u16(31))
	p.bpduTime(", forwarding-delay", v.u16(33))
}

func (p *Printer) bpdu(v view, length, version uint32) {
	flags := v.u8(4)
	p.s(", ")
	p.bpduFlags(flags)
	v.need(17, 10)
	p.s(", bridge-id ")
	p.bridgeID(v, 17)
	p.f(".%04x, length %u", v.u16(25), length)
	if p.Verbose == 0 {
		return
	}
	v.need(27, 8)
	p.bpduTimes(v)
	p.s("\n\troot-id ")
	p.bridgeID(v, 5)
	p.f(", root-pathcost %u", v.u32(13))
	if version == stpRapid {
		p.s(", port-role ")
		p.name(stpRoles, flags>>2&3, "Unknown")
	}
}

// mstp prints a multiple spanning tree BPDU, and what shortest path bridging adds
// to it. It reports false if its lengths are impossible.
func (p *Printer) mstp(v view, length, version uint32) bool {
	if length < mstpMinLen || v.u8(35) != 0 {
		return false
	}
	n := v.u16(mstpLenOffset) + 2
	if length < bpduLen+n {
		return false
	}
	p.mstpBPDU(v, length)
	if version != stpSPB {
		return true
	}
	spb := v.u16(mstpLenOffset+n) + 2
	if length < bpduLen+n+spb || spb < spbMinLen {
		return false
	}
	if p.Verbose > 0 {
		p.spbBPDU(v.from(bpduLen + n))
	}
	return true
}

func (p *Printer) mstpBPDU(v view, length uint32) {
	flags := v.u8(4)
	p.s(", CIST ")
	p.bpduFlags(flags)
	p.f(", length %u", length)
	if p.Verbose == 0 {
		return
	}
	p.s("\n\tport-role ")
	p.name(stpRoles, flags>>2&3, "Unknown")
	p.s(", ")
	v.need(5, 12)
	p.s("CIST root-id ")
	p.bridgeID(v, 5)
	p.f(", CIST ext-pathcost %u", v.u32(13))
	v.need(17, 8)
	p.s("\n\tCIST regional-root-id ")
	p.bridgeID(v, 17)
	p.s(", ")
	p.f("CIST port-id %04x,", v.u16(25))
	v.need(27, 8)
	p.bpduTimes(v)
	n := v.u16(mstpLenOffset)
	p.f("\n\tv3len %u, MCID Name ", n)
	p.charsToNul(v.from(mstpNameOffset), 32)
	v.need(mstpNameOffset+32, 18)
	p.f(", rev %u,", v.u16(mstpNameOffset+32))
	p.s("\n\t\tdigest ")
	p.hexBytes(v.from(73), 16, "")
	p.s(", ")
	p.f("CIST int-root-pathcost %u,", v.u32(89))
	v.need(93, 8)
	p.s("\n\tCIST bridge-id ")
	p.bridgeID(v, 93)
	p.s(", ")
	p.f("CIST remaining-hops %u", v.u8(101))

	// What the configuration leaves is for instances.
	const config = 64
	for at := uint32(mstiOffset); n >= config+mstiLen; n, at = n-mstiLen, at+mstiLen {
		p.msti(v.from(at))
	}
}

// msti prints one instance of the tree.
func (p *Printer) msti(v view) {
	p.f("\n\tMSTI %u, ", v.u16(1)&0xfff)
	flags := v.u8(0)
	p.bpduFlags(flags)
	p.s(", port-role ")
	p.name(stpRoles, flags>>2&3, "Unknown")
	v.need(1, 12)
	p.s("\n\t\tMSTI regional-root-id ")
	p.bridgeID(v, 1)
	p.f(", pathcost %u", v.u32(9))
	p.f("\n\t\tMSTI bridge-prio %u, port-prio %u, hops %u", v.u8(13)>>4, v.u8(14)>>4, v.u8(15))
}

// spbBPDU prints what shortest path bridging adds.
func (p *Printer) spbBPDU(v view) {
	p.f("\n\tv4len %u, AUXMCID Name ", v.u16(0))
	p.charsToNul(v.from(3), 32)
	v.need(35, 18)
	p.f(", Rev %u,\n\t\tdigest ", v.u16(35))
	p.hexBytes(v.from(37), 16, "")
	v.need(53, 34)
	agreement := v.u8(53)
	p.f("\n\tAgreement num %u, Discarded Agreement num %u, Agreement valid-flag %u,\n\tRestricted role-flag: %u, ",
		agreement>>6, agreement>>4&3, agreement>>3&1, agreement>>2&1)
	p.f("Format id %u cap %u, Convention id %u cap %u,\n\tEdge count %u, ",
		v.u8(55)>>4, v.u8(55), v.u8(56)>>4, v.u8(56), v.u16(57))
	p.s("Agreement digest ")
	p.hexBytes(v.from(67), 20, "")
}
