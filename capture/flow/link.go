package flow

import (
	"encoding/binary"
	"math/bits"

	"thinnet/capture"
	"thinnet/wire"
)

// Lengths of link headers, in bytes (tcpdump.org, link-layer header types).
const (
	loopbackLen = 4
	cookedLen   = 16
	cooked2Len  = 20
)

// Where cooked headers have the protocol that they carry, and the interface.
const (
	cookedProtocol   = 14
	cooked2Protocol  = 0
	cooked2Interface = 4
)

// link reads the link header and returns what is behind it, and whether that is
// an IP packet.
func (h *Headers) link(p *capture.Packet) (rest []byte, isIP bool) {
	b := p.Data
	switch p.LinkType {
	case capture.LinkTypeEthernet:
		e, err := wire.ParseEthernet(b)
		if err != nil {
			return nil, false
		}
		h.HasMAC, h.SrcMAC, h.DstMAC = true, e.Src(), e.Dst()
		return h.etherType(e.Type(), b[wire.EthernetLen:])
	case capture.LinkTypeLinuxSLL:
		return h.cooked(b, cookedProtocol, cookedLen)
	case capture.LinkTypeLinuxSLL2:
		if len(b) >= cooked2Len {
			h.Interface = binary.BigEndian.Uint32(b[cooked2Interface:])
		}
		return h.cooked(b, cooked2Protocol, cooked2Len)
	case capture.LinkTypeNull, capture.LinkTypeLoop:
		if len(b) < loopbackLen {
			return nil, false
		}
		return b[loopbackLen:], isIPFamily(binary.BigEndian.Uint32(b))
	case capture.LinkTypeRaw, capture.LinkTypeIPv4, capture.LinkTypeIPv6:
		return b, true
	}
	return nil, false
}

func (h *Headers) cooked(b []byte, protocol, length int) ([]byte, bool) {
	if len(b) < length {
		return nil, false
	}
	return h.etherType(wire.EtherType(binary.BigEndian.Uint16(b[protocol:])), b[length:])
}

// etherType passes over VLAN tags.
func (h *Headers) etherType(t wire.EtherType, b []byte) ([]byte, bool) {
	for t == wire.EtherTypeVLAN || t == wire.EtherTypeQinQ {
		tag, err := wire.ParseVLAN(b)
		if err != nil {
			break
		}
		if !h.HasVLAN {
			h.HasVLAN, h.VLAN = true, tag.ID()
		}
		t, b = tag.Type(), b[wire.VLANLen:]
	}
	if t <= 1500 { // a length
		return nil, false
	}
	h.EtherType = t
	return b, t == wire.EtherTypeIPv4 || t == wire.EtherTypeIPv6
}

// isIPFamily says whether a BSD system's address family is IPv4 or IPv6. The
// byte order is that of whichever host it was.
func isIPFamily(family uint32) bool {
	if family > 0xffff {
		family = bits.ReverseBytes32(family)
	}
	switch family {
	case 2, 24, 28, 30: // IPv6 of NetBSD and OpenBSD, FreeBSD, macOS
		return true
	}
	return false
}
