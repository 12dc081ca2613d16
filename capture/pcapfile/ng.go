package pcapfile

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/bits"
	"net/netip"
	"time"

	"thinnet/capture"
)

// Block types (draft-ietf-opsawg-pcapng, section 11.1).
const (
	blockSection    = 0x0a0d0d0a
	blockInterface  = 1
	blockPacket     = 2 // obsolete
	blockSimple     = 3
	blockNames      = 4
	blockStatistics = 5
	blockEnhanced   = 6
)

// byteOrderMagic is the field of a section header that tells its byte order.
const byteOrderMagic uint32 = 0x1a2b3c4d

// Option codes.
const (
	optEnd       = 0
	optComment   = 1
	ifName       = 2
	ifTSResol    = 9
	ifTSOffset   = 14
	epbFlags     = 2
	isbReceived  = 4
	isbDropped   = 5
	nameEnd      = 0
	nameIPv4     = 1
	nameIPv6     = 2
	blockMinLen  = 12 // type, length, length
	enhancedLen  = 20 // fixed part of an enhanced packet block
	interfaceLen = 8  // fixed part of an interface description block
	sectionLen   = 16 // fixed part of a section header block
)

// Limits on what a hostile file can make us keep.
const (
	maxBlock      = 16 << 20
	maxSection    = 1 << 20 // the first section header
	maxInterfaces = 1 << 16
	maxNames      = 1 << 16
)

// ngReader reads pcapng.
type ngReader struct {
	order  byteOrder
	ifaces []ngInterface
	first  int // index of the first interface of this section
	names  map[netip.Addr]string
}

type ngInterface struct {
	capture.Interface
	resolution uint64 // time stamp units in a second
	offset     int64  // seconds
	stats      capture.Statistics
	hasStats   bool
}

// block is one block without its type and lengths.
type block struct {
	typ   uint32
	start int64 // in the file
	body  []byte
	order byteOrder
}

func newNG(s *source) (*ngReader, error) {
	r := &ngReader{names: map[netip.Addr]string{}}
	b, err := s.peek(12)
	if err != nil {
		return nil, s.fault(0, err, "unknown file format")
	}
	var ok bool
	if r.order, ok = sectionOrder(b[8:]); !ok {
		return nil, &Error{0, "unknown file format"}
	}
	if n := r.order.u32(b[4:]); n < sectionLen+blockMinLen || n > maxSection {
		return nil, &Error{4, fmt.Sprintf("Section Header Block in pcapng dump file has invalid length %d < _%d_ < %d (BT_SHB_INSANE_MAX)",
			sectionLen+blockMinLen, n, maxSection)}
	}
	return r, nil
}

// sectionOrder tells the byte order of a section by its magic number.
func sectionOrder(b []byte) (order byteOrder, ok bool) {
	switch byteOrderMagic {
	case littleEndian.u32(b):
		return littleEndian, true
	case bigEndian.u32(b):
		return bigEndian, true
	}
	return littleEndian, false
}

func (r *ngReader) interfaces() []capture.Interface {
	all := make([]capture.Interface, len(r.ifaces))
	for i := range r.ifaces {
		all[i] = r.ifaces[i].Interface
	}
	return all
}

// readBlock returns the next block, io.EOF at the end.
func (r *ngReader) readBlock(s *source) (block, error) {
	start := s.offset
	b, err := s.peek(8)
	if err != nil {
		if len(b) == 0 && err == io.EOF {
			return block{}, io.EOF
		}
		return block{}, s.fault(start, err, "truncated pcapng dump file; tried to read %d bytes, only got %d", 8, len(b))
	}
	typ := r.order.u32(b)
	if typ == blockSection {
		// The length is in the new section's byte order already.
		if b, err = s.peek(12); err != nil {
			return block{}, s.fault(start, err, "truncated pcapng dump file; tried to read %d bytes, only got %d", 12, len(b))
		}
		var ok bool
		if r.order, ok = sectionOrder(b[8:]); !ok {
			return block{}, &Error{start + 8, "the file has a section with a bad byte order magic field"}
		}
	}
	n := r.order.u32(b[4:])
	// As libpcap, which tells the file by it, takes the first header as it is.
	first := start == 0
	switch {
	case n < blockMinLen:
		return block{}, &Error{start, fmt.Sprintf("block in pcapng dump file has a length of %d < %d", n, blockMinLen)}
	case n%4 != 0 && !first:
		return block{}, &Error{start, fmt.Sprintf("block in pcapng dump file has a length of %d that is not a multiple of 4", n)}
	case n > maxBlock:
		return block{}, &Error{start, fmt.Sprintf("pcapng block size %d > maximum %d", n, maxBlock)}
	}
	b, err = s.peek(int(n))
	if err != nil {
		// libpcap has read the head of the block, and the first block's byte
		// order, before it counts.
		before := 8
		if first {
			before = 12
		}
		return block{}, s.fault(start, err, "truncated pcapng dump file; tried to read %d bytes, only got %d", int(n)-before, max(len(b)-before, 0))
	}
	if again := r.order.u32(b[n-4:]); again != n && !first {
		return block{}, &Error{start, fmt.Sprintf("block total length in header %d and trailer %d don't match", n, again)}
	}
	s.skip(int(n))
	return block{typ, start, b[8 : n-4], r.order}, nil
}

func (r *ngReader) next(s *source, p *capture.Packet) error {
	for {
		b, err := r.readBlock(s)
		if err != nil {
			return err
		}
		switch b.typ {
		case blockSection:
			err = r.section(&b)
		case blockInterface:
			err = r.addInterface(&b)
		case blockNames:
			r.addNames(&b)
		case blockStatistics:
			r.statistics(&b)
		case blockEnhanced, blockPacket:
			return r.enhanced(&b, p)
		case blockSimple:
			return r.simple(&b, p)
		}
		if err != nil {
			return err
		}
	}
}

func (b *block) short() error {
	return &Error{b.start, fmt.Sprintf("block of type %d in pcapng dump file is too short", b.typ)}
}

func (r *ngReader) section(b *block) error {
	if len(b.body) < sectionLen {
		return b.short()
	}
	major, minor := b.order.u16(b.body[4:]), b.order.u16(b.body[6:])
	if major != 1 || minor != 0 && minor != 2 {
		return &Error{b.start + 12, fmt.Sprintf("unsupported pcapng savefile version %d.%d", major, minor)}
	}
	r.first = len(r.ifaces)
	return nil
}

// options calls f with each option; f returns an error's message, or "".
func (b *block) options(at int, f func(code uint16, value []byte) string) error {
	for at < len(b.body) {
		if len(b.body)-at < 4 {
			return b.short()
		}
		code, n := b.order.u16(b.body[at:]), int(b.order.u16(b.body[at+2:]))
		end := at + 4 + (n+3)/4*4
		if end > len(b.body) {
			return b.short()
		}
		if code == optEnd {
			if n != 0 && b.typ == blockInterface {
				return &Error{b.start + 8 + int64(at), fmt.Sprintf("Interface Description Block has opt_endofopt option with length %d != 0", n)}
			}
			return nil
		}
		if msg := f(code, b.body[at+4:at+4+n]); msg != "" {
			return &Error{b.start + 8 + int64(at), msg}
		}
		at = end
	}
	return nil
}

func (r *ngReader) addInterface(b *block) error {
	if len(b.body) < interfaceLen {
		return b.short()
	}
	if len(r.ifaces) == maxInterfaces {
		return &Error{b.start, fmt.Sprintf("more than %d interfaces in the file", maxInterfaces)}
	}
	i := ngInterface{resolution: 1e6}
	i.LinkType = linkType(b.order.u16(b.body))
	i.SnapLen = snapLen(b.order.u32(b.body[4:]))
	hasResolution, hasOffset := false, false
	err := b.options(interfaceLen, func(code uint16, v []byte) string {
		switch code {
		case ifName:
			i.Name = text(v)
		case ifTSResol:
			if len(v) != 1 {
				return fmt.Sprintf("Interface Description Block has if_tsresol option with length %d != 1", len(v))
			}
			if hasResolution {
				return "Interface Description Block has more than one if_tsresol option"
			}
			hasResolution = true
			res, msg := resolution(v[0])
			i.resolution = res
			return msg
		case ifTSOffset:
			if len(v) != 8 {
				return fmt.Sprintf("Interface Description Block has if_tsoffset option with length %d != 8", len(v))
			}
			if hasOffset {
				return "Interface Description Block has more than one if_tsoffset option"
			}
			hasOffset = true
			i.offset = int64(b.order.u64(v))
		}
		return ""
	})
	if err == nil {
		r.ifaces = append(r.ifaces, i)
	}
	return err
}

// resolution returns how many units a second has.
func resolution(v byte) (units uint64, msg string) {
	if v&0x80 != 0 {
		if v &= 0x7f; v > 63 {
			return 0, fmt.Sprintf("Interface Description Block if_tsresol option resolution 2^-%d is too high", v)
		}
		return 1 << v, ""
	}
	if v > 19 {
		return 0, fmt.Sprintf("Interface Description Block if_tsresol option resolution 10^-%d is too high", v)
	}
	units = 1
	for range v {
		units *= 10
	}
	return units, ""
}

// text is a string of a file, which may hold a terminating zero byte.
func text(v []byte) string { return string(bytes.TrimRight(v, "\x00")) }

// addNames takes the names of a block, as far as it is sound: packets can be read
// without.
func (r *ngReader) addNames(b *block) {
	at := 0
	for len(b.body)-at >= 4 {
		typ, n := b.order.u16(b.body[at:]), int(b.order.u16(b.body[at+2:]))
		end := at + 4 + (n+3)/4*4
		if end > len(b.body) {
			return
		}
		v := b.body[at+4 : at+4+n]
		switch at = end; {
		case typ == nameEnd:
			return
		case typ == nameIPv4 && n > 4:
			r.addName(netip.AddrFrom4([4]byte(v)), v[4:])
		case typ == nameIPv6 && n > 16:
			r.addName(netip.AddrFrom16([16]byte(v)), v[16:])
		}
	}
}

// addName takes the first of the names that follow an address.
func (r *ngReader) addName(a netip.Addr, names []byte) {
	name, _, _ := bytes.Cut(names, []byte{0})
	if len(r.names) < maxNames && len(name) > 0 {
		r.names[a] = string(name)
	}
}

// statistics takes the counters of a block, as far as it is sound.
func (r *ngReader) statistics(b *block) {
	if len(b.body) < 12 {
		return
	}
	i, err := r.iface(b, b.order.u32(b.body))
	if err != nil {
		return
	}
	_ = b.options(12, func(code uint16, v []byte) string {
		if len(v) == 8 {
			switch code {
			case isbReceived:
				r.ifaces[i].stats.Received = b.order.u64(v)
			case isbDropped:
				r.ifaces[i].stats.Dropped = b.order.u64(v)
			}
		}
		r.ifaces[i].hasStats = true
		return ""
	})
}

// iface returns the index in the file of a section's interface.
func (r *ngReader) iface(b *block, id uint32) (int, error) {
	if uint64(id) >= uint64(len(r.ifaces)-r.first) {
		if len(r.ifaces) == 0 {
			return 0, &Error{b.start, "the capture file has a packet block before any Interface Description Blocks"}
		}
		return 0, &Error{b.start, fmt.Sprintf("a packet arrived on interface %d, but there's no Interface Description Block for that interface", id)}
	}
	return r.first + int(id), nil
}

// enhanced reads an enhanced packet block, or the packet block that was before it.
func (r *ngReader) enhanced(b *block, p *capture.Packet) error {
	if len(b.body) < enhancedLen {
		return b.short()
	}
	id := b.order.u32(b.body)
	if b.typ == blockPacket {
		id = uint32(b.order.u16(b.body))
	}
	i, err := r.iface(b, id)
	if err != nil {
		return err
	}
	stamp := uint64(b.order.u32(b.body[4:]))<<32 | uint64(b.order.u32(b.body[8:]))
	caplen, orig := b.order.u32(b.body[12:]), b.order.u32(b.body[16:])
	if err := r.packet(p, b, i, enhancedLen, caplen, orig); err != nil {
		return err
	}
	p.Time = r.ifaces[i].time(stamp)
	if at := enhancedLen + (len(p.Data)+3)/4*4; at < len(b.body) {
		b.packetOptions(at, p)
	}
	return nil
}

// simple reads a simple packet block: no time, on the section's first interface.
func (r *ngReader) simple(b *block, p *capture.Packet) error {
	if len(b.body) < 4 {
		return b.short()
	}
	i, err := r.iface(b, 0)
	if err != nil {
		return err
	}
	orig := b.order.u32(b.body)
	if err := r.packet(p, b, i, 4, min(orig, uint32(r.ifaces[i].SnapLen)), orig); err != nil {
		return err
	}
	p.Time = r.ifaces[i].time(0)
	return nil
}

func (r *ngReader) packet(p *capture.Packet, b *block, i, at int, caplen, orig uint32) error {
	iface := &r.ifaces[i]
	if uint64(caplen) > uint64(iface.SnapLen) {
		return &Error{b.start, fmt.Sprintf("invalid packet capture length %d, bigger than snaplen of %d", caplen, iface.SnapLen)}
	}
	if uint64(caplen) > uint64(len(b.body)-at) {
		return b.short()
	}
	*p = capture.Packet{
		Data:      b.body[at : at+int(caplen)],
		OrigLen:   wireLen(orig),
		Interface: i,
		LinkType:  iface.LinkType,
	}
	return nil
}

// packetOptions reads the direction and the comment, as far as the options are
// sound. It is not options with a function: that would cost an allocation for each
// packet.
func (b *block) packetOptions(at int, p *capture.Packet) {
	for len(b.body)-at >= 4 {
		code, n := b.order.u16(b.body[at:]), int(b.order.u16(b.body[at+2:]))
		v := b.body[at+4:]
		if n > len(v) {
			return
		}
		switch {
		case code == optEnd:
			return
		case code == optComment:
			p.Comment = text(v[:n])
		case code == epbFlags && n == 4 && b.typ == blockEnhanced:
			p.Direction = capture.Direction(b.order.u32(v) & 3)
		}
		at += 4 + (n+3)/4*4
	}
}

// time turns a time stamp into a date. What lies beyond the dates that there are
// becomes the last.
func (i *ngInterface) time(stamp uint64) time.Time {
	sec, frac := stamp/i.resolution, stamp%i.resolution
	hi, lo := bits.Mul64(frac, 1e9)
	nsec, _ := bits.Div64(hi, lo, i.resolution)
	if sec > math.MaxInt64/2 {
		sec = math.MaxInt64 / 2
	}
	offset := max(min(i.offset, math.MaxInt64/2), -math.MaxInt64/2)
	return time.Unix(int64(sec)+offset, int64(nsec))
}
