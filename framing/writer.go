package framing

import "io"

// Writer writes messages to a byte stream.
type Writer struct {
	w     io.Writer
	codec Codec
	buf   []byte // messages that are not written yet
	err   error  // of w
}

// maxBuffered is how much a writer collects before it writes by itself, in bytes.
const maxBuffered = 32 << 10

// keepBuffer is how large a buffer a writer keeps when it is empty, in bytes.
const keepBuffer = 64 << 10

// NewWriter returns a writer of messages to w.
func NewWriter(w io.Writer, c Codec) *Writer { return &Writer{w: w, codec: prepared(c)} }

// WriteMessage writes one message, behind those that are buffered, with one Write.
// The error is the codec's, and nothing was written then, or that of w.
func (w *Writer) WriteMessage(msg []byte) error {
	if err := w.BufferMessage(msg); err != nil {
		return err
	}
	return w.Flush()
}

// BufferMessage keeps a copy of a message for the next [Writer.WriteMessage] or
// [Writer.Flush], so that many small ones share a Write. Past 32 KiB it writes them
// by itself. The errors are those of WriteMessage.
func (w *Writer) BufferMessage(msg []byte) error {
	if w.err != nil {
		return w.err
	}
	b, err := w.codec.Append(w.buf, msg)
	if err != nil {
		return err
	}
	w.buf = b
	if len(b) >= maxBuffered {
		return w.Flush()
	}
	return nil
}

// Flush writes the messages that are buffered with one Write. Its error is that of
// w, after which nothing is written any more: nobody knows where in a message the
// stream ends.
func (w *Writer) Flush() error {
	if w.err != nil || len(w.buf) == 0 {
		return w.err
	}
	n, err := w.w.Write(w.buf)
	if n < len(w.buf) && err == nil {
		err = io.ErrShortWrite
	}
	w.err = err
	if w.buf = w.buf[:0]; cap(w.buf) > keepBuffer {
		w.buf = nil
	}
	return err
}
