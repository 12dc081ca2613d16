package pcapfile

import "io"

// source is a window on a file: the bytes that are being looked at and those
// read ahead. It grows as bytes really arrive, not as a header says.
type source struct {
	r      io.Reader
	buf    []byte
	lo, hi int   // the window is buf[lo:hi]
	offset int64 // of buf[lo] in the file
	err    error
}

// readAhead is the least room that is offered to a Read, in bytes.
const readAhead = 64 << 10

// peek returns the next n bytes without going past them; fewer, with the reason,
// if there are not so many. They stay valid until the next peek.
func (s *source) peek(n int) ([]byte, error) {
	for s.hi-s.lo < n {
		if s.err != nil {
			return s.buf[s.lo:s.hi], s.err
		}
		s.fill()
	}
	return s.buf[s.lo : s.lo+n], nil
}

// fill makes room and reads once.
func (s *source) fill() {
	if s.lo > 0 && len(s.buf)-s.hi < readAhead {
		s.hi = copy(s.buf, s.buf[s.lo:s.hi])
		s.lo = 0
	}
	if len(s.buf)-s.hi < readAhead {
		// Not before a quarter megabyte is there does it double.
		bigger := make([]byte, max(4*readAhead, 2*len(s.buf)))
		copy(bigger, s.buf[:s.hi])
		s.buf = bigger
	}
	n, err := s.r.Read(s.buf[s.hi:])
	s.hi += n
	s.err = err
}

// skip goes past n bytes that peek returned.
func (s *source) skip(n int) {
	s.lo += n
	s.offset += int64(n)
}
