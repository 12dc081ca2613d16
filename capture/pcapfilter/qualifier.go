package pcapfilter

import "fmt"

// proto is a protocol qualifier: the "tcp" of "tcp src port 80".
type proto uint8

// Protocol qualifiers.
const (
	protoDefault proto = iota
	protoLink
	protoIP
	protoARP
	protoRARP
	protoSCTP
	protoTCP
	protoUDP
	protoICMP
	protoIGMP
	protoIGRP
	protoAppleTalk
	protoDECnet
	protoLAT
	protoSCA
	protoMOPRC
	protoMOPDL
	protoIPv6
	protoICMPv6
	protoAH
	protoESP
	protoPIM
	protoVRRP
	protoAARP
	protoISO
	protoESIS
	protoISIS
	protoCLNP
	protoSTP
	protoIPX
	protoNetBEUI
	protoISISLevel1
	protoISISLevel2
	protoISISHello
	protoISISSNP
	protoISISCSNP
	protoISISPSNP
	protoISISLSP
	protoRadio
	protoCARP
)

var protoNames = [...]string{
	protoLink: "link", protoIP: "ip", protoARP: "arp", protoRARP: "rarp",
	protoSCTP: "sctp", protoTCP: "tcp", protoUDP: "udp",
	protoICMP: "icmp", protoIGMP: "igmp", protoIGRP: "igrp",
	protoAppleTalk: "atalk", protoDECnet: "decnet", protoLAT: "lat",
	protoSCA: "sca", protoMOPRC: "moprc", protoMOPDL: "mopdl",
	protoIPv6: "ip6", protoICMPv6: "icmp6", protoAH: "ah", protoESP: "esp",
	protoPIM: "pim", protoVRRP: "vrrp", protoAARP: "aarp",
	protoISO: "iso", protoESIS: "esis", protoISIS: "isis", protoCLNP: "clnp",
	protoSTP: "stp", protoIPX: "ipx", protoNetBEUI: "netbeui",
	protoISISLevel1: "l1", protoISISLevel2: "l2", protoISISHello: "iih",
	protoISISSNP: "snp", protoISISCSNP: "csnp", protoISISPSNP: "psnp",
	protoISISLSP: "lsp", protoRadio: "radio", protoCARP: "carp",
}

func (p proto) String() string { return qualifierName("proto", int(p), protoNames[:]) }

// direction is a direction qualifier: the "src" of "tcp src port 80".
type direction uint8

// Direction qualifiers. Those from dirAddr1 on are for 802.11 only.
const (
	dirDefault direction = iota
	dirSrc
	dirDst
	dirSrcOrDst
	dirSrcAndDst
	dirAddr1
	dirAddr2
	dirAddr3
	dirAddr4
	dirRA
	dirTA
)

var directionNames = [...]string{
	dirSrc: "src", dirDst: "dst", dirSrcOrDst: "src or dst", dirSrcAndDst: "src and dst",
	dirAddr1: "addr1", dirAddr2: "addr2", dirAddr3: "addr3", dirAddr4: "addr4",
	dirRA: "ra", dirTA: "ta",
}

func (d direction) String() string { return qualifierName("dir", int(d), directionNames[:]) }

// kind is a type qualifier: the "port" of "tcp src port 80".
type kind uint8

// Type qualifiers.
const (
	kindDefault kind = iota
	kindHost
	kindNet
	kindPort
	kindGateway
	kindProto
	kindProtochain
	kindPortrange
)

var kindNames = [...]string{
	kindHost: "host", kindNet: "net", kindPort: "port", kindGateway: "gateway",
	kindProto: "proto", kindProtochain: "protochain", kindPortrange: "portrange",
}

func (k kind) String() string { return qualifierName("type", int(k), kindNames[:]) }

// qualifiers are what stands before an identifier. An identifier without any
// takes those of the identifier before it: "tcp port 80 or 443".
type qualifiers struct {
	proto proto
	dir   direction
	kind  kind
}

// undefined marks that there is nothing to take qualifiers from, as in
// "(tcp port 80) or 443".
const undefined = 255

var noQualifiers = qualifiers{undefined, undefined, undefined}

// hostKind is the kind to name in a message where host is meant if nothing is said.
func (q qualifiers) hostKind() kind {
	if q.kind == kindDefault {
		return kindHost
	}
	return q.kind
}

func qualifierName(what string, n int, names []string) string {
	if n < len(names) && names[n] != "" {
		return names[n]
	}
	return fmt.Sprintf("<invalid %s %d>", what, n)
}
