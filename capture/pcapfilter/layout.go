package pcapfilter

import (
	"fmt"

	"thinnet/capture"
)

// offset is a place in the packet: k bytes after base, which is nil for the
// packet's start.
type offset struct {
	base *value
	k    uint32
}

func (o offset) plus(k uint32) offset { return offset{o.base, o.k + k} }

// layout is where the headers of a packet are. Primitives that match a header that
// carries another packet, such as "vlan", move it on for all that follows them.
type layout struct {
	linkType capture.LinkType
	link     offset // link-layer header
	typ      offset // its protocol field, if it has one
	payload  offset // what follows it: a network header, or LLC
	// network is where the network header is in the payload, and llcNetwork where
	// it is behind an LLC header without SNAP, in bytes.
	network, llcNetwork uint32
	// labels and tags count the MPLS labels and VLAN tags that were matched.
	labels, tags int
	// inTunnel: inside Geneve or VXLAN, which may carry no Ethernet header; then
	// link and payload are the same place.
	inTunnel bool
}

// maxLinkType is the highest link type that libpcap knows (DLT_HIGH_MATCHING_MAX).
const maxLinkType = 304

// newLayout is the layout of a packet of the link type.
func newLayout(t capture.LinkType) (layout, error) {
	l := layout{linkType: t}
	switch t {
	case capture.LinkTypeEthernet:
		l.typ.k, l.payload.k, l.llcNetwork = 12, 14, 3
	case capture.LinkTypeNull, capture.LinkTypeLoop:
		l.payload.k = 4
	case capture.LinkTypeRaw, capture.LinkTypeIPv4, capture.LinkTypeIPv6:
	case capture.LinkTypeLinuxSLL:
		l.typ.k, l.payload.k = 14, 16
	case capture.LinkTypeLinuxSLL2:
		l.payload.k = 20
	default:
		if t > maxLinkType {
			return l, fmt.Errorf("unknown data link type %d", uint16(t))
		}
		return l, fmt.Errorf("link type %v is not supported by filters; EN10MB, RAW, IPV4, IPV6, NULL, LOOP, LINUX_SLL and LINUX_SLL2 are", t)
	}
	return l, nil
}

// networkHeader is where the network header is.
func (l *layout) networkHeader() offset { return l.payload.plus(l.network) }

// name is how messages call the link type.
func (l *layout) name() string {
	return fmt.Sprintf("DLT_%v (%s)", l.linkType, l.linkType.Description())
}

// enter moves the link-layer header to the place given.
func (l *layout) enter(t capture.LinkType, link offset) {
	l.linkType, l.link, l.inTunnel = t, link, false
}
