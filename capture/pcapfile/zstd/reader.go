package zstd

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	// Magic starts a frame, as a little-endian number (RFC 8878 section 3.1.1).
	Magic = 0xfd2fb528

	magicSkippable     = 0x184d2a50 // and the 15 after it (section 3.1.2)
	magicSkippableMask = 0xfffffff0

	// MaxWindow is how far back in the data a frame may refer, in bytes. The zstd
	// command has the same limit.
	MaxWindow = 128 << 20

	maxBlock = 128 << 10
)

// Error says what is wrong with compressed data.
type Error struct {
	Offset int64  // of the header or block that is wrong, in compressed bytes
	Msg    string // what is wrong with it
}

// Error returns the message and the offset.
func (e *Error) Error() string { return fmt.Sprintf("zstd: %s (at byte %d)", e.Msg, e.Offset) }

// corrupt is what the parts of a block panic with; readBlock turns it into an
// Error, as only it knows the offset.
type corrupt string

// Reader decompresses frames, one after the other. One goroutine at a time may
// use it.
type Reader struct {
	r      io.Reader
	offset int64 // of the next byte of r
	err    error

	frame frame
	block blockDecoder
	in    []byte // the block as it came
	out   window
}

// frame is what a frame's header says, and how far the frame has come.
type frame struct {
	open     bool // there are blocks to come
	sized    bool // size is known
	checked  bool // a checksum follows the blocks
	size     uint64
	maxBlock int
	hash     xxHash
}

// NewReader returns a Reader of the frames in r, from which it reads no further
// than the data goes.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Read returns decompressed data. The error is io.EOF when r ends after a frame,
// io.ErrUnexpectedEOF when it ends inside one, an *[Error] if the data is
// corrupt, or that of r.
func (z *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for z.out.unread() == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.err = z.advance()
	}
	return z.out.read(p), nil
}

// advance reads a frame's header, or a block.
func (z *Reader) advance() error {
	if !z.frame.open {
		return z.readHeader()
	}
	return z.readBlock()
}

func (z *Reader) fault(off int64, format string, args ...any) error {
	return &Error{off, fmt.Sprintf(format, args...)}
}

// readFull fills p. Data may not end there.
func (z *Reader) readFull(p []byte) error {
	n, err := io.ReadFull(z.r, p)
	z.offset += int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// readHeader reads the header of a frame (section 3.1.1.1), or passes over a
// skippable one.
func (z *Reader) readHeader() error {
	start := z.offset
	var b [14]byte
	if n, err := io.ReadFull(z.r, b[:4]); err != nil {
		z.offset += int64(n)
		return err
	}
	z.offset += 4
	magic := binary.LittleEndian.Uint32(b[:])
	if magic&magicSkippableMask == magicSkippable {
		return z.skipFrame()
	}
	if magic != Magic {
		return z.fault(start, "a frame starts with %#x, not with %#x", magic, uint32(Magic))
	}
	if err := z.readFull(b[:1]); err != nil {
		return err
	}
	descriptor := b[0]
	if descriptor&0x08 != 0 {
		return z.fault(start, "a reserved bit of the frame header is set")
	}
	single := descriptor&0x20 != 0
	windowLen := 1
	if single {
		windowLen = 0
	}
	dictLen := [4]int{0, 1, 2, 4}[descriptor&3]
	sizeLen := [4]int{0, 2, 4, 8}[descriptor>>6]
	if sizeLen == 0 && single {
		sizeLen = 1
	}
	fields := b[:windowLen+dictLen+sizeLen]
	if err := z.readFull(fields); err != nil {
		return err
	}
	if id := littleEndian(fields[windowLen:][:dictLen]); id != 0 {
		return z.fault(start, "the frame needs dictionary %d, and dictionaries are not supported", id)
	}
	size := littleEndian(fields[windowLen+dictLen:])
	if sizeLen == 2 {
		size += 256
	}
	window := size
	if !single {
		base := uint64(1) << (10 + fields[0]>>3)
		window = base + base/8*uint64(fields[0]&7)
	}
	if window > MaxWindow {
		return z.fault(start, "the frame needs a window of %d bytes, more than %d", window, MaxWindow)
	}
	z.frame = frame{
		open:     true,
		sized:    sizeLen > 0,
		size:     size,
		checked:  descriptor&0x04 != 0,
		maxBlock: min(int(window), maxBlock),
	}
	z.frame.hash.reset()
	z.out.reset(int(window))
	z.block.reset()
	return nil
}

func littleEndian(b []byte) (v uint64) {
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v
}

// skipFrame passes over the rest of a skippable frame.
func (z *Reader) skipFrame() error {
	var b [4]byte
	if err := z.readFull(b[:]); err != nil {
		return err
	}
	n, err := io.CopyN(io.Discard, z.r, int64(binary.LittleEndian.Uint32(b[:])))
	z.offset += n
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// readBlock reads a block (section 3.1.1.2), and what follows if it is the last.
func (z *Reader) readBlock() error {
	start := z.offset
	var b [3]byte
	if err := z.readFull(b[:]); err != nil {
		return err
	}
	header := int(littleEndian(b[:]))
	last, kind, size := header&1 != 0, header>>1&3, header>>3
	if size > z.frame.maxBlock {
		return z.fault(start, "a block has %d bytes, more than %d", size, z.frame.maxBlock)
	}
	stored := size
	if kind == blockRLE {
		stored = 1
	}
	if z.in == nil {
		z.in = make([]byte, maxBlock)
	}
	in := z.in[:stored]
	if err := z.readFull(in); err != nil {
		return err
	}
	z.out.slide()
	before := len(z.out.buf)
	switch kind {
	case blockRaw:
		z.out.buf = append(z.out.buf, in...)
	case blockRLE:
		for range size {
			z.out.buf = append(z.out.buf, in[0])
		}
	case blockCompressed:
		if msg := z.decode(in); msg != "" {
			z.out.buf = z.out.buf[:before]
			return z.fault(start, "%s", msg)
		}
	default:
		return z.fault(start, "a block is of the reserved type")
	}
	made := z.out.buf[before:]
	z.frame.hash.write(made)
	if !last {
		return nil
	}
	return z.endFrame()
}

const (
	blockRaw = iota
	blockRLE
	blockCompressed
)

// decode decompresses a block, and says what is wrong with it if it is corrupt.
func (z *Reader) decode(in []byte) (msg string) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case corrupt:
			msg = string(e)
		default:
			panic(e)
		}
	}()
	z.block.decode(in, &z.out, z.frame.maxBlock)
	return ""
}

// endFrame compares the frame with what it says of itself.
func (z *Reader) endFrame() error {
	z.frame.open = false
	start := z.offset
	if z.frame.sized && z.frame.hash.total != z.frame.size {
		return z.fault(start, "a frame has %d bytes, and its header says %d", z.frame.hash.total, z.frame.size)
	}
	if !z.frame.checked {
		return nil
	}
	var b [4]byte
	if err := z.readFull(b[:]); err != nil {
		return err
	}
	if got, want := binary.LittleEndian.Uint32(b[:]), uint32(z.frame.hash.sum()); got != want {
		return z.fault(start, "the checksum of a frame is %#x, and should be %#x", got, want)
	}
	return nil
}
