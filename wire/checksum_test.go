package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// naiveSum is RFC 1071 to the letter.
func naiveSum(b []byte) uint16 {
	var s uint32
	for i := 0; i < len(b); i += 2 {
		w := uint32(b[i]) << 8
		if i+1 < len(b) {
			w |= uint32(b[i+1])
		}
		s += w
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// The example of RFC 1071, section 3.
func TestSumExample(t *testing.T) {
	if got := Fold(Sum([]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}, 0)); got != 0xddf2 {
		t.Errorf("%#x, want 0xddf2", got)
	}
}

func TestSumIsTheNaiveSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := randomBytes(r, 400)
	ones := bytes.Repeat([]byte{0xff}, 400)
	zeros := make([]byte, 400)
	for n := range 300 {
		for off := range 9 { // at every alignment
			for _, b := range [][]byte{random, ones, zeros} {
				if got, want := Fold(Sum(b[off:off+n], 0)), naiveSum(b[off:off+n]); got != want {
					t.Fatalf("%d bytes at %d: %#x, want %#x", n, off, got, want)
				}
			}
		}
	}
	big := bytes.Repeat([]byte{0xff, 0xff, 0xff, 0xfe}, 1<<18)
	if got, want := Fold(Sum(big, 0)), naiveSum(big); got != want {
		t.Errorf("1 MiB: %#x, want %#x", got, want)
	}
}

// Pieces of even length add up, from whatever sum one starts with.
func TestSumOfPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		b := randomBytes(r, r.IntN(500))
		cut := r.IntN(len(b)/2+1) * 2
		if got, want := Fold(Sum(b[cut:], Sum(b[:cut], 0))), naiveSum(b); got != want {
			t.Fatalf("%d bytes cut at %d: %#x, want %#x", len(b), cut, got, want)
		}
	}
}

func TestPseudoHeader(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		n := r.IntN(1 << 17)
		src4, dst4 := [4]byte(randomBytes(r, 4)), [4]byte(randomBytes(r, 4))
		// A length beyond 16 bits takes two words (RFC 2675 has such); the
		// naive sum of IPv4's header has room for them, too.
		b := append(append([]byte{}, src4[:]...), dst4[:]...)
		b = append(binary.BigEndian.AppendUint32(b, uint32(n)), 0, 6)
		if got, want := Fold(PseudoHeader(netip.AddrFrom4(src4), netip.AddrFrom4(dst4), ProtocolTCP, n)), naiveSum(b); got != want {
			t.Fatalf("IPv4: %#x, want %#x", got, want)
		}
		src6, dst6 := [16]byte(randomBytes(r, 16)), [16]byte(randomBytes(r, 16))
		b = append(append([]byte{}, src6[:]...), dst6[:]...)
		b = append(binary.BigEndian.AppendUint32(b, uint32(n)), 0, 0, 0, 17)
		if got, want := Fold(PseudoHeader(netip.AddrFrom16(src6), netip.AddrFrom16(dst6), ProtocolUDP, n)), naiveSum(b); got != want {
			t.Fatalf("IPv6: %#x, want %#x", got, want)
		}
	}
}

// An update is as good as a sum from scratch, for every kind of change: RFC 1624
// was written because an earlier formula was not.
func TestUpdateChecksum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []uint16{0, 1, 0x5555, 0xfffe, 0xffff}
	pick := func() uint16 {
		if r.IntN(2) == 0 {
			return words[r.IntN(len(words))]
		}
		return uint16(r.Uint32())
	}
	for range 100_000 {
		b := make([]byte, 8)
		for i := 0; i < 8; i += 2 {
			binary.BigEndian.PutUint16(b[i:], pick())
		}
		b[0] |= 1 // a header is never all zero
		old, v := binary.BigEndian.Uint16(b[2:]), pick()
		c := ^naiveSum(b)
		binary.BigEndian.PutUint16(b[2:], v)
		got := UpdateChecksum(c, old, v)
		if want := ^naiveSum(b); got != want {
			t.Fatalf("checksum %#x, field from %#x to %#x: %#x, want %#x", c, old, v, got, want)
		}
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte("an odd number"), 4)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		if cut < 0 || cut > len(b) || cut%2 != 0 {
			cut = 0
		}
		if got, want := Fold(Sum(b[cut:], Sum(b[:cut], 0))), naiveSum(b); got != want {
			t.Errorf("%#x, want %#x", got, want)
		}
	})
}

func BenchmarkSum(b *testing.B) {
	for _, n := range []int{20, 40, 1460, 65536} {
		data := bytes.Repeat([]byte{0xa5}, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			b.ReportAllocs()
			var s uint64
			for b.Loop() {
				s += Sum(data, 0)
			}
			_ = s
		})
	}
}
