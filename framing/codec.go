package framing

import (
	"errors"
	"fmt"
	"math"
)

// DefaultMax is the longest message of a codec whose Max is 0, in bytes.
const DefaultMax = 1 << 20

// Codec says where messages end. Those of this package are values; to write one
// is to agree with [Reader] and [Writer] as follows.
type Codec interface {
	// Split finds the first message of b, the stream from where the last message
	// ended. size is how many bytes of b it takes with what surrounds it; 0 means
	// that it is not whole yet. seen is how many bytes of b an earlier call has
	// looked at in vain. The error says what is wrong with the stream.
	Split(b []byte, seen int) (msg []byte, size int, err error)
	// Append appends msg with what surrounds it to dst. The error says why it
	// cannot be sent.
	Append(dst, msg []byte) ([]byte, error)
	// Most is how many bytes a message takes at most with what surrounds it. Of
	// a stream with so many bytes and no message in them, Split gives an error.
	Most() int
}

// Errors of codecs, behind what is wrong.
var (
	// ErrTooLong: a message or its length is beyond the codec's Max.
	ErrTooLong = errors.New("message too long")
	// ErrMalformed: the stream is not as the codec has it.
	ErrMalformed = errors.New("malformed")
	// ErrCodec: the codec's own fields are out of range.
	ErrCodec = errors.New("codec")
	// ErrMessage: the message cannot be sent with this codec.
	ErrMessage = errors.New("message")
)

// prepared returns a codec that checks its fields no more. One that makes no sense
// stays as it is, and says so when it is used.
func prepared(c Codec) Codec {
	switch c := c.(type) {
	case Length:
		if r, err := c.ready(); err == nil {
			return &r
		}
	case Varint:
		if r, err := c.ready(); err == nil {
			return &r
		}
	case Delimiter:
		if r, err := c.ready(); err == nil {
			return &r
		}
	}
	return c
}

// limit returns what a Max field means. No memory holds half of what an int counts:
// a length that close to the end of the numbers would pass it with what surrounds it.
func limit(max int) (int, error) {
	switch {
	case max < 0:
		return 0, fmt.Errorf("%w: Max %d: want bytes, or 0 for %d", ErrCodec, max, DefaultMax)
	case max == 0:
		return DefaultMax, nil
	}
	return min(max, math.MaxInt/2), nil
}

// most is the Most of a codec with so many bytes around a message.
func most(max, around int) int {
	if m, err := limit(max); err == nil {
		return m + around
	}
	return 0
}

func tooLong(n uint64, max int) error {
	return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, n, max)
}
