package zstd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
)

var update = flag.Bool("update", false, "compress the files in testdata again, with the zstd command")

// plain makes data of a kind, which is always the same.
func plain(kind string, n int) []byte {
	rnd := rand.New(rand.NewPCG(8878, uint64(n)))
	var b bytes.Buffer
	for b.Len() < n {
		switch kind {
		case "zeros":
			b.WriteByte(0)
		case "noise":
			b.WriteByte(byte(rnd.Uint32()))
		case "skewed": // literals that repeat little
			b.WriteByte(byte(rnd.ExpFloat64() * 12))
		case "few": // a Huffman table of a few weights
			b.WriteByte(byte(rnd.IntN(4) & rnd.IntN(4)))
		case "records": // sequences that are all alike
			fmt.Fprintf(&b, "%c0123456789abcdefghijklmnopqrstuv", rnd.IntN(256))
		case "lines":
			fmt.Fprintf(&b, "%d.%06d IP 10.0.%d.1.%d > 10.0.0.2.http: length %d\n",
				b.Len()/1000, b.Len()%1000*7, rnd.IntN(4), 40000+rnd.IntN(20), 1<<rnd.IntN(11))
		}
	}
	return b.Bytes()[:n]
}

// fixtures are files in testdata, each with the data that is in it and the options
// that the zstd command compressed it with.
var fixtures = []struct {
	name, kind string
	n          int
	options    string
}{
	{"empty", "zeros", 0, ""},
	{"zeros", "zeros", 300_000, ""},
	{"noise", "noise", 500, ""},
	{"skewed", "skewed", 6_000, ""},
	{"few", "few", 1_000, ""},
	{"records", "records", 140_000, ""},
	{"lines-fast", "lines", 20_000, "-1"},
	{"lines-best", "lines", 150_000, "-19"},
	{"lines-unsized", "lines", 4_000, "--no-check --stream-size=0"},
	{"short", "lines", 60, "--no-check"},
}

// compress runs the zstd command.
func compress(t testing.TB, data []byte, options ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("no zstd command here")
	}
	c := exec.Command(path, append(options, "-q", "-c")...)
	c.Stdin = bytes.NewReader(data)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("zstd %v: %v", options, err)
	}
	return out
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".zst")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFixtures(t *testing.T) {
	var files, all []byte
	for _, f := range fixtures {
		want := plain(f.kind, f.n)
		if *update {
			if err := os.WriteFile("testdata/"+f.name+".zst", compress(t, want, strings.Fields(f.options)...), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		file := fixture(t, f.name)
		got, err := io.ReadAll(NewReader(bytes.NewReader(file)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of %d, %v", f.name, len(got), len(want), err)
		}
		files, all = append(files, file...), append(all, want...)
		skippable := binary.LittleEndian.AppendUint32(nil, magicSkippable+7)
		files = append(files, append(skippable, 3, 0, 0, 0, 'x', 'y', 'z')...)
	}
	got, err := io.ReadAll(NewReader(iotest.OneByteReader(bytes.NewReader(files))))
	if err != nil || !bytes.Equal(got, all) {
		t.Errorf("one after the other: %d bytes of %d, %v", len(got), len(all), err)
	}
}

func TestCommand(t *testing.T) {
	for _, kind := range []string{"zeros", "noise", "skewed", "few", "records", "lines"} {
		for _, n := range []int{1, 256, 131_073, 400_000} {
			for _, option := range []string{"-1", "-9", "--fast=5", "--no-check"} {
				want := plain(kind, n)
				got, err := io.ReadAll(NewReader(bytes.NewReader(compress(t, want, option))))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s of %d bytes with %s: %d bytes, %v", kind, n, option, len(got), err)
				}
			}
		}
	}
}

func TestCutAnywhere(t *testing.T) {
	for _, name := range []string{"noise", "skewed", "lines-unsized", "zeros"} {
		file := fixture(t, name)
		for n := 1; n < len(file); n++ {
			_, err := io.ReadAll(NewReader(bytes.NewReader(file[:n])))
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut after %d bytes of %d: %v", name, n, len(file), err)
			}
		}
	}
}

// TestLiterals reads blocks of literals alone, in each form that a header has.
func TestLiterals(t *testing.T) {
	text := strings.Repeat("literal ", 600)
	for _, c := range []struct {
		header []byte
		n      int
	}{
		{[]byte{20 << 3}, 20},
		{[]byte{4 | 300&15<<4, 300 >> 4}, 300},
		{[]byte{12 | 4700&15<<4, 4700 >> 4 & 255, 4700 >> 12}, 4700},
	} {
		for kind, want := range []string{text[:c.n], strings.Repeat("x", c.n)} {
			block := append([]byte{c.header[0] | byte(kind)}, c.header[1:]...)
			if kind == literalsRaw {
				block = append(block, want...)
			} else {
				block = append(block, 'x')
			}
			block = append(block, 0) // sequences
			got, err := io.ReadAll(NewReader(bytes.NewReader(oneBlock(block...))))
			if string(got) != want || err != nil {
				t.Errorf("%d literals of type %d: %q, %v", c.n, kind, got, err)
			}
		}
	}
}

// oneBlock makes a frame of one compressed block.
func oneBlock(block ...byte) []byte {
	head := len(block)<<3 | blockCompressed<<1 | 1
	file := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x40, byte(head), byte(head >> 8), byte(head >> 16)}
	return append(file, block...)
}

// TestSequence reads a sequence of codes that take no bits: 4 literals, then a
// match of 8 bytes.
func TestSequence(t *testing.T) {
	sequence := func(mode, literals, offset, match byte, bits ...byte) []byte {
		return oneBlock(append([]byte{4 << 3, 'a', 'b', 'c', 'd', 1, mode, literals, offset, match}, bits...)...)
	}
	for _, c := range []struct {
		file []byte
		want string
		err  string
	}{
		{sequence(0x54, 4, 2, 5, 0b111), "abcdabcdabcd", ""}, // offset 4+3-3
		{sequence(0x54, 4, 2, 5, 0b101), "abcdcdcdcdcd", ""}, // offset 4+1-3
		{sequence(0x54, 4, 0, 5, 0b1), "abcddddddddd", ""},   // the offset before
		{sequence(0x54, 2, 2, 5, 0b111), "", "before the window"},
		{sequence(0x54, 5, 2, 5, 0b111), "", "longer than its block"},
		{sequence(0x54, 4, 28, 5, 0, 0, 0, 16), "", "before the window"},
		{sequence(0x54, 4, 2, 53, 0b111), "", "a code that does not exist"},
		{sequence(0x54, 4, 2, 5, 0), "", "no end mark"},
		{sequence(0x54, 4, 2, 5, 0b1111), "", "do not fit its size"},
		{sequence(0x54, 4, 2, 5, 0b11), "", "longer than its block"},
		{sequence(0x55, 4, 2, 5, 0b11), "", "no modes"},
		{sequence(0xfc, 4, 2, 5, 0b11), "", "there was none"},
		{sequence(0x54, 0, 1, 5, 0b11), "", "an offset is zero"}, // 1-1
	} {
		got, err := io.ReadAll(NewReader(bytes.NewReader(c.file)))
		if c.err == "" && err == nil && string(got) == c.want {
			continue
		}
		if c.err == "" || err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("% x: %q, %v, want %q, %s", c.file, got, err, c.want, c.err)
		}
	}
}

func TestErrors(t *testing.T) {
	frame := func(b ...byte) []byte { return append([]byte{0x28, 0xb5, 0x2f, 0xfd}, b...) }
	change := func(name string, at int, to byte) []byte {
		b := fixture(t, name)
		b[(at+len(b))%len(b)] ^= to
		return b
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"magic", []byte("abcdefgh"), "zstd: a frame starts with 0x64636261, not with 0xfd2fb528 (at byte 0)"},
		{"reserved bit", frame(0x08), "zstd: a reserved bit of the frame header is set (at byte 0)"},
		{"dictionary", frame(0x01, 0, 9), "zstd: the frame needs dictionary 9, and dictionaries are not supported (at byte 0)"},
		{"window", frame(0x00, 0xff), "zstd: the frame needs a window of 4123168604160 bytes, more than 134217728 (at byte 0)"},
		{"block type", frame(0x00, 0x00, 0x07, 0, 0), "zstd: a block is of the reserved type (at byte 6)"},
		{"block size", frame(0x00, 0x00, 0x01, 0x20, 0), ""},
		{"big block", frame(0x00, 0x00, 0x01, 0x21, 0), "zstd: a block has 1056 bytes, more than 1024 (at byte 6)"},
		{"size", frame(0x20, 5, 0x01, 0, 0), "zstd: a frame has 0 bytes, and its header says 5 (at byte 9)"},
		{"checksum", change("noise", -1, 1), "zstd: the checksum of a frame is "},
		{"content", change("noise", 200, 1), "zstd: the checksum of a frame is "},
		{"no literals", frame(0x00, 0x00, 0x05, 0, 0), "zstd: a block has no literals section (at byte 6)"},
	} {
		_, err := io.ReadAll(NewReader(bytes.NewReader(c.data)))
		if c.want == "" {
			if err != io.ErrUnexpectedEOF {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestMemory reads a frame that asks for the largest window and has little data,
// and one that has more data than its window.
func TestMemory(t *testing.T) {
	z := NewReader(bytes.NewReader([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x29, 0, 0, 'h', 'e', 'l', 'l', 'o'}))
	if b, err := io.ReadAll(z); string(b) != "hello" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if cap(z.out.buf) > 1<<20 {
		t.Errorf("%d bytes for 5", cap(z.out.buf))
	}
	file := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3} // a window of a megabyte
	for range 1000 {
		file = append(file, 0x02, 0x00, 0x10, 'x') // 128 KiB of x
	}
	z = NewReader(bytes.NewReader(append(file, 0x01, 0, 0)))
	n, err := io.Copy(io.Discard, z)
	if n != 1000<<17 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if cap(z.out.buf) > 3<<20 {
		t.Errorf("%d bytes for a window of %d", cap(z.out.buf), 1<<20)
	}
}

func TestXXHash(t *testing.T) {
	for _, c := range []struct {
		data string
		want uint64
	}{
		{"", 0xef46db3751d8e999},
		{"a", 0xd24ec4f1a98c6e5b},
		{"abc", 0x44bc2cf5ad770999},
	} {
		var h xxHash
		h.reset()
		h.write([]byte(c.data))
		if got := h.sum(); got != c.want {
			t.Errorf("%q: %#x, want %#x", c.data, got, c.want)
		}
	}
	data := plain("noise", 200)
	var whole xxHash
	whole.reset()
	whole.write(data)
	for n := range data {
		var h xxHash
		h.reset()
		h.write(data[:n])
		h.write(data[n : n+(len(data)-n)/2])
		h.write(data[n+(len(data)-n)/2:])
		if h.sum() != whole.sum() {
			t.Errorf("in parts of %d: %#x, want %#x", n, h.sum(), whole.sum())
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, name := range []string{"empty", "noise", "skewed", "lines-unsized", "zeros", "short"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		z := NewReader(bytes.NewReader(file))
		n, err := io.Copy(io.Discard, io.LimitReader(z, 16<<20))
		var e *Error
		if err != nil && !errors.As(err, &e) && err != io.ErrUnexpectedEOF {
			t.Errorf("after %d bytes: %v", n, err)
		}
		if z.offset > int64(len(file)) {
			t.Errorf("%d bytes read of %d", z.offset, len(file))
		}
	})
}

func BenchmarkReader(b *testing.B) {
	file := fixture(b, "lines-best")
	b.SetBytes(150_000)
	b.ReportAllocs()
	src := bytes.NewReader(file)
	z := NewReader(nil)
	for b.Loop() {
		src.Reset(file)
		z.r, z.err = src, nil
		if _, err := io.Copy(io.Discard, z); err != nil {
			b.Fatal(err)
		}
	}
}
