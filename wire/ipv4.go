package wire

import (
	"encoding/binary"
	"net/netip"
)

// Protocol is a transport protocol's number in an IP header.
type Protocol uint8

// Protocol numbers.
const (
	ProtocolICMP   Protocol = 1
	ProtocolIPIP   Protocol = 4
	ProtocolTCP    Protocol = 6
	ProtocolUDP    Protocol = 17
	ProtocolICMPv6 Protocol = 58
)

// Lengths of an IPv4 header, in bytes.
const (
	IPv4MinLen = 20
	IPv4MaxLen = 60
)

// Flags of an IPv4 header (RFC 791, section 3.1).
const (
	IPv4DontFragment  uint8 = 0x2
	IPv4MoreFragments uint8 = 0x1
)

// IPv4 is an IPv4 header with its options (RFC 791).
type IPv4 []byte

// ParseIPv4 checks that b starts with an IPv4 header whose own lengths agree. It
// compares neither TotalLen with the bytes there are, nor the checksum.
func ParseIPv4(b []byte) (IPv4, error) {
	if len(b) < IPv4MinLen {
		return nil, ErrTruncated
	}
	if b[0]>>4 != 4 {
		return nil, ErrVersion
	}
	n := int(b[0]&15) * 4
	if n < IPv4MinLen {
		return nil, ErrHeaderLen
	}
	if n > len(b) {
		return nil, ErrTruncated
	}
	if int(binary.BigEndian.Uint16(b[2:])) < n {
		return nil, ErrLength
	}
	return IPv4(b[:n]), nil
}

// IPv4Fields are the fields of a header that PutIPv4 writes.
type IPv4Fields struct {
	TOS      uint8 // DSCP and ECN
	TotalLen uint16
	ID       uint16
	Flags    uint8  // IPv4DontFragment, IPv4MoreFragments
	Offset   uint16 // fragment offset in bytes, a multiple of 8
	TTL      uint8
	Protocol Protocol
	Src, Dst netip.Addr
	Options  []byte // 0 to 40 bytes, a multiple of 4
}

// PutIPv4 writes a header with its checksum into b: IPv4MinLen bytes and the
// options. It returns the header's length.
func PutIPv4(b []byte, f *IPv4Fields) int {
	n := IPv4MinLen + len(f.Options)
	_ = b[n-1]
	b[0] = 0x40 | byte(n/4)
	b[1] = f.TOS
	binary.BigEndian.PutUint16(b[2:], f.TotalLen)
	binary.BigEndian.PutUint16(b[4:], f.ID)
	binary.BigEndian.PutUint16(b[6:], uint16(f.Flags)<<13|f.Offset/8)
	b[8] = f.TTL
	b[9] = byte(f.Protocol)
	b[10], b[11] = 0, 0
	putAddr4(b[12:], f.Src)
	putAddr4(b[16:], f.Dst)
	copy(b[IPv4MinLen:n], f.Options)
	IPv4(b[:n]).SetChecksum()
	return n
}

// HeaderLen returns the length of the header with its options, in bytes.
func (h IPv4) HeaderLen() int { return len(h) }

// TOS returns the type of service byte: DSCP and ECN.
func (h IPv4) TOS() uint8 { return h[1] }

// TotalLen returns the length of the packet, header and payload, in bytes.
func (h IPv4) TotalLen() int { return int(binary.BigEndian.Uint16(h[2:])) }

// ID returns the identification.
func (h IPv4) ID() uint16 { return binary.BigEndian.Uint16(h[4:]) }

// Flags returns IPv4DontFragment, IPv4MoreFragments.
func (h IPv4) Flags() uint8 { return h[6] >> 5 }

// Offset returns the fragment offset in bytes.
func (h IPv4) Offset() int { return int(binary.BigEndian.Uint16(h[6:])&0x1fff) * 8 }

// IsFragment reports whether the packet is a part of a larger one.
func (h IPv4) IsFragment() bool { return binary.BigEndian.Uint16(h[6:])&0x3fff != 0 }

// TTL returns the time to live, in hops.
func (h IPv4) TTL() uint8 { return h[8] }

// Protocol returns what the packet carries.
func (h IPv4) Protocol() Protocol { return Protocol(h[9]) }

// Src returns the source address.
func (h IPv4) Src() netip.Addr { return addr4(h[12:]) }

// Dst returns the destination address.
func (h IPv4) Dst() netip.Addr { return addr4(h[16:]) }

// Options returns the bytes of the options, padding included.
func (h IPv4) Options() []byte { return h[IPv4MinLen:] }

// ChecksumOK reports whether the header's checksum is right.
func (h IPv4) ChecksumOK() bool { return Fold(h.sum()) == 0xffff }

// SetChecksum computes the header's checksum.
func (h IPv4) SetChecksum() {
	h[10], h[11] = 0, 0
	binary.BigEndian.PutUint16(h[10:], ^Fold(h.sum()))
}

// sum adds up the header, which hardly ever has options.
func (h IPv4) sum() uint64 {
	if len(h) != IPv4MinLen {
		return Sum(h, 0)
	}
	b := (*[IPv4MinLen]byte)(h)
	return uint64(binary.BigEndian.Uint32(b[0:])) + uint64(binary.BigEndian.Uint32(b[4:])) +
		uint64(binary.BigEndian.Uint32(b[8:])) + uint64(binary.BigEndian.Uint32(b[12:])) +
		uint64(binary.BigEndian.Uint32(b[16:]))
}

// SetTotalLen sets the length and keeps the checksum right.
func (h IPv4) SetTotalLen(n int) { h.update16(2, uint16(n)) }

// SetID sets the identification and keeps the checksum right.
func (h IPv4) SetID(id uint16) { h.update16(4, id) }

// SetFragment sets the flags and the offset in bytes, a multiple of 8, and keeps
// the checksum right.
func (h IPv4) SetFragment(flags uint8, offset int) {
	h.update16(6, uint16(flags)<<13|uint16(offset/8))
}

// DecrementTTL takes one hop off, which must be left, and keeps the checksum
// right (RFC 1624).
func (h IPv4) DecrementTTL() { h.update16(8, binary.BigEndian.Uint16(h[8:])-0x100) }

// update16 writes a 16-bit field and corrects the checksum for it.
func (h IPv4) update16(off int, v uint16) {
	old := binary.BigEndian.Uint16(h[off:])
	binary.BigEndian.PutUint16(h[off:], v)
	binary.BigEndian.PutUint16(h[10:], UpdateChecksum(binary.BigEndian.Uint16(h[10:]), old, v))
}

// IPv4 option types (RFC 791, section 3.1).
const (
	IPv4OptionEnd         = 0
	IPv4OptionNop         = 1
	IPv4OptionRecordRoute = 7
	IPv4OptionTimestamp   = 68
	IPv4OptionLSRR        = 131 // loose source route
	IPv4OptionSSRR        = 137 // strict source route
	IPv4OptionRouterAlert = 148
)

// NextIPv4Option takes the first option off b. data is what follows the length
// byte. typ is IPv4OptionEnd at the end of the options; an option that runs
// beyond b or whose length is below 2 gives ErrOption.
func NextIPv4Option(b []byte) (typ byte, data, rest []byte, err error) {
	return nextOption(b)
}

// nextOption walks options of the form type, length, data, where types 0 and 1
// are single bytes: the end and a no-operation, which is passed over.
func nextOption(b []byte) (typ byte, data, rest []byte, err error) {
	for len(b) > 0 && b[0] == 1 {
		b = b[1:]
	}
	if len(b) == 0 || b[0] == 0 {
		return 0, nil, nil, nil
	}
	if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
		return 0, nil, nil, ErrOption
	}
	return b[0], b[2:b[1]], b[b[1]:], nil
}
