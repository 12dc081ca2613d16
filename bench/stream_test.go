package main

import (
	"bytes"
	"testing"
)

// blocks returns n blocks of a stream.
func blocks(n int) []byte {
	var all []byte
	b := newBlock()
	for i := range n {
		stamp(b, uint64(i))
		all = append(all, b...)
	}
	return all
}

// feed gives the checker what arrived, in pieces.
func feed(arrived []byte, piece int, thorough bool) error {
	c := newChecker()
	for len(arrived) > 0 {
		n := min(piece, len(arrived))
		if err := c.check(arrived[:n], thorough); err != nil {
			return err
		}
		arrived = arrived[n:]
	}
	return nil
}

func TestCheckerTakesWhatWasSent(t *testing.T) {
	sent := blocks(3)
	for _, piece := range []int{1, 7, 1460, blockSize - 1, blockSize, blockSize + 1, len(sent)} {
		for _, thorough := range []bool{false, true} {
			if err := feed(sent, piece, thorough); err != nil {
				t.Errorf("pieces of %d, thorough %t: %v", piece, thorough, err)
			}
		}
	}
}

func TestCheckerSeesDamage(t *testing.T) {
	sent := blocks(4)
	const piece = 1460
	for _, c := range []struct {
		name     string
		arrived  []byte
		thorough bool
	}{
		{"a byte lost", bytes.Join([][]byte{sent[:100_000], sent[100_001:]}, nil), false},
		{"a piece lost", bytes.Join([][]byte{sent[:100*piece], sent[101*piece:]}, nil), false},
		{"a block lost", bytes.Join([][]byte{sent[:blockSize], sent[2*blockSize:]}, nil), false},
		{"a block twice", bytes.Join([][]byte{sent[:blockSize], sent[:blockSize]}, nil), false},
		{"blocks in another order", bytes.Join([][]byte{sent[:blockSize], sent[2*blockSize : 3*blockSize], sent[blockSize : 2*blockSize]}, nil), false},
		{"a bit in the middle", flip(sent, 50_000), true},
	} {
		if feed(c.arrived, piece, c.thorough) == nil {
			t.Errorf("%s: not seen", c.name)
		}
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}
