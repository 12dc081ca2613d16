package pcapfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"thinnet/capture"
)

// NGWriter writes a pcapng file of one section, in little-endian byte order and
// with time stamps in nanoseconds. Each block is one call of Write. One goroutine
// at a time may use it.
type NGWriter struct {
	w     io.Writer
	buf   []byte
	snaps []int // of the interfaces
	err   error
}

var errNoInterface = errors.New("no such interface: want the index that AddInterface returned")

// NewNGWriter writes the section header to w. The error is that of w.
func NewNGWriter(w io.Writer) (*NGWriter, error) {
	n := &NGWriter{w: w}
	n.begin(blockSection)
	n.u32(byteOrderMagic)
	n.u32(1) // version 1.0
	n.u32(math.MaxUint32)
	n.u32(math.MaxUint32) // a section of unknown length
	return n, n.end()
}

// AddInterface writes the description of an interface, and returns the index by
// which packets refer to it: 0, 1, 2... snaplen is in bytes, 1 to
// [capture.MaxSnapLen]; 0 means MaxSnapLen. Programs built on libpcap read only
// files whose interfaces are alike in link type and snapshot length. An error of
// the writer below is returned by the next WritePacket.
func (n *NGWriter) AddInterface(name string, link capture.LinkType, snaplen int) int {
	snaplen, err := checkSnapLen(snaplen)
	if err != nil && n.err == nil {
		n.err = err
	}
	n.begin(blockInterface)
	n.u32(uint32(link))
	n.u32(uint32(snaplen))
	if name != "" {
		n.option(ifName, name)
	}
	n.option(ifTSResol, "\x09")
	n.u32(optEnd)
	_ = n.end() // kept in n.err
	n.snaps = append(n.snaps, snaplen)
	return len(n.snaps) - 1
}

// WritePacket writes one packet: its data up to the interface's snapshot length,
// its direction if it is known, and its comment if there is one, of which at most
// 65535 bytes are written. Its link type is the interface's.
func (n *NGWriter) WritePacket(p *capture.Packet) error {
	if n.err != nil {
		return n.err
	}
	if p.Interface < 0 || p.Interface >= len(n.snaps) {
		return fmt.Errorf("interface %d: %w", p.Interface, errNoInterface)
	}
	stamp, err := stampOf(p.Time)
	if err != nil {
		return err
	}
	data := p.Data[:min(len(p.Data), n.snaps[p.Interface])]
	n.begin(blockEnhanced)
	n.u32(uint32(p.Interface))
	n.stamp(stamp)
	n.u32(uint32(len(data)))
	n.u32(uint32(p.OrigLen))
	n.buf = append(n.buf, data...)
	n.pad()
	if p.Direction != capture.DirectionUnknown || p.Comment != "" {
		if p.Comment != "" {
			n.option(optComment, p.Comment)
		}
		if p.Direction != capture.DirectionUnknown {
			n.u32(epbFlags | 4<<16)
			n.u32(uint32(p.Direction))
		}
		n.u32(optEnd)
	}
	return n.end()
}

// WriteNames writes names for addresses, of which at most 255 bytes each are
// written.
func (n *NGWriter) WriteNames(names []capture.Name) error {
	n.begin(blockNames)
	for _, name := range names {
		addr := name.Addr.Unmap().AsSlice()
		typ := uint32(nameIPv4)
		if len(addr) != 4 {
			typ = nameIPv6
		}
		s := name.Name[:min(len(name.Name), 255)]
		n.u32(typ | uint32(len(addr)+len(s)+1)<<16)
		n.buf = append(n.buf, addr...)
		n.buf = append(n.buf, s...)
		n.buf = append(n.buf, 0)
		n.pad()
	}
	n.u32(nameEnd)
	return n.end()
}

// WriteStatistics writes what an interface counted up to t.
func (n *NGWriter) WriteStatistics(iface int, t time.Time, s capture.Statistics) error {
	if iface < 0 || iface >= len(n.snaps) {
		return fmt.Errorf("interface %d: %w", iface, errNoInterface)
	}
	stamp, err := stampOf(t)
	if err != nil {
		return err
	}
	n.begin(blockStatistics)
	n.u32(uint32(iface))
	n.stamp(stamp)
	n.u32(isbReceived | 8<<16)
	n.buf = binary.LittleEndian.AppendUint64(n.buf, s.Received)
	n.u32(isbDropped | 8<<16)
	n.buf = binary.LittleEndian.AppendUint64(n.buf, s.Dropped)
	n.u32(optEnd)
	return n.end()
}

// stampOf returns the nanoseconds since 1970.
func stampOf(t time.Time) (uint64, error) {
	if y := t.UTC().Year(); y < 1970 || y > 2261 {
		return 0, fmt.Errorf("time stamp %v does not fit in a pcapng file: want 1970 to 2261", t.UTC())
	}
	return uint64(t.UnixNano()), nil
}

// begin starts a block.
func (n *NGWriter) begin(typ uint32) {
	n.buf = n.buf[:0]
	n.u32(typ)
	n.u32(0) // the length, once it is known
}

// end closes the block and writes it.
func (n *NGWriter) end() error {
	total := uint32(len(n.buf) + 4)
	n.u32(total)
	binary.LittleEndian.PutUint32(n.buf[4:], total)
	if n.err == nil {
		_, n.err = n.w.Write(n.buf)
	}
	return n.err
}

func (n *NGWriter) u32(v uint32) { n.buf = binary.LittleEndian.AppendUint32(n.buf, v) }

func (n *NGWriter) stamp(v uint64) {
	n.u32(uint32(v >> 32))
	n.u32(uint32(v))
}

func (n *NGWriter) option(code uint16, v string) {
	v = v[:min(len(v), math.MaxUint16)]
	n.u32(uint32(code) | uint32(len(v))<<16)
	n.buf = append(n.buf, v...)
	n.pad()
}

func (n *NGWriter) pad() {
	for len(n.buf)%4 != 0 {
		n.buf = append(n.buf, 0)
	}
}
