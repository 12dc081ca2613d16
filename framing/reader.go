package framing

import (
	"errors"
	"fmt"
	"io"
)

// Error is a stream that went wrong.
type Error struct {
	// Offset is where the message begins that could not be read, or would have:
	// bytes of the stream in front of it.
	Offset int64
	Err    error
}

// Error says where and what.
func (e *Error) Error() string {
	return fmt.Sprintf("framing: message at byte %d: %v", e.Offset, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// firstBuffer is what a reader begins with, in bytes: about a segment's worth.
const firstBuffer = 4 << 10

// maxEmpty is how often a reader is asked again that returns neither bytes nor
// an error.
const maxEmpty = 100

// Reader reads messages from a byte stream. It reads ahead: the bytes behind a
// message may be in the Reader.
type Reader struct {
	r      io.Reader
	codec  Codec
	buf    []byte
	start  int   // of what is not handed out, in buf
	end    int   // of what was read
	seen   int   // bytes from start in which there is no whole message
	offset int64 // of start, in the stream
	err    error // of r, or of the stream
}

// NewReader returns a reader of messages from r.
func NewReader(r io.Reader, c Codec) *Reader { return &Reader{r: r, codec: prepared(c)} }

// ReadMessage returns the next message, which is valid until the next call. The
// error is [io.EOF] at the stream's end, if it ends between two messages; an
// [*Error] otherwise, with io.ErrUnexpectedEOF if it ends within one. It is the
// same from then on.
func (r *Reader) ReadMessage() ([]byte, error) {
	for {
		if b := r.buf[r.start:r.end]; r.seen < len(b) {
			msg, size, err := r.codec.Split(b, r.seen)
			if size > 0 && size <= len(b) && err == nil {
				r.start += size
				r.offset += int64(size)
				r.seen = 0
				return msg, nil
			}
			r.seen = len(b) // it is not looked at again
			switch {
			case err != nil:
				r.err = &Error{r.offset, err}
				return nil, r.err
			case size != 0:
				panic(fmt.Sprintf("framing: %T takes %d bytes of %d", r.codec, size, len(b)))
			}
		}
		if r.err != nil {
			return nil, r.ended()
		}
		r.fill()
	}
}

// ended returns why there is no further message.
func (r *Reader) ended() error {
	var told *Error
	switch {
	case r.err == io.EOF && r.start == r.end, errors.As(r.err, &told):
		return r.err
	case r.err == io.EOF:
		r.err = io.ErrUnexpectedEOF
	}
	r.err = &Error{r.offset, r.err}
	return r.err
}

// Buffered returns how many bytes were read that belong to no message yet.
func (r *Reader) Buffered() int { return r.end - r.start }

// fill reads more, or sets err. The buffer grows with what has come: twice as much
// each time, up to the longest message.
func (r *Reader) fill() {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.end -= r.start
		r.start = 0
	}
	if r.end == len(r.buf) {
		most := r.codec.Most()
		if r.end >= max(most, firstBuffer) {
			r.err = fmt.Errorf("%w: no message in %d bytes", ErrTooLong, r.end)
			return
		}
		bigger := make([]byte, max(min(2*len(r.buf), most), firstBuffer))
		copy(bigger, r.buf[:r.end])
		r.buf = bigger
	}
	for range maxEmpty {
		n, err := r.r.Read(r.buf[r.end:])
		if n < 0 || n > len(r.buf)-r.end {
			panic(fmt.Sprintf("framing: %T read %d bytes into %d", r.r, n, len(r.buf)-r.end))
		}
		r.end += n
		r.err = err
		if n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}
