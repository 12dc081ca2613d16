package framing

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"testing"
)

// The same stream, read by this package and by the loop that one writes by hand.
// MB/s are of messages.

const benchMessage = 100

func benchStream(c Codec) []byte {
	var b bytes.Buffer
	w := NewWriter(&b, c)
	for range 10_000 {
		w.WriteMessage(bytes.Repeat([]byte{'x'}, benchMessage))
	}
	return b.Bytes()
}

// repeat is a stream that begins again at its end.
type repeat struct {
	whole []byte
	rest  []byte
}

func (r *repeat) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		r.rest = r.whole
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func benchReader(b *testing.B, c Codec) {
	b.SetBytes(benchMessage)
	b.ReportAllocs()
	r := NewReader(&repeat{whole: benchStream(c)}, c)
	for b.Loop() {
		if m, err := r.ReadMessage(); len(m) != benchMessage || err != nil {
			b.Fatal(len(m), err)
		}
	}
}

func BenchmarkReadLength(b *testing.B)    { benchReader(b, Length{Size: 4}) }
func BenchmarkReadVarint(b *testing.B)    { benchReader(b, Varint{}) }
func BenchmarkReadDelimiter(b *testing.B) { benchReader(b, Delimiter{End: "\n"}) }
func BenchmarkReadFixed(b *testing.B)     { benchReader(b, Fixed{Size: benchMessage}) }

// By hand: a bufio.Reader, encoding/binary, and a buffer that is used again.
func BenchmarkReadLengthByHand(b *testing.B) {
	b.SetBytes(benchMessage)
	b.ReportAllocs()
	r := bufio.NewReader(&repeat{whole: benchStream(Length{Size: 4})})
	head, buf := make([]byte, 4), make([]byte, DefaultMax)
	for b.Loop() {
		if _, err := io.ReadFull(r, head); err != nil {
			b.Fatal(err)
		}
		n := binary.BigEndian.Uint32(head)
		if n > DefaultMax {
			b.Fatal(n)
		}
		if _, err := io.ReadFull(r, buf[:n]); err != nil || n != benchMessage {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkReadLinesByScanner(b *testing.B) {
	b.SetBytes(benchMessage)
	b.ReportAllocs()
	s := bufio.NewScanner(&repeat{whole: benchStream(Delimiter{End: "\n"})})
	for b.Loop() {
		if !s.Scan() || len(s.Bytes()) != benchMessage {
			b.Fatal(len(s.Bytes()), s.Err())
		}
	}
}

func BenchmarkWriteLength(b *testing.B) {
	b.SetBytes(benchMessage)
	b.ReportAllocs()
	w := NewWriter(io.Discard, Length{Size: 4})
	msg := make([]byte, benchMessage)
	for b.Loop() {
		if err := w.BufferMessage(msg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteLengthByHand(b *testing.B) {
	b.SetBytes(benchMessage)
	b.ReportAllocs()
	w := bufio.NewWriter(io.Discard)
	msg, head := make([]byte, benchMessage), make([]byte, 4)
	for b.Loop() {
		binary.BigEndian.PutUint32(head, uint32(len(msg)))
		if _, err := w.Write(head); err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write(msg); err != nil {
			b.Fatal(err)
		}
	}
}
