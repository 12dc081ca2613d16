package zstd

// codeSpec is what holds for one of the codes of a sequence.
type codeSpec struct {
	symbols int // how many there are
	maxLog  int
	preset  *fseTable // of the predefined probabilities
}

var codeSpecs = [3]codeSpec{
	codeLiterals: {36, 9, preset(6, 4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1,
		2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1)},
	codeOffset: {32, 8, preset(5, 1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1)},
	codeMatch: {53, 9, preset(6, 1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1)},
}

// preset makes the table of RFC 8878 section 3.1.1.3.2.2.
func preset(log int, probs ...int16) *fseTable {
	t := &fseTable{}
	t.build(log, probs)
	return t
}

// The modes of a code's table (section 3.1.1.3.2.1).
const (
	modePredefined = iota
	modeRLE
	modeFSE
	modeRepeat
)

// read takes a code's table from the start of in, and returns what follows.
func (t *codeTable) read(mode int, in []byte, spec *codeSpec) []byte {
	switch mode {
	case modePredefined:
		t.use = spec.preset
	case modeRLE:
		if len(in) == 0 || int(in[0]) >= spec.symbols {
			panic(corrupt("a sequence has a code that does not exist"))
		}
		t.single(in[0])
		t.use = &t.fseTable
		return in[1:]
	case modeFSE:
		n := t.readFSE(in, spec.maxLog, spec.symbols)
		t.use = &t.fseTable
		return in[n:]
	case modeRepeat:
		if t.use == nil {
			panic(corrupt("a block refers to a table of codes, and there was none"))
		}
	}
	return in
}

// length is what a code of a length stands for: a number, and bits to add to it.
type length struct{ base, bits int }

// literalLengths and matchLengths are the codes of section 3.1.1.3.2.1.1.
var (
	literalLengths = lengths(0, 16, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
	matchLengths   = lengths(3, 32, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
)

// lengths makes a table of n codes of no bits from first on, and of some that have
// as many as extra says; each takes up where the one before ends.
func lengths(first, n int, extra ...int) []length {
	var t []length
	for range n {
		t = append(t, length{first, 0})
		first++
	}
	for _, b := range extra {
		t = append(t, length{first, b})
		first += 1 << b
	}
	return t
}
