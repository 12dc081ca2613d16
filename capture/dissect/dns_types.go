package dissect

// DNS record types (IANA's registry) that are printed further than by name.
const (
	dnsA     = 1
	dnsNS    = 2
	dnsCNAME = 5
	dnsSOA   = 6
	dnsPTR   = 12
	dnsMX    = 15
	dnsTXT   = 16
	dnsAAAA  = 28
	dnsSRV   = 33
	dnsA6    = 38
	dnsDNAME = 39
	dnsOPT   = 41
	dnsTSIG  = 250
	dnsURI   = 256
)

var dnsTypes = names{
	dnsA: "A", dnsNS: "NS", 3: "MD", 4: "MF", dnsCNAME: "CNAME", dnsSOA: "SOA", 7: "MB", 8: "MG", 9: "MR",
	10: "NULL", 11: "WKS", dnsPTR: "PTR", 13: "HINFO", 14: "MINFO", dnsMX: "MX", dnsTXT: "TXT", 17: "RP",
	18: "AFSDB", 19: "X25", 20: "ISDN", 21: "RT", 22: "NSAP", 23: "NSAP_PTR", 24: "SIG", 25: "KEY", 26: "PX",
	27: "GPOS", dnsAAAA: "AAAA", 29: "LOC", 30: "NXT", 31: "EID", 32: "NIMLOC", dnsSRV: "SRV", 34: "ATMA",
	35: "NAPTR", 36: "KX", 37: "CERT", dnsA6: "A6", dnsDNAME: "DNAME", 40: "SINK", dnsOPT: "OPT", 42: "APL",
	43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID", 50: "NSEC3",
	51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 55: "HIP", 56: "NINFO", 57: "RKEY", 58: "TALINK", 59: "CDS",
	60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 99: "SPF", 100: "UINFO",
	101: "UID", 102: "GID", 103: "UNSPEC", 104: "NID", 105: "L32", 106: "L64", 107: "LP", 108: "EUI48",
	109: "EUI64", 249: "TKEY", dnsTSIG: "TSIG", 251: "IXFR", 252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY",
	dnsURI: "URI", 257: "CAA", 258: "AVC", 259: "DOA", 260: "AMTRELAY", 32768: "TA", 32769: "DLV",
}

const dnsClassIN = 1

var dnsClasses = names{dnsClassIN: "IN", 3: "CHAOS", 4: "HS", 255: "ANY"}

var dnsOpcodes = [16]string{
	"", " inv_q", " stat", " op3", " notify", " update", " op6", " op7",
	" op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef",
}

const dnsInverseQuery = 1

// dnsResponses are the response codes; tcpdump has no blank before two of them.
var dnsResponses = [...]string{
	"", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused", " YXDomain", " YXRRSet",
	" NXRRSet", " NotAuth", " NotZone", " Resp11", " Resp12", " Resp13", " Resp14", " NoChange",
	" BadVers", "Resp17", " Resp18", " Resp19", " Resp20", "Resp21", " Resp22", " BadCookie",
}

// EDNS option codes that are printed further.
const (
	ednsDAU       = 5
	ednsDHU       = 6
	ednsN3U       = 7
	ednsSubnet    = 8
	ednsExpire    = 9
	ednsCookie    = 10
	ednsKeepalive = 11
	ednsPadding   = 12
	ednsChain     = 13
	ednsKeyTag    = 14
)

var ednsOptions = names{
	1: "LLQ", 2: "UL", 3: "NSID", ednsDAU: "DAU", ednsDHU: "DHU", ednsN3U: "N3U", ednsSubnet: "ECS",
	ednsExpire: "EXPIRE", ednsCookie: "COOKIE", ednsKeepalive: "KEEPALIVE", ednsPadding: "PADDING",
	ednsChain: "CHAIN", ednsKeyTag: "KEY-TAG", 16: "CLIENT-TAG", 17: "SERVER-TAG",
}

var dnssecAlgorithms = names{
	0: "DELETE", 1: "RSAMD5", 2: "DH", 3: "DS", 5: "RSASHA1", 6: "DSA-NSEC3-SHA1", 7: "RSASHA1-NSEC3-SHA1",
	8: "RSASHA256", 10: "RSASHA512", 12: "ECC-GOST", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384",
	15: "ED25519", 16: "ED448", 252: "INDIRECT", 253: "PRIVATEDNS", 254: "PRIVATEOID",
}

var dsDigests = names{1: "SHA-1", 2: "SHA-256", 3: "GOST_R_34.11-94", 4: "SHA-384"}

var nsec3Hashes = names{1: "SHA-1"}
