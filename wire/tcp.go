package wire

import "encoding/binary"

// Lengths of a TCP header, in bytes.
const (
	TCPMinLen = 20
	TCPMaxLen = 60
)

// TCPChecksumOffset is where the checksum lies in a TCP header, in bytes.
const TCPChecksumOffset = 16

// TCPFlags are the control bits of a TCP header (RFC 9293, section 3.1).
type TCPFlags uint16

// Control bits.
const (
	FlagFIN TCPFlags = 1 << iota
	FlagSYN
	FlagRST
	FlagPSH
	FlagACK
	FlagURG
	FlagECE // RFC 3168
	FlagCWR // RFC 3168
	FlagAE  // accurate ECN
)

// tcpFlagLetters are tcpdump's, the lowest bit first.
const tcpFlagLetters = "FSRP.UEWe"

// AppendTo appends the flags as tcpdump writes them, such as S. or none.
func (f TCPFlags) AppendTo(b []byte) []byte {
	if f == 0 {
		return append(b, "none"...)
	}
	for i := range len(tcpFlagLetters) {
		if f>>i&1 != 0 {
			b = append(b, tcpFlagLetters[i])
		}
	}
	return b
}

// String returns the flags as tcpdump writes them.
func (f TCPFlags) String() string { return string(f.AppendTo(nil)) }

// TCP is a TCP header with its options (RFC 9293, section 3.1).
type TCP []byte

// ParseTCP checks that b starts with a TCP header that is as long as it says.
func ParseTCP(b []byte) (TCP, error) {
	if len(b) < TCPMinLen {
		return nil, ErrTruncated
	}
	n := int(b[12]>>4) * 4
	if n < TCPMinLen {
		return nil, ErrHeaderLen
	}
	if n > len(b) {
		return nil, ErrTruncated
	}
	return TCP(b[:n]), nil
}

// TCPFields are the fields of a header that PutTCP writes.
type TCPFields struct {
	SrcPort, DstPort uint16
	Seq, Ack         uint32
	Flags            TCPFlags
	Window           uint16 // as on the wire: not scaled
	Urgent           uint16
}

// PutTCP writes a header with a checksum of 0 into b, where optLen bytes of
// options follow it; optLen is a multiple of 4, 0 to 40.
func PutTCP(b []byte, f *TCPFields, optLen int) {
	_ = b[19]
	binary.BigEndian.PutUint16(b, f.SrcPort)
	binary.BigEndian.PutUint16(b[2:], f.DstPort)
	binary.BigEndian.PutUint32(b[4:], f.Seq)
	binary.BigEndian.PutUint32(b[8:], f.Ack)
	binary.BigEndian.PutUint16(b[12:], uint16(TCPMinLen+optLen)/4<<12|uint16(f.Flags))
	binary.BigEndian.PutUint16(b[14:], f.Window)
	b[16], b[17] = 0, 0
	binary.BigEndian.PutUint16(b[18:], f.Urgent)
}

// HeaderLen returns the length of the header with its options, in bytes.
func (h TCP) HeaderLen() int { return len(h) }

// SrcPort returns the source port.
func (h TCP) SrcPort() uint16 { return binary.BigEndian.Uint16(h[0:2]) }

// DstPort returns the destination port.
func (h TCP) DstPort() uint16 { return binary.BigEndian.Uint16(h[2:4]) }

// Seq returns the sequence number.
func (h TCP) Seq() uint32 { return binary.BigEndian.Uint32(h[4:8]) }

// Ack returns the acknowledgement number; it means something with FlagACK.
func (h TCP) Ack() uint32 { return binary.BigEndian.Uint32(h[8:12]) }

// Flags returns the control bits.
func (h TCP) Flags() TCPFlags { return TCPFlags(binary.BigEndian.Uint16(h[12:14]) & 0x1ff) }

// SetSeq writes the sequence number; the checksum is left as it is.
func (h TCP) SetSeq(s uint32) { binary.BigEndian.PutUint32(h[4:], s) }

// SetFlags writes the control bits; the checksum is left as it is.
func (h TCP) SetFlags(f TCPFlags) {
	binary.BigEndian.PutUint16(h[12:], binary.BigEndian.Uint16(h[12:])&^0x1ff|uint16(f&0x1ff))
}

// Window returns the window as on the wire: not scaled.
func (h TCP) Window() uint16 { return binary.BigEndian.Uint16(h[14:16]) }

// Checksum returns the checksum over pseudo-header, header and data.
func (h TCP) Checksum() uint16 { return binary.BigEndian.Uint16(h[16:]) }

// SetChecksum writes the checksum.
func (h TCP) SetChecksum(c uint16) { binary.BigEndian.PutUint16(h[16:], c) }

// Urgent returns the urgent pointer; it means something with FlagURG.
func (h TCP) Urgent() uint16 { return binary.BigEndian.Uint16(h[18:]) }

// Options returns the bytes of the options, padding included.
func (h TCP) Options() []byte { return h[TCPMinLen:] }
