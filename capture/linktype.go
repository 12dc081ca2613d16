package capture

import (
	"errors"
	"strconv"
	"strings"
)

// LinkType says what the bytes of a captured packet start with. The values are
// the LINKTYPE_ ones that capture files hold (tcpdump.org, link-layer header types).
type LinkType uint16

// Link types.
const (
	LinkTypeNull        LinkType = 0   // BSD loopback: address family in the byte order of the host
	LinkTypeEthernet    LinkType = 1   // Ethernet
	LinkTypePPP         LinkType = 9   // PPP, with or without HDLC-like framing
	LinkTypePPPSerial   LinkType = 50  // PPP in HDLC-like framing (RFC 1662), or Cisco PPP
	LinkTypePPPEthernet LinkType = 51  // PPPoE session packets
	LinkTypeRaw         LinkType = 101 // IPv4 or IPv6, as the version nibble says
	LinkTypeLoop        LinkType = 108 // OpenBSD loopback: address family in network byte order
	LinkTypeLinuxSLL    LinkType = 113 // Linux cooked, version 1
	LinkTypePPPPppd     LinkType = 166 // PPP with a direction byte
	LinkTypeIPv4        LinkType = 228 // IPv4
	LinkTypeIPv6        LinkType = 229 // IPv6
	LinkTypeLinuxSLL2   LinkType = 276 // Linux cooked, version 2
)

// linkTypes holds libpcap's name and description of each link type.
var linkTypes = [...]struct {
	value             LinkType
	name, description string
}{
	{LinkTypeNull, "NULL", "BSD loopback"},
	{LinkTypeEthernet, "EN10MB", "Ethernet"},
	{LinkTypePPP, "PPP", "Point-to-Point Protocol"},
	{LinkTypePPPSerial, "PPP_SERIAL", "Point-to-Point Protocol over serial"},
	{LinkTypePPPEthernet, "PPP_ETHER", "PPPoE session packets"},
	{LinkTypeRaw, "RAW", "Raw IPv4/IPv6"},
	{LinkTypeLoop, "LOOP", "OpenBSD loopback"},
	{LinkTypeLinuxSLL, "LINUX_SLL", "Linux cooked v1"},
	{LinkTypePPPPppd, "PPP_PPPD", "PPP for pppd, with direction flag"},
	{LinkTypeIPv4, "IPV4", "Raw IPv4"},
	{LinkTypeIPv6, "IPV6", "Raw IPv6"},
	{LinkTypeLinuxSLL2, "LINUX_SLL2", "Linux cooked v2"},
}

// String returns libpcap's name without its DLT_ prefix, such as EN10MB; the
// number for a link type without a name here.
func (t LinkType) String() string {
	for _, l := range linkTypes {
		if l.value == t {
			return l.name
		}
	}
	return strconv.Itoa(int(t))
}

// Description returns libpcap's description, such as Ethernet; "" for a link
// type without a name here.
func (t LinkType) Description() string {
	for _, l := range linkTypes {
		if l.value == t {
			return l.description
		}
	}
	return ""
}

// ParseLinkType returns the link type that libpcap names so, in either case and
// with or without the prefix DLT_.
func ParseLinkType(name string) (LinkType, error) {
	short := strings.TrimPrefix(strings.ToUpper(name), "DLT_")
	for _, l := range linkTypes {
		if l.name == short {
			return l.value, nil
		}
	}
	return 0, errors.New("invalid data link type " + name + ": want a name such as " + LinkTypeEthernet.String() + " or " + LinkTypeRaw.String())
}
