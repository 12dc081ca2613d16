package wire

import (
	"encoding/binary"
	"net/netip"
)

// ARPLen is the length of an ARP packet for Ethernet and IPv4, in bytes.
const ARPLen = 28

// ARPOp is an ARP operation (RFC 826, ar$op).
type ARPOp uint16

// ARP operations.
const (
	ARPRequest ARPOp = 1
	ARPReply   ARPOp = 2
)

// ARP is an ARP packet for Ethernet and IPv4 (RFC 826).
type ARP []byte

// ParseARP checks that b starts with an ARP packet for Ethernet and IPv4.
func ParseARP(b []byte) (ARP, error) {
	if len(b) < ARPLen {
		return nil, ErrTruncated
	}
	a := ARP(b[:ARPLen])
	if binary.BigEndian.Uint16(a) != 1 || EtherType(binary.BigEndian.Uint16(a[2:])) != EtherTypeIPv4 || a[4] != 6 || a[5] != 4 {
		return nil, ErrHardware
	}
	return a, nil
}

// PutARP writes a packet into the first ARPLen bytes of b. The protocol
// addresses are IPv4.
func PutARP(b []byte, op ARPOp, senderMAC MAC, sender netip.Addr, targetMAC MAC, target netip.Addr) {
	binary.BigEndian.PutUint16(b, 1)
	binary.BigEndian.PutUint16(b[2:], uint16(EtherTypeIPv4))
	b[4], b[5] = 6, 4
	binary.BigEndian.PutUint16(b[6:], uint16(op))
	copy(b[8:14], senderMAC[:])
	putAddr4(b[14:], sender)
	copy(b[18:24], targetMAC[:])
	putAddr4(b[24:], target)
}

// Op returns the operation.
func (a ARP) Op() ARPOp { return ARPOp(binary.BigEndian.Uint16(a[6:])) }

// SenderMAC returns the sender's hardware address.
func (a ARP) SenderMAC() MAC { return MAC(a[8:14]) }

// Sender returns the sender's protocol address.
func (a ARP) Sender() netip.Addr { return addr4(a[14:]) }

// TargetMAC returns the target's hardware address.
func (a ARP) TargetMAC() MAC { return MAC(a[18:24]) }

// Target returns the target's protocol address.
func (a ARP) Target() netip.Addr { return addr4(a[24:]) }

func addr4(b []byte) netip.Addr { return netip.AddrFrom4([4]byte(b[:4])) }

// putAddr4 writes an IPv4 address, or an IPv4-mapped IPv6 one.
func putAddr4(b []byte, a netip.Addr) {
	v := a.As4()
	copy(b[:4], v[:])
}
