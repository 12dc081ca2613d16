package pcapfile

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"thinnet/capture"
	"thinnet/capture/pcapfile/zstd"
)

// Reader reads a pcap or pcapng file, whichever it is. One goroutine at a time
// may use it.
type Reader struct {
	src    *source
	format format
	packet capture.Packet // of Next: a variable there would be allocated
	err    error
}

// format is what is left to know of a file once its kind is known.
type format interface {
	next(s *source, p *capture.Packet) error
	interfaces() []capture.Interface
}

// NewReader reads the head of a file, and tells by it whether the file is pcap
// (in either byte order, with microseconds or nanoseconds, or in the variant of
// old Linux distributions) or pcapng. A file compressed with gzip or Zstandard
// is read as what is in it, and offsets in errors are then those after
// decompression. The
// error is an *[Error], or that of r.
func NewReader(r io.Reader) (*Reader, error) {
	rd := &Reader{src: &source{r: r}}
	magic, err := rd.src.peek(4)
	switch plain, zerr := decompress(rd.src, magic); {
	case zerr != nil:
		return nil, zerr
	case plain != nil:
		rd.src = &source{r: plain}
		magic, err = rd.src.peek(4)
	}
	if err != nil {
		return nil, rd.src.fault(0, err, "truncated dump file; tried to read %d file header bytes, only got %d", 4, len(magic))
	}
	if binary.LittleEndian.Uint32(magic) == blockSection {
		rd.format, err = newNG(rd.src)
	} else {
		rd.format, err = newClassic(rd.src)
	}
	if err != nil {
		return nil, err
	}
	return rd, nil
}

// decompress returns what is in a file that starts with the magic of gzip (RFC
// 1952) or Zstandard (RFC 8878); nil for another file.
func decompress(s *source, magic []byte) (io.Reader, error) {
	switch {
	case len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b:
		return gzip.NewReader(s)
	case len(magic) == 4 && binary.LittleEndian.Uint32(magic) == zstd.Magic:
		return zstd.NewReader(s), nil
	}
	return nil, nil
}

// Read lets a decompressor take what the source holds.
func (s *source) Read(p []byte) (int, error) {
	if _, err := s.peek(1); err != nil {
		return 0, err
	}
	n := copy(p, s.buf[s.lo:s.hi])
	s.skip(n)
	return n, nil
}

// Next returns the next packet. Its Data stays valid until the next call. The
// error is io.EOF at the end of the file; else an *[Error] that says what is
// wrong with the file, or the error of the reader below. After an error Next
// returns the same error again.
func (r *Reader) Next() (capture.Packet, error) {
	if err := r.ReadPacket(&r.packet); err != nil {
		return capture.Packet{}, err
	}
	return r.packet, nil
}

// ReadPacket is Next into *p, which it leaves as it is if there is an error. It
// costs less where every nanosecond of a packet counts.
func (r *Reader) ReadPacket(p *capture.Packet) error {
	if r.err == nil {
		r.err = r.format.next(r.src, p)
	}
	return r.err
}

// Interfaces returns the interfaces that were met so far. A pcap file has one,
// known from the start. A pcapng file may add some as it goes on; those of a later
// section come after those of the sections before.
func (r *Reader) Interfaces() []capture.Interface { return r.format.interfaces() }

// InterfaceName returns the name of the interface of an index, "" if it has none
// or was not met yet.
func (r *Reader) InterfaceName(i int) string {
	if ng, ok := r.format.(*ngReader); ok && i >= 0 && i < len(ng.ifaces) {
		return ng.ifaces[i].Name
	}
	return ""
}

// HostName returns the name that the file gives for an address, as far as it was
// read; "" if there is none.
func (r *Reader) HostName(a netip.Addr) string {
	if ng, ok := r.format.(*ngReader); ok {
		return ng.names[a]
	}
	return ""
}

// Statistics returns the last statistics of an interface that were met so far,
// and whether there were any.
func (r *Reader) Statistics(iface int) (capture.Statistics, bool) {
	if ng, ok := r.format.(*ngReader); ok && iface >= 0 && iface < len(ng.ifaces) {
		i := &ng.ifaces[iface]
		return i.stats, i.hasStats
	}
	return capture.Statistics{}, false
}

// fault is the error for bytes that should be there and are not: err itself if
// reading failed, an Error at byte off if the file just ends.
func (s *source) fault(off int64, err error, format string, args ...any) error {
	if err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("error reading dump file: %w", err)
	}
	return &Error{off, fmt.Sprintf(format, args...)}
}
