package tcp

import (
	"encoding/binary"

	"thinnet/packet"
	"thinnet/wire"
)

// Segment is a segment that arrived: the fields of its header, and the packet
// that holds it.
type Segment struct {
	Seq, Ack Seq
	Flags    wire.TCPFlags
	Window   int   // as on the wire
	Len      int   // bytes of payload
	TOS      uint8 // of the IP header: the ECN field
	Options  wire.TCPOptions
	// Packet starts with the TCP header, HeaderLen bytes.
	Packet    *packet.Packet
	HeaderLen int
}

// Parse reads the TCP header at the start of p. It allocates nothing; s refers
// to p. An option with an impossible length is passed over, and reported by
// optionsOK.
func (s *Segment) Parse(p *packet.Packet) (h wire.TCP, optionsOK bool, err error) {
	head := p.Head()
	if len(head) < usualHeader || head[12]>>4 != usualHeader/4 || binary.BigEndian.Uint32(head[wire.TCPMinLen:]) != timestampsStart {
		return s.parseOther(p)
	}
	b := (*[usualHeader]byte)(head)
	s.Seq, s.Ack = Seq(binary.BigEndian.Uint32(b[4:])), Seq(binary.BigEndian.Uint32(b[8:]))
	s.Flags = wire.TCPFlags(binary.BigEndian.Uint16(b[12:]) & 0x1ff)
	s.Window = int(binary.BigEndian.Uint16(b[14:]))
	s.HeaderLen, s.Len, s.Packet = usualHeader, p.Len()-usualHeader, p
	s.Options = wire.TCPOptions{
		HasTimestamps: true, TSVal: binary.BigEndian.Uint32(b[24:]), TSEcr: binary.BigEndian.Uint32(b[28:]),
	}
	return b[:], true, nil
}

// usualHeader is how long the header of nearly every segment of an established connection is,
// in bytes: it has the timestamps option, as putTimestamps writes it, and no other.
const usualHeader = wire.TCPMinLen + timestampsLen

// parseOther is Parse for any header.
func (s *Segment) parseOther(p *packet.Packet) (h wire.TCP, optionsOK bool, err error) {
	h, err = wire.ParseTCP(p.Head())
	if err != nil {
		// Perhaps what is missing lies behind the head.
		b := p.Pull(min(p.Len(), wire.TCPMinLen))
		if len(b) >= wire.TCPMinLen {
			if n := int(b[12]>>4) * 4; n > len(b) {
				b = p.Pull(min(p.Len(), n))
			}
		}
		if h, err = wire.ParseTCP(b); err != nil {
			return nil, false, err
		}
	}
	s.Seq, s.Ack = Seq(h.Seq()), Seq(h.Ack())
	s.Flags = h.Flags()
	s.Window = int(h.Window())
	s.HeaderLen = h.HeaderLen()
	s.Len = p.Len() - s.HeaderLen
	s.Packet = p
	return h, wire.ParseTCPOptions(h.Options(), &s.Options), nil
}

// end returns the sequence number behind the segment, SYN and FIN included.
func (s *Segment) end() Seq {
	e := s.Seq.Add(s.Len)
	if s.Flags&wire.FlagSYN != 0 {
		e++
	}
	if s.Flags&wire.FlagFIN != 0 {
		e++
	}
	return e
}

func (s *Segment) has(f wire.TCPFlags) bool { return s.Flags&f != 0 }

// ResetFor returns the header of the reset that answers a segment which belongs
// to no connection (RFC 9293, section 3.10.7.1), and false if it gets none.
func ResetFor(s *Segment) (f wire.TCPFields, ok bool) {
	if s.has(wire.FlagRST) {
		return f, false
	}
	if s.has(wire.FlagACK) {
		// "<SEQ=SEG.ACK><CTL=RST>"
		f.Seq, f.Flags = uint32(s.Ack), wire.FlagRST
	} else {
		// "<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>"
		f.Ack, f.Flags = uint32(s.end()), wire.FlagRST|wire.FlagACK
	}
	return f, true
}
