package wire

import "encoding/binary"

// ICMPv4Len is the length of an ICMP header, in bytes.
const ICMPv4Len = 8

// ICMPv4Type is an ICMP message type.
type ICMPv4Type uint8

// ICMP message types (RFC 792).
const (
	ICMPv4EchoReply    ICMPv4Type = 0
	ICMPv4Unreachable  ICMPv4Type = 3
	ICMPv4SourceQuench ICMPv4Type = 4
	ICMPv4Redirect     ICMPv4Type = 5
	ICMPv4Echo         ICMPv4Type = 8
	ICMPv4TimeExceeded ICMPv4Type = 11
	ICMPv4ParamProblem ICMPv4Type = 12
)

// Codes of ICMPv4Unreachable (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812
// section 5.2.7.1).
const (
	ICMPv4NetUnreachable      = 0
	ICMPv4HostUnreachable     = 1
	ICMPv4ProtocolUnreachable = 2
	ICMPv4PortUnreachable     = 3
	ICMPv4FragmentationNeeded = 4 // and don't fragment was set; the next hop's MTU is in the header (RFC 1191)
	ICMPv4SourceRouteFailed   = 5
	ICMPv4AdminProhibited     = 13
)

// Codes of ICMPv4TimeExceeded.
const (
	ICMPv4TTLExceeded        = 0
	ICMPv4ReassemblyExceeded = 1
)

// ICMPv4 is an ICMP header (RFC 792). The second four bytes mean what the type
// says: an identifier and a sequence number, or an MTU.
type ICMPv4 []byte

// ParseICMPv4 checks that b starts with an ICMP header.
func ParseICMPv4(b []byte) (ICMPv4, error) {
	if len(b) < ICMPv4Len {
		return nil, ErrTruncated
	}
	return ICMPv4(b[:ICMPv4Len]), nil
}

// PutICMPv4 writes a header with a checksum of 0 into the first ICMPv4Len bytes
// of b.
func PutICMPv4(b []byte, t ICMPv4Type, code uint8, rest uint32) {
	b[0], b[1], b[2], b[3] = byte(t), code, 0, 0
	binary.BigEndian.PutUint32(b[4:], rest)
}

// Type returns the message type.
func (h ICMPv4) Type() ICMPv4Type { return ICMPv4Type(h[0]) }

// Code returns the code within the type.
func (h ICMPv4) Code() uint8 { return h[1] }

// Checksum returns the checksum over header and data.
func (h ICMPv4) Checksum() uint16 { return binary.BigEndian.Uint16(h[2:]) }

// SetChecksum writes the checksum.
func (h ICMPv4) SetChecksum(c uint16) { binary.BigEndian.PutUint16(h[2:], c) }

// Rest returns the second four bytes.
func (h ICMPv4) Rest() uint32 { return binary.BigEndian.Uint32(h[4:]) }

// ID returns the identifier of an echo.
func (h ICMPv4) ID() uint16 { return binary.BigEndian.Uint16(h[4:]) }

// Seq returns the sequence number of an echo.
func (h ICMPv4) Seq() uint16 { return binary.BigEndian.Uint16(h[6:]) }

// MTU returns the next hop's MTU in bytes of an ICMPv4FragmentationNeeded
// (RFC 1191, section 4); 0 from a router that does not say.
func (h ICMPv4) MTU() int { return int(binary.BigEndian.Uint16(h[6:])) }
