package wire

import (
	"bytes"
	"reflect"
	"testing"
)

func TestTCPOptions(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    TCPOptions
		want string
	}{
		{"none", TCPOptions{}, ""},
		{"Linux's SYN", TCPOptions{MSS: 1460, SACKPermitted: true, HasTimestamps: true, TSVal: 0x4fee4a52, HasScale: true, WindowScale: 8},
			"020405b40402080a4fee4a520000000001030308"},
		{"without timestamps", TCPOptions{MSS: 1460, SACKPermitted: true, HasScale: true, WindowScale: 7}, "020405b40101040201030307"},
		{"timestamps alone", TCPOptions{HasTimestamps: true, TSVal: 1, TSEcr: 2}, "0101080a0000000100000002"},
		{"SACK", TCPOptions{NumSACK: 1, SACK: [4]SACKBlock{{10, 20}}}, "0101050a0000000a00000014"},
		{"SACK with timestamps", TCPOptions{HasTimestamps: true, TSVal: 1, TSEcr: 2, NumSACK: 3, SACK: [4]SACKBlock{{1, 2}, {3, 4}, {5, 6}}},
			"0101080a00000001000000020101051a000000010000000200000003000000040000000500000006"},
		{"asks for a cookie", TCPOptions{FastOpen: true}, "22020101"},
		{"with a cookie", TCPOptions{MSS: 536, FastOpen: true, Cookie: []byte("8 bytes.")}, "02040218220a38206279746573" + "2e" + "0101"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b [40]byte
			n := PutTCPOptions(b[:], &tt.o)
			if want := unhex(tt.want); !bytes.Equal(b[:n], want) {
				t.Errorf("% x, want % x", b[:n], want)
			}
			var o TCPOptions
			if !ParseTCPOptions(b[:n], &o) {
				t.Error("its own options were refused")
			}
			if len(o.Cookie) == 0 {
				o.Cookie = nil
			}
			if !reflect.DeepEqual(o, tt.o) {
				t.Errorf("%+v, want %+v", o, tt.o)
			}
		})
	}
}

// What does not fit is left out.
func TestTCPOptionsWithoutRoom(t *testing.T) {
	all := TCPOptions{
		MSS: 1460, SACKPermitted: true, HasTimestamps: true, HasScale: true,
		NumSACK: 4, SACK: [4]SACKBlock{{1, 2}, {3, 4}, {5, 6}, {7, 8}}, FastOpen: true, Cookie: make([]byte, 16),
	}
	var b [40]byte
	n := PutTCPOptions(b[:], &all)
	var o TCPOptions
	if !ParseTCPOptions(b[:n], &o) || o.NumSACK != 2 || o.FastOpen || o.MSS != 1460 || !o.HasTimestamps {
		t.Errorf("%d bytes: %+v", n, o)
	}
}

func TestBadTCPOptions(t *testing.T) {
	mss := func(o TCPOptions) bool { return o.MSS == 1460 }
	none := func(o TCPOptions) bool { return reflect.DeepEqual(o, TCPOptions{}) }
	for _, tt := range []struct {
		name string
		b    string
		ok   bool
		want func(TCPOptions) bool
	}{
		{"unknown kinds", "fe04abcd" + "020405b4", true, mss},
		{"behind the end", "00" + "020405b4", true, none},
		{"no length", "020405b4" + "08", false, mss},
		{"length 0", "0800" + "020405b4", false, none},
		{"length 1", "0801" + "020405b4", false, none},
		{"beyond the end", "020405b4" + "080a0000", false, mss},
		{"overlapping the end", "020405b4" + "0305", false, mss},
		{"MSS of 3 bytes", "02030" + "5" + "020405b4", false, mss},
		{"scale of 4 bytes", "03040808" + "020405b4", false, mss},
		{"SACK permitted of 3 bytes", "040300" + "020405b4", false, mss},
		{"timestamps of 6 bytes", "080600000000" + "020405b4", false, mss},
		{"SACK of nothing", "0502" + "020405b4", false, mss},
		{"SACK of half a block", "050600000000" + "020405b4", false, mss},
		{"cookie of 17 bytes", "2213" + "0000000000000000000000000000000000" + "020405b4", false, mss},
		{"two MSS", "02040218" + "020405b4", true, mss},
		{"two SACK", "050a0000000100000002" + "050a0000000300000004", true, func(o TCPOptions) bool { return o.NumSACK == 1 && o.SACK[0] == SACKBlock{3, 4} }},
	} {
		var o TCPOptions
		o.TSVal = 99 // is overwritten
		if ok := ParseTCPOptions(unhex(tt.b), &o); ok != tt.ok || !tt.want(o) {
			t.Errorf("%s: %t, %+v", tt.name, ok, o)
		}
	}
}

func FuzzTCPOptions(f *testing.F) {
	f.Add(synHeader[TCPMinLen:])
	f.Add(unhex("0101080a00000001000000020101051a000000010000000200000003000000040000000500000006"))
	f.Add(unhex("220a38206279746573" + "2e" + "0101"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 40 {
			b = b[:40]
		}
		var o, again TCPOptions
		ParseTCPOptions(b, &o)
		var w [40]byte
		n := PutTCPOptions(w[:], &o)
		if n%4 != 0 || n > 40 {
			t.Fatalf("%d bytes", n)
		}
		if !ParseTCPOptions(w[:n], &again) {
			t.Fatalf("% x: its own options were refused", w[:n])
		}
		// Padding may leave no room for what comes last.
		if again.NumSACK < o.NumSACK {
			o.NumSACK = again.NumSACK
			clear(o.SACK[o.NumSACK:])
		}
		if !again.FastOpen {
			o.FastOpen, o.Cookie = false, nil
		}
		if !bytes.Equal(o.Cookie, again.Cookie) {
			t.Errorf("cookie % x, want % x", again.Cookie, o.Cookie)
		}
		o.Cookie, again.Cookie = nil, nil
		if !reflect.DeepEqual(o, again) {
			t.Errorf("%+v, want %+v", again, o)
		}
	})
}

func BenchmarkParseTCPOptions(b *testing.B) {
	for name, o := range map[string][]byte{
		"Timestamps": unhex("0101080a0000000100000002"),
		"SYN":        synHeader[TCPMinLen:],
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var out TCPOptions
			for b.Loop() {
				ParseTCPOptions(o, &out)
			}
		})
	}
}
