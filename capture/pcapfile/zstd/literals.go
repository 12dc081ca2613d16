package zstd

const (
	literalsRaw = iota
	literalsRLE
	literalsCompressed
	literalsTreeless
)

// readLiterals decodes the literals section at the start of a block (RFC 8878
// section 3.1.1.3.1) and returns the literals and what follows the section. They
// are valid until the next block.
func (d *blockDecoder) readLiterals(in []byte, limit int) (literals, rest []byte) {
	if len(in) == 0 {
		panic(corrupt("a block has no literals section"))
	}
	kind, format := in[0]&3, in[0]>>2&3
	if kind >= literalsCompressed {
		return d.readHuffman(in, limit)
	}
	n := [4]int{1, 2, 1, 3}[format]
	head := int(sectionHeader(in, n) >> [4]int{3, 4, 3, 4}[format])
	in = in[n:]
	if head > limit {
		panic(corrupt("a block has too many literals"))
	}
	if kind == literalsRaw {
		if head > len(in) {
			panic(corrupt("literals are longer than their block"))
		}
		return in[:head], in[head:]
	}
	if len(in) == 0 {
		panic(corrupt("literals are longer than their block"))
	}
	literals = d.room(head)
	for i := range literals {
		literals[i] = in[0]
	}
	return literals, in[1:]
}

// sectionHeader returns the n bytes of a literals section's header.
func sectionHeader(in []byte, n int) uint64 {
	if n > len(in) {
		panic(corrupt("a literals section is cut short"))
	}
	return littleEndian(in[:n])
}

// room returns n bytes to put literals in.
func (d *blockDecoder) room(n int) []byte {
	if d.literals == nil {
		d.literals = make([]byte, maxBlock)
	}
	return d.literals[:n]
}

// readHuffman decodes literals of one or four streams, with a table of their own
// or that of the block before.
func (d *blockDecoder) readHuffman(in []byte, limit int) (literals, rest []byte) {
	kind, format := in[0]&3, in[0]>>2&3
	n := [4]int{3, 3, 4, 5}[format]
	width := [4]int{10, 10, 14, 18}[format]
	head := sectionHeader(in, n) >> 4
	size, stored := int(head)&(1<<width-1), int(head>>width)
	in = in[n:]
	if size > limit {
		panic(corrupt("a block has too many literals"))
	}
	if stored > len(in) {
		panic(corrupt("literals are longer than their block"))
	}
	data, rest := in[:stored], in[stored:]
	if kind == literalsCompressed {
		data = data[d.huffman.read(data):]
	} else if d.huffman.log == 0 {
		panic(corrupt("a block refers to a Huffman table, and there was none"))
	}
	literals = d.room(size)
	if format == 0 {
		d.huffman.decode(literals, data)
		return literals, rest
	}
	d.readStreams(literals, data)
	return literals, rest
}

// readStreams decodes four streams, of which the first three have sizes before
// them and a quarter of the literals each, rounded up.
func (d *blockDecoder) readStreams(literals, data []byte) {
	quarter := (len(literals) + 3) / 4
	if len(data) < 6 || 3*quarter > len(literals) {
		panic(corrupt("literals of four streams are too few"))
	}
	sizes, data := data[:6], data[6:]
	for i := range 3 {
		n := int(littleEndian(sizes[2*i:][:2]))
		if n > len(data) {
			panic(corrupt("literals are longer than their block"))
		}
		d.huffman.decode(literals[:quarter], data[:n])
		literals, data = literals[quarter:], data[n:]
	}
	d.huffman.decode(literals, data)
}
