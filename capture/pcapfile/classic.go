package pcapfile

import (
	"fmt"
	"io"
	"math"
	"time"

	"thinnet/capture"
)

// Magic numbers of pcap files, in the byte order of the file.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Red Hat Linux 6: eight more bytes in each record's header
)

// Lengths of pcap's headers, in bytes.
const (
	fileHeaderLen     = 24
	recordLen         = 16
	modifiedRecordLen = 24
)

// classic reads pcap.
type classic struct {
	order     byteOrder
	header    int    // length of a record's header
	unit      uint64 // nanoseconds in the unit of a time stamp's fraction
	swapped   bool   // the two lengths of a record have changed places, as before version 2.3
	uncertain bool   // they have where the captured one is the greater, as in version 2.3
	iface     [1]capture.Interface
}

func newClassic(s *source) (*classic, error) {
	b, err := s.peek(fileHeaderLen)
	order := littleEndian
	magic := order.u32(b)
	if !isMagic(magic) {
		order = bigEndian
		magic = order.u32(b)
	}
	if !isMagic(magic) {
		return nil, &Error{0, "unknown file format"}
	}
	if err != nil {
		// libpcap does not count the magic number that it has read before.
		return nil, s.fault(0, err, "truncated dump file; tried to read %d file header bytes, only got %d", fileHeaderLen, len(b)-4)
	}
	c := &classic{order: order, header: recordLen, unit: 1000}
	switch magic {
	case magicNano:
		c.unit = 1
	case magicModified:
		c.header = modifiedRecordLen
	}
	major, minor := order.u16(b[4:]), order.u16(b[6:])
	switch {
	case major == 2 && minor <= 4:
		c.swapped = minor < 3
		c.uncertain = minor == 3
	case major == 543 && minor == 0: // DG/UX
		c.swapped = true
	default:
		return nil, &Error{4, fmt.Sprintf("unsupported pcap savefile version %d.%d", major, minor)}
	}
	link := order.u32(b[20:])
	if r := link & 0x03ff0000; r != 0 {
		return nil, &Error{20, fmt.Sprintf("savefile linktype reserved field not zero (0x%08x)", r)}
	}
	c.iface[0] = capture.Interface{
		LinkType: linkType(uint16(link)),
		SnapLen:  snapLen(order.u32(b[16:])),
	}
	s.skip(fileHeaderLen)
	return c, nil
}

func isMagic(m uint32) bool { return m == magicMicro || m == magicNano || m == magicModified }

// linkType returns a file's link type. Some systems wrote the number that raw IP
// has in their kernel.
func linkType(v uint16) capture.LinkType {
	if v == 12 || v == 14 {
		return capture.LinkTypeRaw
	}
	return capture.LinkType(v)
}

// snapLen returns a file's snapshot length. 0 and what is no positive int in C
// mean the maximum.
func snapLen(v uint32) int {
	if v == 0 || v > math.MaxInt32 {
		return capture.MaxSnapLen
	}
	return int(v)
}

func (c *classic) interfaces() []capture.Interface { return c.iface[:] }

func (c *classic) next(s *source, p *capture.Packet) error {
	start := s.offset
	b, err := s.peek(c.header)
	if err != nil {
		if len(b) == 0 && err == io.EOF {
			return io.EOF
		}
		return s.fault(start, err, "truncated dump file; tried to read %d header bytes, only got %d", c.header, len(b))
	}
	sec, frac := c.order.u32(b), uint64(c.order.u32(b[4:]))*c.unit
	caplen, orig := c.order.u32(b[8:]), c.order.u32(b[12:])
	if c.swapped || c.uncertain && caplen > orig {
		caplen, orig = orig, caplen
	}
	s.skip(c.header)

	snap := c.iface[0].SnapLen
	if caplen > capture.MaxSnapLen {
		if uint64(caplen) > uint64(snap) {
			return &Error{start, fmt.Sprintf("invalid packet capture length %d, bigger than snaplen of %d", caplen, snap)}
		}
		return &Error{start, fmt.Sprintf("invalid packet capture length %d, bigger than maximum of %d", caplen, capture.MaxSnapLen)}
	}
	data, err := s.peek(int(caplen))
	if err != nil {
		return s.fault(start, err, "truncated dump file; tried to read %d captured bytes, only got %d", caplen, len(data))
	}
	s.skip(int(caplen))
	*p = capture.Packet{
		Time: time.Unix(int64(sec), int64(frac)),
		// Some programs keep more than the header says; a reader of ours
		// relies on the header.
		Data:     data[:min(len(data), snap)],
		OrigLen:  wireLen(orig),
		LinkType: c.iface[0].LinkType,
	}
	if frac >= 1e9 {
		p.BadFraction = frac
	}
	return nil
}

// wireLen turns a length of a file into an int, which may have 32 bits.
func wireLen(v uint32) int { return int(min(uint64(v), math.MaxInt)) }
