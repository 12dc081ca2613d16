package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// blockSize is how much a stream's writer writes at once, in bytes.
const blockSize = 64 << 10

// A stream is made of blocks of pseudo-random bytes, all alike but for the first
// eight, which are the block's number.
const stampLen = 8

// newBlock returns block 0 of a stream.
func newBlock() []byte {
	b := make([]byte, blockSize)
	r := rand.New(rand.NewPCG(1, 1))
	for i := stampLen; i < len(b); i++ {
		b[i] = byte(r.Uint32())
	}
	return b
}

// stamp makes b the n-th block.
func stamp(b []byte, n uint64) { binary.LittleEndian.PutUint64(b, n) }

// checker looks at what arrives of a stream. It compares every byte if it is
// thorough; otherwise the blocks' numbers and the edges of every piece, so that it
// costs next to nothing.
type checker struct {
	want []byte // block 0, and then the one that is due
	off  int    // in the block
	n    uint64 // of the block
}

func newChecker() *checker { return &checker{want: newBlock()} }

// edge is how many bytes of a piece are compared at each of its ends.
const edge = 16

// check takes the next piece and says what is wrong with it.
func (c *checker) check(p []byte, thorough bool) error {
	for len(p) > 0 {
		k := min(len(p), blockSize-c.off)
		got, want := p[:k], c.want[c.off:c.off+k]
		same := false
		if thorough || k <= 2*edge {
			same = bytes.Equal(got, want)
		} else {
			same = bytes.Equal(got[:edge], want[:edge]) && bytes.Equal(got[k-edge:], want[k-edge:])
		}
		if !same {
			return fmt.Errorf("the bytes that arrived differ from those sent, in block %d at %d to %d", c.n, c.off, c.off+k)
		}
		p = p[k:]
		if c.off += k; c.off == blockSize {
			c.off = 0
			c.n++
			stamp(c.want, c.n)
		}
	}
	return nil
}
