package wire

import (
	"encoding/binary"
	"errors"
	"strconv"
)

// MAC is an IEEE 802 address.
type MAC [6]byte

// Broadcast is the address of every station.
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// IsGroup reports whether m is a broadcast or multicast address.
func (m MAC) IsGroup() bool { return m[0]&1 != 0 }

// IsZero reports whether m is 00:00:00:00:00:00.
func (m MAC) IsZero() bool { return m == MAC{} }

const hexDigits = "0123456789abcdef"

// AppendTo appends m in the form 02:00:00:00:00:01.
func (m MAC) AppendTo(b []byte) []byte {
	for i, x := range m {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, hexDigits[x>>4], hexDigits[x&15])
	}
	return b
}

// String returns m in the form 02:00:00:00:00:01.
func (m MAC) String() string { return string(m.AppendTo(make([]byte, 0, 17))) }

// ParseMAC reads an address of six hexadecimal bytes joined by colons or dashes.
func ParseMAC(s string) (MAC, error) {
	var m MAC
	if len(s) != 17 {
		return MAC{}, badMAC(s)
	}
	for i := range m {
		v, err := strconv.ParseUint(s[3*i:3*i+2], 16, 8)
		if err != nil || i < 5 && s[3*i+2] != ':' && s[3*i+2] != '-' {
			return MAC{}, badMAC(s)
		}
		m[i] = byte(v)
	}
	return m, nil
}

func badMAC(s string) error {
	return errors.New("bad MAC address " + strconv.Quote(s) + ": want six bytes such as 02:00:00:00:00:01")
}

// EtherType says what an Ethernet frame carries (IEEE 802 numbers). Values up
// to 1500 are a length: an IEEE 802.3 frame.
type EtherType uint16

// EtherTypes.
const (
	EtherTypeIPv4 EtherType = 0x0800
	EtherTypeARP  EtherType = 0x0806
	EtherTypeVLAN EtherType = 0x8100 // 802.1Q
	EtherTypeIPv6 EtherType = 0x86dd
	EtherTypeQinQ EtherType = 0x88a8 // 802.1ad
)

// Lengths of link headers, in bytes.
const (
	EthernetLen = 14
	VLANLen     = 4
)

// Ethernet is an Ethernet II header.
type Ethernet []byte

// ParseEthernet checks that b starts with an Ethernet header.
func ParseEthernet(b []byte) (Ethernet, error) {
	if len(b) < EthernetLen {
		return nil, ErrTruncated
	}
	return Ethernet(b[:EthernetLen]), nil
}

// PutEthernet writes a header into the first EthernetLen bytes of b.
func PutEthernet(b []byte, dst, src MAC, t EtherType) {
	_ = b[13]
	copy(b[0:6], dst[:])
	copy(b[6:12], src[:])
	binary.BigEndian.PutUint16(b[12:], uint16(t))
}

// Dst returns the destination address.
func (e Ethernet) Dst() MAC { return MAC(e[0:6]) }

// Src returns the source address.
func (e Ethernet) Src() MAC { return MAC(e[6:12]) }

// Type returns what the frame carries.
func (e Ethernet) Type() EtherType { return EtherType(binary.BigEndian.Uint16(e[12:])) }

// VLAN is an 802.1Q tag with the EtherType behind it: the four bytes that follow
// an Ethernet header whose type is EtherTypeVLAN.
type VLAN []byte

// ParseVLAN checks that b starts with a tag.
func ParseVLAN(b []byte) (VLAN, error) {
	if len(b) < VLANLen {
		return nil, ErrTruncated
	}
	return VLAN(b[:VLANLen]), nil
}

// PutVLAN writes a tag into the first VLANLen bytes of b: id is 0 to 4094,
// priority 0 to 7.
func PutVLAN(b []byte, id uint16, priority uint8, t EtherType) {
	binary.BigEndian.PutUint16(b, uint16(priority&7)<<13|id&0xfff)
	binary.BigEndian.PutUint16(b[2:], uint16(t))
}

// ID returns the VLAN identifier, 0 to 4095.
func (v VLAN) ID() uint16 { return binary.BigEndian.Uint16(v) & 0xfff }

// Priority returns the priority code point, 0 to 7.
func (v VLAN) Priority() uint8 { return v[0] >> 5 }

// DropEligible returns the drop eligible indicator.
func (v VLAN) DropEligible() bool { return v[0]&0x10 != 0 }

// Type returns what the tagged frame carries.
func (v VLAN) Type() EtherType { return EtherType(binary.BigEndian.Uint16(v[2:])) }
