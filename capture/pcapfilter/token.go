package pcapfilter

// tokenKind says what a token is. Tokens that the grammar treats alike share a
// kind and differ in their number.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenInvalid
	tokenNumber
	tokenName // a host, port, protocol or other name
	tokenIPv4 // two to four numbers with dots
	tokenIPv6
	tokenMAC48
	tokenMAC8 // $xx, an ARCnet address

	tokenProto // n is a proto
	tokenSrc
	tokenDst
	tokenDirection // any other direction; n is a direction
	tokenKindWord  // host, net, port, portrange; n is a kind
	tokenLoneKind  // proto, protochain, gateway, which take no direction; n is a kind
	tokenMask

	tokenAnd
	tokenOr
	tokenNot
	tokenOpen    // (
	tokenClose   // )
	tokenBracket // [
	tokenUnbracket
	tokenColon
	tokenOperator // + - * / % & | ^ << >>; n is the BPF operation
	tokenRelation // n is a relation
	tokenLength   // len

	tokenLess
	tokenGreater
	tokenByte
	tokenBroadcast
	tokenMulticast
	tokenInbound
	tokenOutbound
	tokenIfindex
	tokenEncapsulation // vlan, mpls, pppoed, pppoes, geneve, vxlan; n is an encapsulation
	tokenLLC

	tokenType    // 802.11
	tokenSubtype // 802.11
	tokenDir     // 802.11
	tokenPF      // n is a pfField
	tokenATM
	tokenATMField
	tokenSS7
	tokenSS7Field
)

// token is one word of an expression.
type token struct {
	kind tokenKind
	text string
	n    uint32
}

// relation is a comparison in arithmetic.
type relation uint8

const (
	relationEqual relation = iota
	relationNotEqual
	relationGreater
	relationGreaterEqual
	relationLess
	relationLessEqual
)

// encapsulation is a header that carries another packet, with a number of its own.
type encapsulation uint8

const (
	encapVLAN encapsulation = iota
	encapMPLS
	encapPPPoED
	encapPPPoES
	encapGeneve
	encapVXLAN
)

// pfField is a field of OpenBSD's pflog header.
type pfField uint8

const (
	pfIfname pfField = iota
	pfRuleset
	pfRulenum
	pfSubrulenum
	pfReason
	pfAction
)

var pfFieldNames = [...]string{"ifname", "ruleset", "rnr", "srnr", "reason", "action"}

var keywords = map[string]token{
	"dst": {kind: tokenDst}, "src": {kind: tokenSrc},
	"address1": {kind: tokenDirection, n: uint32(dirAddr1)}, "addr1": {kind: tokenDirection, n: uint32(dirAddr1)},
	"address2": {kind: tokenDirection, n: uint32(dirAddr2)}, "addr2": {kind: tokenDirection, n: uint32(dirAddr2)},
	"address3": {kind: tokenDirection, n: uint32(dirAddr3)}, "addr3": {kind: tokenDirection, n: uint32(dirAddr3)},
	"address4": {kind: tokenDirection, n: uint32(dirAddr4)}, "addr4": {kind: tokenDirection, n: uint32(dirAddr4)},
	"ra": {kind: tokenDirection, n: uint32(dirRA)}, "ta": {kind: tokenDirection, n: uint32(dirTA)},

	"link": protoToken(protoLink), "ether": protoToken(protoLink), "ppp": protoToken(protoLink),
	"slip": protoToken(protoLink), "fddi": protoToken(protoLink), "tr": protoToken(protoLink),
	"wlan": protoToken(protoLink),
	"arp":  protoToken(protoARP), "rarp": protoToken(protoRARP), "ip": protoToken(protoIP),
	"sctp": protoToken(protoSCTP), "tcp": protoToken(protoTCP), "udp": protoToken(protoUDP),
	"icmp": protoToken(protoICMP), "igmp": protoToken(protoIGMP), "igrp": protoToken(protoIGRP),
	"pim": protoToken(protoPIM), "vrrp": protoToken(protoVRRP), "carp": protoToken(protoCARP),
	"radio": protoToken(protoRadio), "ip6": protoToken(protoIPv6), "icmp6": protoToken(protoICMPv6),
	"ah": protoToken(protoAH), "esp": protoToken(protoESP),
	"atalk": protoToken(protoAppleTalk), "aarp": protoToken(protoAARP), "decnet": protoToken(protoDECnet),
	"lat": protoToken(protoLAT), "sca": protoToken(protoSCA), "moprc": protoToken(protoMOPRC),
	"mopdl": protoToken(protoMOPDL), "iso": protoToken(protoISO),
	"esis": protoToken(protoESIS), "es-is": protoToken(protoESIS),
	"isis": protoToken(protoISIS), "is-is": protoToken(protoISIS),
	"l1": protoToken(protoISISLevel1), "l2": protoToken(protoISISLevel2), "iih": protoToken(protoISISHello),
	"lsp": protoToken(protoISISLSP), "snp": protoToken(protoISISSNP), "csnp": protoToken(protoISISCSNP),
	"psnp": protoToken(protoISISPSNP), "clnp": protoToken(protoCLNP), "stp": protoToken(protoSTP),
	"ipx": protoToken(protoIPX), "netbeui": protoToken(protoNetBEUI),

	"host": {kind: tokenKindWord, n: uint32(kindHost)}, "net": {kind: tokenKindWord, n: uint32(kindNet)},
	"port": {kind: tokenKindWord, n: uint32(kindPort)}, "portrange": {kind: tokenKindWord, n: uint32(kindPortrange)},
	"proto": {kind: tokenLoneKind, n: uint32(kindProto)}, "protochain": {kind: tokenLoneKind, n: uint32(kindProtochain)},
	"gateway": {kind: tokenLoneKind, n: uint32(kindGateway)}, "mask": {kind: tokenMask},

	"and": {kind: tokenAnd}, "or": {kind: tokenOr}, "not": {kind: tokenNot},
	"len": {kind: tokenLength}, "length": {kind: tokenLength},
	"less": {kind: tokenLess}, "greater": {kind: tokenGreater}, "byte": {kind: tokenByte},
	"broadcast": {kind: tokenBroadcast}, "multicast": {kind: tokenMulticast},
	"inbound": {kind: tokenInbound}, "outbound": {kind: tokenOutbound}, "ifindex": {kind: tokenIfindex},
	"vlan": encapToken(encapVLAN), "mpls": encapToken(encapMPLS), "pppoed": encapToken(encapPPPoED),
	"pppoes": encapToken(encapPPPoES), "geneve": encapToken(encapGeneve), "vxlan": encapToken(encapVXLAN),
	"llc": {kind: tokenLLC},

	"type": {kind: tokenType}, "subtype": {kind: tokenSubtype},
	"direction": {kind: tokenDir}, "dir": {kind: tokenDir},

	"on": pfToken(pfIfname), "ifname": pfToken(pfIfname), "rset": pfToken(pfRuleset), "ruleset": pfToken(pfRuleset),
	"rnr": pfToken(pfRulenum), "rulenum": pfToken(pfRulenum), "srnr": pfToken(pfSubrulenum),
	"subrulenum": pfToken(pfSubrulenum), "reason": pfToken(pfReason), "action": pfToken(pfAction),

	"lane": {kind: tokenATM}, "metac": {kind: tokenATM}, "bcc": {kind: tokenATM}, "oam": {kind: tokenATM},
	"oamf4": {kind: tokenATM}, "oamf4ec": {kind: tokenATM}, "oamf4sc": {kind: tokenATM}, "sc": {kind: tokenATM},
	"ilmic": {kind: tokenATM}, "connectmsg": {kind: tokenATM}, "metaconnect": {kind: tokenATM},
	"vpi": {kind: tokenATMField}, "vci": {kind: tokenATMField},

	"fisu": {kind: tokenSS7}, "lssu": {kind: tokenSS7}, "lsu": {kind: tokenSS7}, "msu": {kind: tokenSS7},
	"hfisu": {kind: tokenSS7}, "hlssu": {kind: tokenSS7}, "hmsu": {kind: tokenSS7},
	"sio": {kind: tokenSS7Field}, "opc": {kind: tokenSS7Field}, "dpc": {kind: tokenSS7Field}, "sls": {kind: tokenSS7Field},
	"hsio": {kind: tokenSS7Field}, "hopc": {kind: tokenSS7Field}, "hdpc": {kind: tokenSS7Field}, "hsls": {kind: tokenSS7Field},
}

func protoToken(p proto) token         { return token{kind: tokenProto, n: uint32(p)} }
func encapToken(e encapsulation) token { return token{kind: tokenEncapsulation, n: uint32(e)} }
func pfToken(f pfField) token          { return token{kind: tokenPF, n: uint32(f)} }

// constants are the words that are numbers.
var constants = map[string]uint32{
	"icmptype": 0, "icmpcode": 1,
	"icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5,
	"icmp-echo": 8, "icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11,
	"icmp-paramprob": 12, "icmp-tstamp": 13, "icmp-tstampreply": 14, "icmp-ireq": 15,
	"icmp-ireqreply": 16, "icmp-maskreq": 17, "icmp-maskreply": 18,

	"icmp6type": 0, "icmp6code": 1,
	"icmp6-destinationunreach": 1, "icmp6-packettoobig": 2, "icmp6-timeexceeded": 3,
	"icmp6-parameterproblem": 4, "icmp6-echo": 128, "icmp6-echoreply": 129,
	"icmp6-multicastlistenerquery": 130, "icmp6-multicastlistenerreportv1": 131,
	"icmp6-multicastlistenerdone": 132, "icmp6-routersolicit": 133, "icmp6-routeradvert": 134,
	"icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136, "icmp6-redirect": 137,
	"icmp6-routerrenum": 138, "icmp6-nodeinformationquery": 139, "icmp6-nodeinformationresponse": 140,
	"icmp6-ineighbordiscoverysolicit": 141, "icmp6-ineighbordiscoveryadvert": 142,
	"icmp6-multicastlistenerreportv2": 143, "icmp6-homeagentdiscoveryrequest": 144,
	"icmp6-homeagentdiscoveryreply": 145, "icmp6-mobileprefixsolicit": 146,
	"icmp6-mobileprefixadvert": 147, "icmp6-certpathsolicit": 148, "icmp6-certpathadvert": 149,
	"icmp6-multicastrouteradvert": 151, "icmp6-multicastroutersolicit": 152,
	"icmp6-multicastrouterterm": 153,

	"tcpflags": 13, "tcp-fin": 0x01, "tcp-syn": 0x02, "tcp-rst": 0x04, "tcp-push": 0x08,
	"tcp-ack": 0x10, "tcp-urg": 0x20, "tcp-ece": 0x40, "tcp-cwr": 0x80,
}
