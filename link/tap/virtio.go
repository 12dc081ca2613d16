package tap

import (
	"encoding/binary"

	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

// vnetLen is the length in bytes of struct virtio_net_hdr (linux/virtio_net.h),
// which lies in front of every frame that crosses to or from the kernel:
//
//	flags 1 │ gso_type 1 │ hdr_len 2 │ gso_size 2 │ csum_start 2 │ csum_offset 2
//
// It says what is still to be done to the frame, as a packet's offload state
// does. Offsets count from the start of the frame.
const vnetLen = 10

// Values of flags and of gso_type.
const (
	vnetNeedsChecksum = 1 // VIRTIO_NET_HDR_F_NEEDS_CSUM
	vnetDataValid     = 2 // VIRTIO_NET_HDR_F_DATA_VALID

	vnetGSONone  = 0
	vnetGSOTCPv4 = 1
	vnetGSOUDPL4 = 5
	vnetGSOECN   = 0x80 // beside vnetGSOTCPv4: the first segment has CWR
)

// hostOrder is the byte order of the header's fields. The kernel's default for a
// header that no driver has negotiated is the machine's own.
var hostOrder = binary.NativeEndian

// putVnet writes the header of a packet that goes to the kernel. It reports false
// for a packet whose headers are impossible.
func putVnet(h *[vnetLen]byte, p *packet.Packet) bool {
	*h = [vnetLen]byte{}
	if p.Checksum == packet.ChecksumPartial {
		start := int(p.NetworkOffset) + int(p.ChecksumStart)
		if start+int(p.ChecksumOffset)+2 > p.Len() {
			return false
		}
		h[0] = vnetNeedsChecksum
		hostOrder.PutUint16(h[6:], uint16(start))
		hostOrder.PutUint16(h[8:], uint16(p.ChecksumOffset))
	}
	if p.Segmentation == packet.SegmentNone {
		return true
	}
	headers, transport, ok := segment.Headers(p)
	if !ok {
		return false
	}
	h[1] = vnetGSOUDPL4
	if p.Segmentation == packet.SegmentTCP {
		h[1] = vnetGSOTCPv4
		if wire.TCP(p.Head()[transport:headers]).Flags()&wire.FlagCWR != 0 {
			h[1] |= vnetGSOECN
		}
	}
	hostOrder.PutUint16(h[2:], uint16(headers))
	hostOrder.PutUint16(h[4:], p.SegmentSize)
	return true
}

// applyVnet gives a packet that came from the kernel the offload state that its
// header tells. NetworkOffset is set already. It reports false if the header does
// not fit the frame, or tells of what was not asked for.
func applyVnet(h *[vnetLen]byte, p *packet.Packet) bool {
	switch h[1] &^ vnetGSOECN {
	case vnetGSONone:
	case vnetGSOTCPv4:
		p.Segmentation = packet.SegmentTCP
	case vnetGSOUDPL4:
		p.Segmentation = packet.SegmentUDP
	default:
		return false
	}
	if p.Segmentation != packet.SegmentNone {
		if p.SegmentSize = hostOrder.Uint16(h[4:]); p.SegmentSize == 0 {
			return false
		}
	}
	switch {
	case h[0]&vnetNeedsChecksum != 0:
		start, off := int(hostOrder.Uint16(h[6:])), int(hostOrder.Uint16(h[8:]))
		if start < int(p.NetworkOffset)+wire.IPv4MinLen || off > 255 || start+off+2 > p.Len() {
			return false
		}
		p.Checksum = packet.ChecksumPartial
		p.ChecksumStart, p.ChecksumOffset = uint16(start)-uint16(p.NetworkOffset), uint8(off)
	case h[0]&vnetDataValid != 0:
		p.Checksum = packet.ChecksumValid
	}
	return true
}

// moveVnet makes the header one of a frame that has n bytes more in front.
func moveVnet(h *[vnetLen]byte, n uint16) {
	for _, field := range [][]byte{h[2:], h[6:]} { // hdr_len, csum_start
		if v := hostOrder.Uint16(field); v > 0 {
			hostOrder.PutUint16(field, v+n)
		}
	}
}

// networkOffset returns where the network header of an Ethernet frame starts, in
// bytes: behind the 802.1Q and 802.1ad tags that it has, two at most.
func networkOffset(frame []byte) uint8 {
	off := wire.EthernetLen
	for range 2 {
		if off > len(frame) {
			break
		}
		switch wire.EtherType(binary.BigEndian.Uint16(frame[off-2:])) {
		case wire.EtherTypeVLAN, wire.EtherTypeQinQ:
			off += wire.VLANLen
		}
	}
	return uint8(off)
}
