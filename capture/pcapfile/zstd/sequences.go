package zstd

// blockDecoder decodes compressed blocks. It keeps what later blocks of the frame
// may refer to.
type blockDecoder struct {
	literals []byte
	huffman  huffmanTable
	codes    [3]codeTable
	recent   [3]int // the last offsets, the newest first
}

// codeTable decodes one of the three codes of a sequence.
type codeTable struct {
	fseTable
	use *fseTable // what blocks refer to as the last one; nil if there was none
}

// The codes of a sequence, in the order of their tables.
const (
	codeLiterals = iota
	codeOffset
	codeMatch
)

// maxOffsetCode is the highest code of an offset inside a window of MaxWindow: the
// bits that such a number has below its first.
const maxOffsetCode = 27

func (d *blockDecoder) reset() {
	d.huffman.log = 0
	for i := range d.codes {
		d.codes[i].use = nil
	}
	d.recent = [3]int{1, 4, 8}
}

// decode appends what a block holds to out: at most limit bytes.
func (d *blockDecoder) decode(in []byte, out *window, limit int) {
	literals, in := d.readLiterals(in, limit)
	count, in := readCount(in)
	if count > 0 {
		literals = d.readSequences(count, in, literals, out, limit)
	} else if len(in) > 0 {
		panic(corrupt("bytes follow a block of no sequences"))
	}
	out.buf = append(out.buf, literals...)
}

// readCount reads how many sequences there are (RFC 8878 section 3.1.1.3.2.1).
func readCount(in []byte) (int, []byte) {
	n := 1
	if len(in) > 0 && in[0] >= 128 {
		n = 2
		if in[0] == 255 {
			n = 3
		}
	}
	if len(in) < n {
		panic(corrupt("a block has no sequences section"))
	}
	head, in := in[:n], in[n:]
	switch n {
	case 1:
		return int(head[0]), in
	case 2:
		return int(head[0]-128)<<8 + int(head[1]), in
	}
	return int(head[1]) + int(head[2])<<8 + 0x7f00, in
}

// readSequences decodes count sequences and does what they say: append some
// literals, then repeat some of what came before. It returns the literals that are
// left.
func (d *blockDecoder) readSequences(count int, in, literals []byte, out *window, limit int) []byte {
	if len(in) == 0 || in[0]&3 != 0 {
		panic(corrupt("a sequences section has no modes"))
	}
	modes, in := in[0], in[1:]
	for i := range d.codes {
		in = d.codes[i].read(int(modes>>(6-2*i)&3), in, &codeSpecs[i])
	}
	b := newBackwardBits(in)
	var code [3]fseDecoder
	for i := range code {
		code[i].start(d.codes[i].use, &b)
	}
	room := limit
	for {
		offsetCode := int(code[codeOffset].symbol())
		if offsetCode > maxOffsetCode {
			panic(corrupt("a match lies before the window"))
		}
		match, lits := matchLengths[code[codeMatch].symbol()], literalLengths[code[codeLiterals].symbol()]
		offsetValue := 1<<offsetCode + b.take(offsetCode)
		matchLen := match.base + b.take(match.bits)
		litLen := lits.base + b.take(lits.bits)
		if b.left < 0 || litLen > len(literals) || litLen+matchLen > room {
			panic(corrupt("a sequence is longer than its block"))
		}
		room -= litLen + matchLen
		out.buf = append(out.buf, literals[:litLen]...)
		literals = literals[litLen:]
		out.copyMatch(d.offset(offsetValue, litLen), matchLen)

		if count--; count == 0 {
			break
		}
		code[codeLiterals].step(&b)
		code[codeMatch].step(&b)
		code[codeOffset].step(&b)
	}
	if b.left != 0 || len(literals) > room {
		panic(corrupt("the sequences of a block do not fit its size"))
	}
	return literals
}

// offset returns the offset that a value stands for: one of the recent ones, or
// one of its own (section 3.1.1.5).
func (d *blockDecoder) offset(value, litLen int) int {
	r := &d.recent
	if value > 3 {
		r[0], r[1], r[2] = value-3, r[0], r[1]
		return r[0]
	}
	if litLen == 0 {
		value++ // the newest makes no sense without literals between
	}
	switch value {
	case 2:
		r[0], r[1] = r[1], r[0]
	case 3:
		r[0], r[1], r[2] = r[2], r[0], r[1]
	case 4:
		r[0], r[1], r[2] = r[0]-1, r[0], r[1]
	}
	if r[0] == 0 {
		panic(corrupt("an offset is zero"))
	}
	return r[0]
}
