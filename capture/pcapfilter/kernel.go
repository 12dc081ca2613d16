package pcapfilter

import "thinnet/capture"

// What Linux knows of a packet beside its bytes is loaded from offsets that no
// packet has (linux/filter.h, SKF_AD_OFF).
const (
	ancillaryBase       = 0xfffff000
	ancillaryPacketType = 4
	ancillaryIfindex    = 8
	ancillaryTag        = 44
	ancillaryTagPresent = 48
)

// ancillaryNames are how tcpdump -d writes them.
var ancillaryNames = map[uint32]string{
	ancillaryPacketType: "type", ancillaryIfindex: "ifidx",
	ancillaryTag: "vlan_tci", ancillaryTagPresent: "vlanp",
}

func ancillary(what uint32) offset { return offset{k: ancillaryBase + what} }

// ofKernel: the kernel's number for the packet is n. Only its own captures have it.
func (l *lowering) ofKernel(keyword string, what uint32, size uint8, n uint32) *cond {
	if l.opt.Source != SourceKernel {
		return l.fail("not a live capture, "+messageUnsupported, keyword, l.layout.name())
	}
	return l.equal(ancillary(what), size, n)
}

func (l *lowering) ifindex(index uint32) *cond {
	if l.layout.linkType == capture.LinkTypeLinuxSLL2 {
		return l.equal(l.layout.link.plus(4), 4, index)
	}
	return l.ofKernel("ifindex", ancillaryIfindex, 4, index)
}

// outgoing is the packet type of Linux cooked headers for what the host sent.
const outgoing = 4

func (l *lowering) direction(outbound bool) *cond {
	var c *cond
	switch l.layout.linkType {
	case capture.LinkTypeLinuxSLL:
		c = l.equal(l.layout.link, 2, outgoing)
	case capture.LinkTypeLinuxSLL2:
		c = l.equal(l.layout.link.plus(10), 1, outgoing)
	default:
		keyword := "inbound"
		if outbound {
			keyword = "outbound"
		}
		c = l.ofKernel(keyword, ancillaryPacketType, 2, outgoing)
	}
	if outbound {
		return c
	}
	return not(c)
}
