package zstd

import "math/bits"

// maxHuffmanBits is the length of the longest code (RFC 8878 section 4.2.1).
const maxHuffmanBits = 11

// huffmanTable maps the next bits of a stream to a symbol and how many of the bits
// are its code.
type huffmanTable struct {
	log   int // bits to look at; 0 if there is no table yet
	codes [1 << maxHuffmanBits]struct{ symbol, bits uint8 }

	weights [maxSymbols]uint8
	fse     fseTable
}

// read reads the weights of the symbols (section 4.2.1.1) from the start of data,
// makes the table of them, and returns how many bytes it took.
func (t *huffmanTable) read(data []byte) int {
	if len(data) == 0 {
		panic(corrupt("a Huffman table is missing"))
	}
	head, data := int(data[0]), data[1:]
	if head >= 128 {
		n := head - 127
		size := (n + 1) / 2
		if size > len(data) {
			panic(corrupt("a Huffman table is longer than its block"))
		}
		for i := range n {
			t.weights[i] = data[i/2] >> (4 * (^i & 1)) & 15
		}
		t.build(n)
		return 1 + size
	}
	if head > len(data) {
		panic(corrupt("a Huffman table is longer than its block"))
	}
	t.build(t.readWeights(data[:head]))
	return 1 + head
}

// readWeights reads weights that two decoders give by turns until the stream is
// over, and returns how many there are.
func (t *huffmanTable) readWeights(data []byte) int {
	b := newBackwardBits(data[t.fse.readFSE(data, 6, maxHuffmanBits+1):])
	var d [2]fseDecoder
	d[0].start(&t.fse, &b)
	d[1].start(&t.fse, &b)
	for n := 0; n < maxSymbols-2; n++ {
		turn := &d[n&1]
		t.weights[n] = turn.symbol()
		turn.step(&b)
		if b.left < 0 {
			t.weights[n+1] = d[^n&1].symbol()
			return n + 2
		}
	}
	panic(corrupt("a Huffman table has too many symbols"))
}

// build makes the table of n weights and that of the last symbol, which fills it.
// A code is the shorter by a bit for each step of weight; weight 0 has no code.
func (t *huffmanTable) build(n int) {
	var total uint
	for _, w := range t.weights[:n] {
		if w > maxHuffmanBits {
			panic(corrupt("a Huffman code is too long"))
		}
		total += 1 << w >> 1
	}
	log := bits.Len(total)
	rest := uint(1)<<log - total
	if total == 0 || log > maxHuffmanBits || rest&(rest-1) != 0 {
		panic(corrupt("the codes of a Huffman table do not fit together"))
	}
	t.weights[n] = uint8(bits.Len(rest))
	t.log = log
	at := 0
	for w := 1; w <= log; w++ {
		for s, have := range t.weights[:n+1] {
			if int(have) != w {
				continue
			}
			for range 1 << (w - 1) {
				t.codes[at].symbol, t.codes[at].bits = uint8(s), uint8(log+1-w)
				at++
			}
		}
	}
}

// decode fills out from a stream, which has just as many symbols.
func (t *huffmanTable) decode(out, data []byte) {
	b := newBackwardBits(data)
	for i := range out {
		c := t.codes[b.peek(t.log)]
		out[i] = c.symbol
		b.left -= int(c.bits)
	}
	if b.left != 0 {
		panic(corrupt("literals do not fit their size"))
	}
}
