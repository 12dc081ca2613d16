package wire

import "encoding/binary"

// UDPLen is the length of a UDP header, in bytes.
const UDPLen = 8

// UDPChecksumOffset is where the checksum lies in a UDP header, in bytes.
const UDPChecksumOffset = 6

// UDP is a UDP header (RFC 768).
type UDP []byte

// ParseUDP checks that b starts with a UDP header whose length is possible. It
// does not compare Len with the bytes there are.
func ParseUDP(b []byte) (UDP, error) {
	if len(b) < UDPLen {
		return nil, ErrTruncated
	}
	if l := binary.BigEndian.Uint16(b[4:]); l < UDPLen {
		return nil, ErrLength
	}
	return UDP(b[:UDPLen]), nil
}

// PutUDP writes a header with a checksum of 0 into the first UDPLen bytes of b;
// n is the length of header and data in bytes.
func PutUDP(b []byte, src, dst uint16, n int) {
	binary.BigEndian.PutUint16(b, src)
	binary.BigEndian.PutUint16(b[2:], dst)
	binary.BigEndian.PutUint16(b[4:], uint16(n))
	b[6], b[7] = 0, 0
}

// SrcPort returns the source port.
func (h UDP) SrcPort() uint16 { return binary.BigEndian.Uint16(h) }

// DstPort returns the destination port.
func (h UDP) DstPort() uint16 { return binary.BigEndian.Uint16(h[2:]) }

// Len returns the length of header and data, in bytes.
func (h UDP) Len() int { return int(binary.BigEndian.Uint16(h[4:])) }

// SetLen writes the length of header and data in bytes; the checksum is left as
// it is.
func (h UDP) SetLen(n int) { binary.BigEndian.PutUint16(h[4:], uint16(n)) }

// Checksum returns the checksum; 0 means that the sender computed none.
func (h UDP) Checksum() uint16 { return binary.BigEndian.Uint16(h[6:]) }

// SetChecksum writes the checksum.
func (h UDP) SetChecksum(c uint16) { binary.BigEndian.PutUint16(h[6:], c) }
