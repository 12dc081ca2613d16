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
	room  *bufio.Writer // w, if it is one: messages are made in its buffer
}

// keepBuffer is how large a buffer a writer keeps for the next message, in bytes.
const keepBuffer = 64 << 10

// NewWriter returns a writer of messages to w. To write many small messages at
// once, let w be a bufio.Writer.
func NewWriter(w io.Writer, c Codec) *Writer {
	f := &Writer{w: w, codec: c}
	if b, ok := w.(*bufio.Writer); ok {
		f.room = b
	}
	return f
}

// WriteMessage writes one message. The error is the codec's, and nothing was
// written then, or that of w.
func (w *Writer) WriteMessage(msg []byte) error {
	if w.room != nil {
		if r := w.room.AvailableBuffer(); cap(r)-len(msg) >= maxAround {
			b, err := w.codec.Append(r, msg)
			if err != nil {
				return err
			}
			_, err = w.room.Write(b)
			return err
		}
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

// maxAround is about what a codec puts around a message, in bytes.
const maxAround = 16
