package dissect

// LCP options (RFC 1661, section 6, and others) that are printed further.
const (
	lcpMRU         = 1
	lcpACCM        = 2
	lcpAuth        = 3
	lcpQuality     = 4
	lcpMagic       = 5
	lcpPFC         = 7
	lcpACFC        = 8
	lcpCallback    = 13
	lcpMRRU        = 17
	lcpEndpoint    = 19
	lcpDiscrimLink = 23
)

var lcpOptions = names{
	0: "Vend-Ext", lcpMRU: "MRU", lcpACCM: "ACCM", lcpAuth: "Auth-Prot", lcpQuality: "Qual-Prot",
	lcpMagic: "Magic-Num", 6: "deprecated(6)", lcpPFC: "PFC", lcpACFC: "ACFC", 9: "FCS-Alt", 10: "SDP",
	11: "Num-Mode", 12: "deprecated(12)", lcpCallback: "Call-Back", 14: "deprecated(14)", 15: "deprecated(15)",
	16: "deprecated(16)", lcpMRRU: "MRRU", 18: "12-Bit seq #", lcpEndpoint: "End-Disc", 20: "Proprietary",
	21: "DCE-Id", 22: "MP+", lcpDiscrimLink: "Link-Disc", 24: "LCP-Auth-Opt", 25: "COBS", 26: "Prefix-elision",
	27: "Multilink-header-Form", 28: "I18N", 29: "SDL-over-SONET/SDH", 30: "PPP-Muxing",
}

var chapAlgorithms = names{5: "MD5", 128: "MS-CHAPv1", 129: "MS-CHAPv2"}

var lcpCallbacks = names{0: "UserAuth", 1: "DialString", 2: "LocalID", 3: "E.164", 4: "X.500", 6: "CBCP"}

func (p *Printer) lcpOption(v view, code, n uint32) optionEnd {
	switch code {
	case 0:
		if n < 6 {
			p.bogus(">=", 6)
			return optionSkip
		}
		oui := v.u24(2)
		p.s(": Vendor: ")
		p.name(ouis, oui, "Unknown")
		p.f(" (%u)", oui)
	case lcpMRU:
		if n != 4 {
			p.bogus("=", 4)
			return optionSkip
		}
		p.f(": %u", v.u16(2))
	case lcpACCM:
		if n != 6 {
			p.bogus("=", 6)
			return optionSkip
		}
		p.f(": 0x%08x", v.u32(2))
	case lcpAuth:
		if n < 4 {
			p.bogus(">=", 4)
			return optionSkip
		}
		proto := v.u16(2)
		p.s(": ")
		p.name(pppProtocols, proto, "Unknown Auth Proto (0x04x)")
		switch proto {
		case pppCHAP:
			p.s(", ")
			p.name(chapAlgorithms, v.u8(4), "Unknown Auth Alg %u")
		case pppPAP, pppEAP, pppSPAP, pppSPAPOld:
		default:
			p.unknownData(v, "\n\t", n)
		}
	case lcpQuality:
		if n < 4 {
			p.bogus(">=", 4)
			return optionStop
		}
		if v.u16(2) == pppLQM {
			p.s(": LQR")
		} else {
			p.s(": unknown")
		}
	case lcpMagic:
		if n != 6 {
			p.bogus("=", 6)
			return optionStop
		}
		p.f(": 0x%08x", v.u32(2))
	case lcpPFC, lcpACFC:
	case lcpDiscrimLink:
		if n != 4 {
			p.bogus("=", 4)
			return optionStop
		}
		p.f(": 0x%04x", v.u16(2))
	case lcpCallback:
		if n < 3 {
			p.bogus(">=", 3)
			return optionStop
		}
		op := v.u8(2)
		p.s(": Callback Operation ")
		p.name(lcpCallbacks, op, "Unknown")
		p.f(" (%u)", op)
	case lcpMRRU:
		if n != 4 {
			p.bogus("=", 4)
			return optionStop
		}
		p.f(": %u", v.u16(2))
	case lcpEndpoint:
		return p.lcpEndpoint(v, n)
	default:
		return optionUnknown
	}
	return optionDone
}

// lcpEndpoint prints an endpoint discriminator (RFC 1990, section 5.1.3).
func (p *Printer) lcpEndpoint(v view, n uint32) optionEnd {
	if n < 3 {
		p.bogus(">=", 3)
		return optionStop
	}
	switch class := v.u8(2); class {
	case 0:
		p.s(": Null")
	case 1:
		p.s(": Local")
	case 2:
		if n != 7 {
			p.bogus("=", 7)
			return optionStop
		}
		v.need(3, 4)
		p.s(": IPv4 ")
		p.ip4(v, 3)
	case 3:
		if n != 9 {
			p.bogus("=", 9)
			return optionStop
		}
		v.need(3, 6)
		p.s(": MAC ")
		p.mac(v, 3)
	case 4:
		p.s(": Magic-Num-Block")
	case 5:
		p.s(": PSNDN")
	default:
		p.f(": Unknown class %u", class)
	}
	return optionDone
}

// IPCP options (RFC 1332, RFC 1877, RFC 2290).
const (
	ipcpAddresses   = 1
	ipcpCompression = 2
	ipcpAddress     = 3
	ipcpHome        = 4
)

var ipcpOptions = names{
	ipcpAddresses: "IP-Addrs", ipcpCompression: "IP-Comp", ipcpAddress: "IP-Addr", ipcpHome: "Home-Addr",
	129: "Pri-DNS", 130: "Pri-NBNS", 131: "Sec-DNS", 132: "Sec-NBNS",
}

// ipcpHeaderComp is IP header compression (RFC 3544).
const ipcpHeaderComp = 0x61

var ipcpCompressions = names{pppVJ: "VJ-Comp", ipcpHeaderComp: "IP Header Compression"}

var ipcpSuboptions = names{1: "RTP-Compression", 2: "Enhanced RTP-Compression"}

func (p *Printer) ipcpOption(v view, code, n uint32) optionEnd {
	switch code {
	case ipcpAddresses:
		if n != 10 {
			p.bogus("=", 10)
			return optionSkip
		}
		v.need(2, 8)
		p.s(": src ")
		p.ip4(v, 2)
		p.s(", dst ")
		p.ip4(v, 6)
	case ipcpCompression:
		if n < 4 {
			p.bogus(">=", 4)
			return optionStop
		}
		proto := v.u16(2)
		p.s(": ")
		p.name(ipcpCompressions, proto, "Unknown")
		p.f(" (0x%02x):", proto)
		if proto == ipcpHeaderComp {
			return p.ipcpHeaderCompression(v, n)
		}
	case ipcpAddress, ipcpHome, 129, 130, 131, 132:
		if n != 6 {
			p.bogus("=", 6)
			return optionStop
		}
		v.need(2, 4)
		p.s(": ")
		p.ip4(v, 2)
	default:
		return optionUnknown
	}
	return optionDone
}

func (p *Printer) ipcpHeaderCompression(v view, n uint32) optionEnd {
	const least = 14
	if n < least {
		p.bogus(">=", least)
		return optionStop
	}
	if !v.has(2, least) {
		p.s("[|ipcp]")
		return optionStop
	}
	p.f("\n\t    TCP Space %u, non-TCP Space %u, maxPeriod %u, maxTime %u, maxHdr %u",
		v.u16(4), v.u16(6), v.u16(8), v.u16(10), v.u16(12))
	if n == least {
		return optionDone
	}
	left := n - least
	v = v.from(least)
	p.f("\n\t      Suboptions, length %u", left)
	for left >= 2 {
		if !v.has(0, 2) {
			p.s("[|ipcp]")
			return optionStop
		}
		code, length := v.u8(0), v.u8(1)
		if code == 0 || length == 0 {
			break
		}
		p.s("\n\t\t")
		p.name(ipcpSuboptions, code, "Unknown")
		p.f(" Suboption #%u, length %u", code, length)
		if left < length {
			p.f(" [remaining suboptions length %u < %u]", left, length)
			p.invalid()
			break
		}
		v, left = v.from(length), left-length
	}
	// tcpdump shows the bytes from here on as those of the option.
	if p.Verbose > 1 && v.has(2, n-2) {
		p.unknownData(v.from(2), "\n\t    ", n-2)
	}
	return optionSkip
}

var ip6cpOptions = names{1: "Interface-ID"}

func (p *Printer) ip6cpOption(v view, code, n uint32) optionEnd {
	if code != 1 {
		return optionUnknown
	}
	if n != 10 {
		p.bogus("=", 10)
		return optionSkip
	}
	if !v.has(2, 8) {
		p.s("[|ip6cp]")
		return optionStop
	}
	p.f(": %04x:%04x:%04x:%04x", v.u16(2), v.u16(4), v.u16(6), v.u16(8))
	return optionDone
}

// CCP options (RFC 1962 and others) that are printed further.
const (
	ccpBSD     = 21
	ccpMVRCA   = 24
	ccpDeflate = 26
)

var ccpOptions = names{
	0: "OUI", 1: "Pred-1", 2: "Pred-2", 3: "Puddle", 16: "HP-PPC", 17: "Stac-LZS", 18: "MPPC", 19: "Gand-FZA",
	20: "V.42bis", ccpBSD: "BSD-Comp", 23: "LZS-DCP", ccpMVRCA: "MVRCA", 25: "DEC", ccpDeflate: "Deflate", 255: "Reserved",
}

func (p *Printer) ccpOption(v view, code, n uint32) optionEnd {
	switch code {
	case ccpBSD:
		if n < 3 {
			p.bogus(">=", 3)
			return optionSkip
		}
		b := v.u8(2)
		p.f(": Version: %u, Dictionary Bits: %u", b>>5, b&0x1f)
	case ccpMVRCA:
		if n < 4 {
			p.bogus(">=", 4)
			return optionSkip
		}
		b, contexts := v.u8(2), v.u8(3)
		p.f(": Features: %u, PxP: ", b>>6)
		if b&0x20 != 0 {
			p.s("Enabled")
		} else {
			p.s("Disabled")
		}
		p.f(", History: %u, #CTX-ID: %u", b&0x1f, contexts)
	case ccpDeflate:
		if n < 4 {
			p.bogus(">=", 4)
			return optionSkip
		}
		b, check := v.u8(2), v.u8(3)
		p.f(": Window: %uK, Method: ", b>>4)
		if b&0xf == 8 {
			p.s("zlib")
		} else {
			p.s("unknown")
		}
		p.f(" (0x%x), MBZ: %u, CHK: %u", b&0xf, check>>2, check&3)
	default:
		return optionUnknown
	}
	return optionDone
}

var bacpOptions = names{1: "Favored-Peer"}

func (p *Printer) bacpOption(v view, code, n uint32) optionEnd {
	if code != 1 {
		return optionUnknown
	}
	if n != 6 {
		p.bogus("=", 6)
		return optionSkip
	}
	p.f(": Magic-Num 0x%08x", v.u32(2))
	return optionDone
}
