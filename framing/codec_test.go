package framing

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// codecs are one of each kind and variant, with messages that each can send.
var codecs = []struct {
	name     string
	codec    Codec
	messages []string
	stream   string
}{
	{"length 1", Length{Size: 1}, []string{"ab", "", "c"}, "\x02ab\x00\x01c"},
	{"length 2", Length{Size: 2}, []string{"ab"}, "\x00\x02ab"},
	{"length 3, little end first", Length{Size: 3, LittleEndian: true}, []string{"ab", "c"}, "\x02\x00\x00ab\x01\x00\x00c"},
	{"length 4, counting itself", Length{Size: 4, Inclusive: true}, []string{"ab", ""}, "\x00\x00\x00\x06ab\x00\x00\x00\x04"},
	{"length 8", Length{Size: 8}, []string{"ab"}, "\x00\x00\x00\x00\x00\x00\x00\x02ab"},
	{"length 8, both", Length{Size: 8, LittleEndian: true, Inclusive: true}, []string{"ab"}, "\x0a\x00\x00\x00\x00\x00\x00\x00ab"},
	{"varint", Varint{}, []string{"", "ab", strings.Repeat("x", 321)}, "\x00\x02ab\xc1\x02" + strings.Repeat("x", 321)},
	{"varint of 3 bytes", Varint{}, []string{strings.Repeat("x", 16384)}, "\x80\x80\x01" + strings.Repeat("x", 16384)},
	{"lines", Delimiter{End: "\n"}, []string{"ab", "", "c\r"}, "ab\n\nc\r\n"},
	{"a longer mark", Delimiter{End: "\r\n\r\n"}, []string{"a\r\nb\r", "", "\n"}, "a\r\nb\r\r\n\r\n\r\n\r\n\n\r\n\r\n"},
	{"fixed", Fixed{Size: 3}, []string{"abc", "def"}, "abcdef"},
}

func TestCodecs(t *testing.T) {
	for _, c := range codecs {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "a longer mark" {
				// The peer would see this message's end one byte too early.
				if _, err := c.codec.Append(nil, []byte("a\r\nb\r\n")); !errors.Is(err, ErrMessage) {
					t.Errorf("a message that makes a mark with the mark: %v", err)
				}
			}
			var b bytes.Buffer
			w := NewWriter(&b, c.codec)
			for _, m := range c.messages {
				if err := w.WriteMessage([]byte(m)); err != nil {
					t.Fatal(err)
				}
			}
			if b.String() != c.stream {
				t.Errorf("wrote %q, want %q", b.String(), c.stream)
			}
			b.Reset()
			for _, m := range c.messages {
				if err := w.BufferMessage([]byte(m)); err != nil || b.Len() != 0 {
					t.Fatalf("%v, %d bytes are written before the flush", err, b.Len())
				}
			}
			if err := w.Flush(); err != nil || b.String() != c.stream {
				t.Errorf("flushed %q, %v; want %q", b.String(), err, c.stream)
			}
			for name, r := range map[string]io.Reader{
				"whole":       strings.NewReader(c.stream),
				"by the byte": iotest.OneByteReader(strings.NewReader(c.stream)),
				"in halves":   iotest.HalfReader(strings.NewReader(c.stream)),
				"with EOF":    iotest.DataErrReader(strings.NewReader(c.stream)),
			} {
				read := NewReader(r, c.codec)
				for _, want := range c.messages {
					if got, err := read.ReadMessage(); string(got) != want || err != nil {
						t.Errorf("%s: read %q, %v; want %q", name, got, err, want)
					}
				}
				for range 2 {
					if got, err := read.ReadMessage(); got != nil || err != io.EOF {
						t.Errorf("%s: at the end: %q, %v", name, got, err)
					}
				}
			}
			// Half a message, then silence.
			half := NewReader(strings.NewReader(c.stream[:len(c.stream)-1]), c.codec)
			var err error
			for err == nil {
				_, err = half.ReadMessage()
			}
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("a cut stream: %v", err)
			}
		})
	}
}

// Streams of hostile peers, and codecs that make no sense.
func TestBadStreams(t *testing.T) {
	for _, c := range []struct {
		codec  Codec
		stream string
		offset int64
		want   error
	}{
		{Length{Size: 8}, "\x80\x00\x00\x00\x00\x00\x00\x00", 0, ErrTooLong},
		{Length{Size: 8}, "\xff\xff\xff\xff\xff\xff\xff\xff", 0, ErrTooLong},
		{Length{Size: 8, Inclusive: true}, "\xff\xff\xff\xff\xff\xff\xff\xff", 0, ErrTooLong},
		{Length{Size: 8, Max: math.MaxInt}, "\x7f\xff\xff\xff\xff\xff\xff\xff", 0, ErrTooLong},
		{Length{Size: 3, Max: math.MaxInt}, "\x00\x00\x01", 0, io.ErrUnexpectedEOF},
		{Delimiter{End: "\r\n", Max: math.MaxInt}, "abc\r", 0, io.ErrUnexpectedEOF},
		{Length{Size: 2, Max: 3}, "\x00\x03abc\x00\x04abcd", 5, ErrTooLong},
		{Length{Size: 2, Inclusive: true}, "\x00\x01", 0, ErrMalformed},
		{Length{Size: 2}, "\x00\x05abc", 0, io.ErrUnexpectedEOF},
		{Length{Size: 2}, "\x00", 0, io.ErrUnexpectedEOF},
		{Length{}, "a", 0, ErrCodec},
		{Length{Size: 9}, "a", 0, ErrCodec},
		{Length{Size: 1, Max: -1}, "a", 0, ErrCodec},
		{Varint{}, "\x01a\xff\xff\xff\xff\x01", 2, ErrMalformed},
		{Varint{}, "\x80\x80\x80\x80", 0, ErrMalformed},
		{Varint{}, "\x81\x00a", 0, ErrMalformed},
		{Varint{}, "\xff\xff\xff\x7f", 0, ErrTooLong},
		{Varint{Max: MaxVarint + 1}, "a", 0, ErrCodec},
		{Delimiter{End: "\n", Max: 3}, "abc\nabcd\n", 4, ErrTooLong},
		{Delimiter{End: "\n", Max: 3}, "abcd", 0, ErrTooLong},
		{Delimiter{}, "a", 0, ErrCodec},
		{Fixed{}, "a", 0, ErrCodec},
		{Fixed{Size: 2}, "abc", 2, io.ErrUnexpectedEOF},
	} {
		r := NewReader(strings.NewReader(c.stream), c.codec)
		var err error
		for err == nil {
			_, err = r.ReadMessage()
		}
		var e *Error
		if !errors.As(err, &e) || e.Offset != c.offset || !errors.Is(err, c.want) {
			t.Errorf("%+v, %q: %v; want %v at byte %d", c.codec, c.stream, err, c.want, c.offset)
		}
		if _, again := r.ReadMessage(); again != err {
			t.Errorf("%+v, %q: then %v; want the same error", c.codec, c.stream, again)
		}
	}
}

func TestBadMessages(t *testing.T) {
	for _, c := range []struct {
		codec Codec
		msg   string
		want  error
	}{
		{Length{Size: 1}, strings.Repeat("x", 256), ErrMessage},
		{Length{Size: 1, Inclusive: true}, strings.Repeat("x", 255), ErrMessage},
		{Length{Size: 4, Max: 2}, "abc", ErrTooLong},
		{Varint{Max: 2}, "abc", ErrTooLong},
		{Delimiter{End: "\n"}, "a\nb", ErrMessage},
		{Delimiter{End: "aa"}, "bca", ErrMessage},
		{Delimiter{End: "\n", Max: 2}, "abc", ErrTooLong},
		{Fixed{Size: 2}, "a", ErrMessage},
		{Fixed{Size: -1}, "a", ErrCodec},
	} {
		var b bytes.Buffer
		if err := NewWriter(&b, c.codec).WriteMessage([]byte(c.msg)); !errors.Is(err, c.want) || b.Len() != 0 {
			t.Errorf("%+v, %q: %v, want %v; %d bytes were written", c.codec, c.msg, err, c.want, b.Len())
		}
	}
}

// writes are the calls of Write; the ones from failing on fail.
type writes struct {
	sizes   []int
	failing int
}

func (w *writes) Write(b []byte) (int, error) {
	w.sizes = append(w.sizes, len(b))
	if len(w.sizes) > w.failing {
		return len(b) / 2, nil // against what io.Writer promises
	}
	return len(b), nil
}

// Messages that are buffered share a Write, a message that cannot be sent leaves the
// others alone, and behind half a message nothing is written.
func TestWriterBuffer(t *testing.T) {
	to := &writes{failing: 3}
	w := NewWriter(to, Length{Size: 2})
	for range 3 {
		if err := w.BufferMessage([]byte("abc")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.BufferMessage(make([]byte, 1<<16)); !errors.Is(err, ErrMessage) {
		t.Errorf("a message whose length does not fit: %v", err)
	}
	if err := w.WriteMessage([]byte("d")); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Errorf("nothing to flush: %v", err)
	}
	for range maxBuffered {
		if err := w.BufferMessage(nil); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{18, maxBuffered, maxBuffered}; !slices.Equal(to.sizes, want) {
		t.Errorf("writes of %d bytes, want %d", to.sizes, want)
	}
	for range 2 {
		if err := w.WriteMessage([]byte("e")); err != io.ErrShortWrite {
			t.Errorf("a write of half a message: %v", err)
		}
		if err := w.Flush(); err != io.ErrShortWrite {
			t.Errorf("a flush after that: %v", err)
		}
	}
	if len(to.sizes) != 4 {
		t.Errorf("written behind half a message: %d", to.sizes)
	}
}

// A peer that promises much and sends little takes little memory.
func TestPromises(t *testing.T) {
	const max = 1 << 30
	stream := "\x3f\xff\xff\xff" + strings.Repeat("x", 10_000)
	r := NewReader(strings.NewReader(stream), Length{Size: 4, Max: max})
	if _, err := r.ReadMessage(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if len(r.buf) > 4*len(stream) {
		t.Errorf("%d bytes of memory for %d that came", len(r.buf), len(stream))
	}
	if r.Buffered() != len(stream) {
		t.Errorf("%d bytes buffered, want %d", r.Buffered(), len(stream))
	}
}

// The error of the connection, at its place.
func TestReadError(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader("\x01a"), iotest.ErrReader(net.ErrClosed)), Length{Size: 1})
	if msg, err := r.ReadMessage(); string(msg) != "a" || err != nil {
		t.Errorf("%q, %v", msg, err)
	}
	_, err := r.ReadMessage()
	if e := new(Error); !errors.As(err, &e) || e.Offset != 2 || !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := NewReader(emptyReader{}, Fixed{Size: 1}).ReadMessage(); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

// FuzzReader compares a reader of whatever pieces with one of the whole stream, and
// sends again what was read.
func FuzzReader(f *testing.F) {
	for i, c := range codecs {
		f.Add(byte(i), []byte(c.stream), uint64(i))
	}
	f.Fuzz(func(t *testing.T, kind byte, stream []byte, seed uint64) {
		c := codecs[int(kind)%len(codecs)]
		rng := rand.New(rand.NewPCG(seed, 1))
		whole := NewReader(bytes.NewReader(stream), c.codec)
		pieces := NewReader(&pieces{stream, rng}, c.codec)
		var again bytes.Buffer
		w := NewWriter(&again, c.codec)
		for {
			a, errA := whole.ReadMessage()
			b, errB := pieces.ReadMessage()
			if !bytes.Equal(a, b) || (errA == nil) != (errB == nil) || errA != nil && errA.Error() != errB.Error() {
				t.Fatalf("%s: %q, %v; in pieces %q, %v", c.name, a, errA, b, errB)
			}
			if errA != nil {
				break
			}
			if err := w.WriteMessage(a); err != nil {
				t.Fatalf("%s: %q was read and cannot be written: %v", c.name, a, err)
			}
		}
		if !bytes.HasPrefix(stream, again.Bytes()) {
			t.Fatalf("%s: read %q, wrote %q", c.name, stream, again.Bytes())
		}
	})
}

// pieces is a stream that comes in pieces of random length.
type pieces struct {
	rest []byte
	rng  *rand.Rand
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), 1+p.rng.IntN(20))], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// A length is written into its own bytes only: the message may lie right behind them, in
// one array, and so may something else behind the message.
func TestLengthInPlace(t *testing.T) {
	for size := 1; size <= 8; size++ {
		for _, little := range []bool{false, true} {
			buf := make([]byte, size, 32)
			buf = append(buf, "abcde and more"...)
			got, err := Length{Size: size, LittleEndian: little}.Append(buf[:0], buf[size:size+5])
			if err != nil || string(got[size:]) != "abcde" || string(buf[size:]) != "abcde and more" {
				t.Errorf("size %d: %q in %q, %v", size, got, buf, err)
			}
		}
	}
}
