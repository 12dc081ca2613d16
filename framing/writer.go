package framing

import (
	"bufio"
	"io"
)

// Writer writes messages to a byte stream, each with one Write.
type Writer struct {
	w     io.Writer
	codec Codec
	buf   []byte

	// A bufio.Writer takes a message in two pieces and saves a copy of it.
	buffered *bufio.Writer // w, if it is one
	headed   headed        // codec, if it is one
}

// headed is a codec that puts something in front of a message and nothing behind.
type headed interface {
	head(dst, msg []byte) ([]byte, error)
}

// keepBuffer is how large a buffer a writer keeps for the next message, in bytes.
const keepBuffer = 64 << 10

// NewWriter returns a writer of messages to w. To write many small messages at
// once, let w be a bufio.Writer.
func NewWriter(w io.Writer, c Codec) *Writer {
	f := &Writer{w: w, codec: prepared(c)}
	f.headed, _ = f.codec.(headed)
	if f.headed != nil {
		f.buffered, _ = w.(*bufio.Writer)
	}
	return f
}

// WriteMessage writes one message. The error is the codec's, and nothing was
// written then, or that of w.
func (w *Writer) WriteMessage(msg []byte) error {
	if w.buffered != nil {
		return w.writePieces(msg)
	}
	b, err := w.codec.Append(w.buf[:0], msg)
	if err != nil {
		return err
	}
	if cap(b) <= keepBuffer {
		w.buf = b
	}
	_, err = w.w.Write(b)
	return err
}

func (w *Writer) writePieces(msg []byte) (err error) {
	if w.buf, err = w.headed.head(w.buf[:0], msg); err != nil {
		return err
	}
	if _, err := w.buffered.Write(w.buf); err != nil {
		return err
	}
	_, err = w.buffered.Write(msg)
	return err
}
