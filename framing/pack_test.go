package framing

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestPack(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
		want   string
	}{
		{"", nil, ""},
		{"a5", []any{"abc"}, "abc\x00\x00"},
		{"A5", []any{"abc"}, "abc  "},
		{"Z5", []any{"abcdef"}, "abcd\x00"},
		{"Z*", []any{"abc"}, "abc\x00"},
		{"Z1Z0", []any{"abc", "d"}, "\x00"},
		{"a*A*", []any{"ab", []byte("cd")}, "abcd"},
		{"aA", []any{"xyz", ""}, "x "},
		{"H*h*", []any{"1fA", "1fa"}, "\x1f\xa0\xf1\x0a"},
		{"H3", []any{"1f2e"}, "\x1f\x20"},
		{"cC2", []any{-1, uint8(255), int64(128)}, "\xff\xff\x80"},
		{"snvS", []any{-2, 0x1234, uint16(0x1234), 0x1234}, "\xfe\xff\x12\x34\x34\x12\x34\x12"},
		{"lNVLiI", []any{-2, 1, 1, uint32(1), -1, 1}, "\xfe\xff\xff\xff\x00\x00\x00\x01\x01\x00\x00\x00\x01\x00\x00\x00\xff\xff\xff\xff\x01\x00\x00\x00"},
		{"qJP", []any{int8(-1), uint64(1), 1}, "\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00"},
		{"Q", []any{uint64(math.MaxUint64)}, "\xff\xff\xff\xff\xff\xff\xff\xff"},
		{"gG", []any{1.5, float32(1.5)}, "\x00\x00\xc0\x3f\x3f\xc0\x00\x00"},
		{"feEd", []any{1, 1.5, -2, uint(0)}, "\x00\x00\x80\x3f\x00\x00\x00\x00\x00\x00\xf8\x3f\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"C*", []any{1, 2, 3}, "\x01\x02\x03"},
		{"C*", nil, ""},
		{"C0x2", nil, "\x00\x00"},
		{"CX", []any{1}, ""},
		{"C3X2C", []any{1, 2, 3, 4}, "\x01\x04"},
		{"C@4C", []any{1, 2}, "\x01\x00\x00\x00\x02"},
		{"C3@1C", []any{1, 2, 3, 4}, "\x01\x04"},
		{"Nna*", []any{7, 5, "hello"}, "\x00\x00\x00\x07\x00\x05hello"},
	} {
		if got, err := Pack(c.format, c.args...); string(got) != c.want || err != nil {
			t.Errorf("Pack(%q, %v) = %q, %v; want %q", c.format, c.args, got, err, c.want)
		}
	}
	if got, err := AppendPack([]byte("ab"), "C@2C", 1, 2); string(got) != "ab\x01\x00\x02" || err != nil {
		t.Errorf("behind ab: %q, %v", got, err)
	}
}

func TestPackErrors(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
		want   error
		says   string
	}{
		{"y", nil, ErrFormat, `format "y", at "y": no such letter; want one of aAhH`},
		{"C99999999999999999999", nil, ErrFormat, "a repeater of 99999999999999999999"},
		{"C2", []any{1}, ErrArgument, `pack "C2", at "C2": argument 2 is missing`},
		{"C", []any{1, 2}, ErrArgument, "2, and 1 are used"},
		{"C", []any{256}, ErrArgument, "argument 1, 256, does not fit into the 8 bits of C"},
		{"c", []any{-129}, ErrArgument, "does not fit"},
		{"n", []any{"5"}, ErrArgument, "argument 1 is a string; n takes an integer"},
		{"d", []any{"5"}, ErrArgument, "takes a number"},
		{"C", []any{1.5}, ErrArgument, "is a float64; C takes an integer"},
		{"a", []any{5}, ErrArgument, "is a int; a takes a string"},
		{"H", []any{"g"}, ErrArgument, `'g' is no hexadecimal digit`},
		{"H3", []any{"12"}, ErrArgument, "has 2 digits; H3 takes as many"},
		{"x*", nil, ErrFormat, "x takes a number, not *"},
		{"X", nil, ErrFormat, "1 bytes are taken away of 0"},
	} {
		got, err := Pack(c.format, c.args...)
		if got != nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("Pack(%q, %v) = %q, %v; want %q", c.format, c.args, got, err, c.says)
		}
	}
}

func TestUnpack(t *testing.T) {
	for _, c := range []struct {
		format, data string
		want         []Field
	}{
		{"", "abc", nil},
		{"nlength/a*text", "\x00\x05hello", []Field{{"length", uint64(5)}, {"text", "hello"}}},
		{"C2/C", "\x01\x02\x03", []Field{{"1", uint64(1)}, {"2", uint64(2)}, {"1", uint64(3)}}},
		{"C2id/Cx", "\x01\x02\x03", []Field{{"id1", uint64(1)}, {"id2", uint64(2)}, {"x", uint64(3)}}},
		{"C1id", "\x01", []Field{{"id", uint64(1)}}},
		{"n*", "\x00\x01\x00\x02\x03", []Field{{"1", uint64(1)}, {"2", uint64(2)}}},
		{"c/s/l/q", "\xff\xfe\xff\xfd\xff\xff\xff\xfc\xff\xff\xff\xff\xff\xff\xff",
			[]Field{{"1", int64(-1)}, {"1", int64(-2)}, {"1", int64(-3)}, {"1", int64(-4)}}},
		{"a5a/A5b/Z5c", "ab\x00 \x00ab \x00\nab\x00cd", []Field{{"a", "ab\x00 \x00"}, {"b", "ab"}, {"c", "ab"}}},
		{"H3/h*", "\x1f\x2e\x3d\x4c", []Field{{"1", "1f2"}, {"1", "d3c4"}}},
		{"Gf/Ed", "\x3f\xc0\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x00", []Field{{"f", 1.5}, {"d", -2.0}}},
		{"Ca/xpad/Cb/X2/Cc/@0/Cd", "\x01\x02\x03", []Field{{"a", uint64(1)}, {"b", uint64(3)}, {"c", uint64(2)}, {"d", uint64(1)}}},
		{"C0", "", nil},
	} {
		if got, err := Unpack(c.format, []byte(c.data)); !reflect.DeepEqual(got, c.want) || err != nil {
			t.Errorf("Unpack(%q, %q) = %v, %v; want %v", c.format, c.data, got, err, c.want)
		}
	}
	for _, c := range []struct {
		format, data string
		want         error
		says         string
	}{
		{"n/N", "\x00\x01\x02", ErrShort, `unpack "n/N", at "N": not enough data: N needs 4 bytes at byte 2, and there are 1`},
		{"a4", "abc", ErrShort, "needs 4 bytes"},
		{"H7", "abc", ErrShort, "needs 4 bytes"},
		{"x4", "abc", ErrShort, "needs 4 bytes"},
		{"@4", "abc", ErrShort, "@ wants byte 4"},
		{"CX2", "abc", nil, ""}, // X2 is the name
		{"C/X2", "abc", ErrFormat, "2 bytes back from byte 1"},
		{"X*", "abc", ErrFormat, "not *"},
		{"w", "abc", ErrFormat, "no such letter"},
		{"a16777217", "abc", ErrFormat, "a repeater"},
	} {
		got, err := Unpack(c.format, []byte(c.data))
		if !errors.Is(err, c.want) || err != nil && (got != nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("Unpack(%q, %q) = %v, %v; want %q", c.format, c.data, got, err, c.says)
		}
	}
}

// FuzzUnpack makes sure that no format and no data is too much.
func FuzzUnpack(f *testing.F) {
	f.Add("nlength/a*text", []byte("\x00\x05hello"))
	f.Add("C2a/@0/X/x*/H3h/Z*", []byte("abc"))
	f.Fuzz(func(t *testing.T, format string, data []byte) {
		fields, err := Unpack(format, data)
		if err != nil && !errors.Is(err, ErrShort) && !errors.Is(err, ErrFormat) {
			t.Error(err)
		}
		for _, k := range fields {
			switch k.Value.(type) {
			case string, int64, uint64, float64:
			default:
				t.Errorf("%s is a %T", k.Name, k.Value)
			}
		}
	})
}
