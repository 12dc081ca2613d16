package tcpdump

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
)

// rotation is -C, -G, -W and -z.
type rotation struct {
	size    int64 // bytes after which another file begins; 0: never
	byTime  bool
	seconds int64 // after which one does
	files   int64 // -W; 0: no end
	command string
}

// digits is how many digits the numbers of files have.
func (r *rotation) digits() int {
	n := 0
	for x := r.files - 1; x > 0; x /= 10 {
		n++
	}
	return n
}

// name returns the name of the file that is number-th by size and begun at a time.
func (r *rotation) name(name string, number int64, at time.Time) string {
	digits := 0
	if r.size != 0 {
		digits = r.digits()
	}
	if r.byTime {
		name = strftime(name, at)
	}
	if number == 0 && digits == 0 {
		return name
	}
	return fmt.Sprintf("%s%0*d", name, digits, number)
}

// savefile is the file of -w, and those that follow it.
type savefile struct {
	c         *command
	link      capture.LinkType
	snaplen   int
	precision pcapfile.Precision

	name    string
	out     io.WriteCloser
	buf     *bufio.Writer
	size    int64
	writer  interface{ WritePacket(*capture.Packet) error }
	began   time.Time // of -G
	number  int64     // of -C
	periods int64     // of -G that are over
}

// fileBuffer is how much of a file is written at once, in bytes.
const fileBuffer = 256 << 10

func (c *command) newSavefile(link capture.LinkType, snaplen int) (*savefile, error) {
	s := &savefile{c: c, link: link, snaplen: snaplen}
	if c.text.Nano {
		s.precision = pcapfile.Nano
	}
	if c.rotation.byTime {
		s.began = c.Now()
	}
	return s, s.open()
}

func (s *savefile) open() error {
	s.name = s.c.rotation.name(s.c.write, s.number, s.began)
	switch {
	case s.c.write == "-":
		s.out = nopCloser{s.c.Stdout}
	case s.c.Create == nil:
		return fail("%s: there are no files here", s.name)
	default:
		f, err := s.c.Create(s.name)
		if err != nil {
			return fileError(s.name, err)
		}
		s.out = f
	}
	s.buf = bufio.NewWriterSize(s.out, fileBuffer)
	s.size = 0
	err := s.begin()
	if err == nil && s.c.writeNow {
		err = s.buf.Flush()
	}
	if err != nil {
		s.out.Close()
		return writeError(err)
	}
	return nil
}

// begin writes the head of the file.
func (s *savefile) begin() (err error) {
	if s.c.isNG() {
		s.writer, err = newNGFile(s, s.snaplen, s.c.interfaceName)
	} else {
		s.writer, err = pcapfile.NewWriter(s, s.link, s.snaplen, s.precision)
	}
	return err
}

// Write lets pcapfile's writer write, and counts.
func (s *savefile) Write(b []byte) (int, error) {
	s.size += int64(len(b))
	return s.buf.Write(b)
}

func (s *savefile) take(p *capture.Packet) error {
	if p.LinkType != s.link && !s.c.isNG() {
		return fail("an interface has a type %d different from the type of the first interface", uint16(p.LinkType))
	}
	if err := s.rotate(); err != nil {
		return err
	}
	if err := s.writer.WritePacket(p); err != nil {
		return writeError(err)
	}
	if s.c.writeNow {
		return s.flush()
	}
	return nil
}

func (s *savefile) flush() error {
	if err := s.buf.Flush(); err != nil {
		return writeError(err)
	}
	return nil
}

// rotate begins another file if it is time.
func (s *savefile) rotate() error {
	r := &s.c.rotation
	if r.byTime {
		if now := s.c.Now(); now.Unix()-s.began.Unix() >= r.seconds {
			s.began = now
			s.periods++
			if err := s.closeFile(); err != nil {
				return err
			}
			if r.size == 0 && r.files > 0 && s.periods >= r.files {
				return filesFull(r.files)
			}
			s.number = 0
			if err := s.open(); err != nil {
				return err
			}
		}
	}
	if r.size == 0 || s.size <= r.size {
		return nil
	}
	if err := s.closeFile(); err != nil {
		return err
	}
	if s.number++; r.files > 0 && s.number >= r.files {
		s.number = 0
	}
	return s.open()
}

// filesFull ends a capture: there are as many files as -W wants.
type filesFull int64

func (n filesFull) Error() string {
	return "Maximum file limit reached: " + strconv.FormatInt(int64(n), 10)
}

// closeFile completes a file that another follows.
func (s *savefile) closeFile() error {
	err := s.close()
	if err == nil && s.c.rotation.command != "" && s.c.Rotated != nil {
		s.c.Rotated(s.c.rotation.command, s.name)
	}
	return err
}

func (s *savefile) close() error {
	if s.out == nil {
		return nil
	}
	err := s.buf.Flush()
	if closeErr := s.out.Close(); err == nil {
		err = closeErr
	}
	s.out = nil
	if err != nil {
		return writeError(err)
	}
	return nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
