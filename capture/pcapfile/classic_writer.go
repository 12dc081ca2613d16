package pcapfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"thinnet/capture"
)

// Precision is the unit of a pcap file's time stamps.
type Precision uint8

// Precisions.
const (
	Micro Precision = iota // microseconds
	Nano                   // nanoseconds
)

// Writer writes a pcap file, in little-endian byte order. One goroutine at a
// time may use it.
type Writer struct {
	w    io.Writer
	buf  []byte
	snap int
	unit int
}

// NewWriter writes the file header to w. snaplen is in bytes, 1 to
// 2^31-1; 0 means [capture.MaxSnapLen]. The error is that of w, or says what
// is wrong with snaplen.
func NewWriter(w io.Writer, link capture.LinkType, snaplen int, precision Precision) (*Writer, error) {
	snaplen, err := checkSnapLen(snaplen)
	if err != nil {
		return nil, err
	}
	magic, unit := uint32(magicMicro), 1000
	if precision == Nano {
		magic, unit = magicNano, 1
	}
	b := make([]byte, fileHeaderLen)
	binary.LittleEndian.PutUint32(b, magic)
	binary.LittleEndian.PutUint16(b[4:], 2)
	binary.LittleEndian.PutUint16(b[6:], 4)
	binary.LittleEndian.PutUint32(b[16:], uint32(snaplen))
	binary.LittleEndian.PutUint32(b[20:], uint32(link))
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	return &Writer{w: w, snap: snaplen, unit: unit}, nil
}

func checkSnapLen(n int) (int, error) {
	if n == 0 {
		return capture.MaxSnapLen, nil
	}
	if n < 0 || n > math.MaxInt32 {
		return 0, fmt.Errorf("snapshot length %d: want 1 to %d", n, math.MaxInt32)
	}
	return n, nil
}

// WritePacket writes one record with one call of Write. What Data has beyond the
// snapshot length is left out. The packet's link type, interface, direction and
// comment are not written: pcap has no place for them, and of the seconds since
// 1970 only for 32 bits: as libpcap does, those are written of a time after 2106.
func (w *Writer) WritePacket(p *capture.Packet) error {
	sec, frac := p.Time.Unix(), uint64(p.Time.Nanosecond())
	if p.BadFraction != 0 {
		sec -= int64(p.BadFraction / 1e9)
		frac = p.BadFraction
	}
	data := p.Data[:min(len(p.Data), w.snap)]
	b := append(w.buf[:0], make([]byte, recordLen)...)
	binary.LittleEndian.PutUint32(b, uint32(sec))
	binary.LittleEndian.PutUint32(b[4:], uint32(frac/uint64(w.unit)))
	binary.LittleEndian.PutUint32(b[8:], uint32(len(data)))
	binary.LittleEndian.PutUint32(b[12:], uint32(p.OrigLen))
	w.buf = append(b, data...)
	_, err := w.w.Write(w.buf)
	return err
}
