package zstd

import "math/bits"

// fseState is a state of a finite state entropy decoder (RFC 8878 section 4.1):
// the symbol it stands for, and what leads from it to the next.
type fseState struct {
	symbol uint8
	bits   uint8  // to read
	base   uint16 // to add to them for the next state
}

// fseTable has 1<<log states.
type fseTable struct {
	log    int
	states []fseState
}

// fseDecoder is a table and where it is.
type fseDecoder struct {
	table *fseTable
	state int
}

// start reads the first state.
func (d *fseDecoder) start(t *fseTable, b *backwardBits) {
	d.table, d.state = t, b.take(t.log)
}

func (d *fseDecoder) symbol() uint8 { return d.table.states[d.state].symbol }

// step reads the next state.
func (d *fseDecoder) step(b *backwardBits) {
	s := d.table.states[d.state]
	d.state = int(s.base) + b.take(int(s.bits))
}

const maxSymbols = 256

// readFSE reads the probabilities of symbols (section 4.1.1) from the start of
// data, makes the table of them, and returns how many bytes it took.
func (t *fseTable) readFSE(data []byte, maxLog, symbols int) int {
	b := forwardBits{data: data}
	log := b.take(4) + 5
	if log > maxLog {
		panic(corrupt("a table of probabilities is too precise"))
	}
	var probs [maxSymbols]int16
	n := 0
	for left := 1 << log; left > 0; {
		if n >= symbols {
			panic(corrupt("a table of probabilities has too many symbols"))
		}
		p := readProbability(&b, left)
		probs[n] = int16(p)
		n++
		left -= max(p, -p)
		if p != 0 {
			continue
		}
		for repeat := 3; repeat == 3; {
			repeat = b.take(2)
			n += repeat
			if n > symbols {
				panic(corrupt("a table of probabilities has too many symbols"))
			}
		}
	}
	t.build(log, probs[:n])
	return b.bytes()
}

// readProbability reads a value of 0 to left+1, which takes one bit less if it is
// small, and stands for one more than the probability; -1 means less than one.
func readProbability(b *forwardBits, left int) int {
	n := bits.Len(uint(left + 1))
	short := 1<<n - 1 - (left + 1) // how many values take n-1 bits
	v := b.peek(n)
	if low := v & (1<<(n-1) - 1); low < short {
		b.at += n - 1
		return low - 1
	}
	b.at += n
	if v >= 1<<(n-1) {
		v -= short
	}
	return v - 1
}

// build makes the states: those of symbols with a probability of less than one at
// the end, the others spread over the rest.
func (t *fseTable) build(log int, probs []int16) {
	size := 1 << log
	t.log = log
	if cap(t.states) < size {
		t.states = make([]fseState, size)
	}
	t.states = t.states[:size]
	var next [maxSymbols]uint16
	high := size
	for s, p := range probs {
		next[s] = uint16(p)
		if p == -1 {
			high--
			t.states[high].symbol = uint8(s)
			next[s] = 1
		}
	}
	step, at := size>>1+size>>3+3, 0
	for s, p := range probs {
		for range p {
			t.states[at].symbol = uint8(s)
			at = (at + step) & (size - 1)
			for at >= high && high > 0 {
				at = (at + step) & (size - 1)
			}
		}
	}
	for i := range t.states {
		st := &t.states[i]
		n := next[st.symbol]
		next[st.symbol]++
		st.bits = uint8(log - bits.Len16(n) + 1)
		st.base = n<<st.bits - uint16(size)
	}
}

// single makes a table of one symbol, which takes no bits.
func (t *fseTable) single(symbol uint8) {
	t.log = 0
	t.states = append(t.states[:0], fseState{symbol: symbol})
}
