package tcpdump

import (
	"strconv"

	"thinnet/capture"
	"thinnet/capture/dissect"
	"thinnet/capture/flow"
)

// followView is --follow: the bytes of one TCP stream, under a line that says
// who sent them, whenever that changes.
type followView struct {
	lines
	pick
	ends      ends
	dump      dissect.Dump // how bytes are shown: -x or -X, else as characters
	assembler flow.Assembler
	from      flow.Side // of what was shown last, if anything was
	begun     bool
	midLine   bool // and it did not end with a line feed
}

func (f *followView) take(_ int64, p *capture.Packet) error {
	from, mine := f.pick.take(p)
	if !mine {
		return nil
	}
	f.assembler.Add(&f.headers, from, f.show)
	return f.flushFull()
}

func (f *followView) skip() {}

func (f *followView) end() error {
	f.assembler.End(f.show)
	f.endLine()
	if err := f.flush(); err != nil {
		return err
	}
	return f.check()
}

func (f *followView) show(c flow.Chunk) {
	if !f.begun || c.From != f.from {
		f.head(c.From)
	}
	switch {
	case c.Missing != 0:
		f.endLine()
		f.buf = append(f.buf, '[')
		f.buf = appendUint(f.buf, uint64(c.Missing))
		f.buf = append(f.buf, " bytes missing]\n"...)
	case f.dump == dissect.DumpNone, f.dump == dissect.DumpASCII, f.dump == dissect.DumpASCIILink:
		f.characters(c.Data)
	default:
		f.buf = dissect.AppendDump(f.buf, f.dump, c.Data)
		f.buf = append(f.buf, '\n')
	}
}

// head says who sends what follows.
func (f *followView) head(from flow.Side) {
	f.endLine()
	if f.begun {
		f.buf = append(f.buf, '\n')
	}
	f.begun, f.from = true, from
	f.buf = f.ends.appendEnd(f.buf, f.stream.Ends[from])
	f.buf = append(f.buf, " > "...)
	f.buf = f.ends.appendEnd(f.buf, f.stream.Ends[from.Other()])
	f.buf = append(f.buf, ":\n"...)
}

// characters appends bytes as characters. What a terminal might obey is a dot.
func (f *followView) characters(data []byte) {
	for i, b := range data {
		switch {
		case b == '\r' && (i+1 == len(data) || data[i+1] == '\n'):
			continue
		case b != '\n' && b != '\t' && (b < ' ' || b > '~'):
			b = '.'
		}
		f.buf = append(f.buf, b)
		f.midLine = b != '\n'
	}
}

func (f *followView) endLine() {
	if f.midLine {
		f.buf = append(f.buf, '\n')
		f.midLine = false
	}
}

func appendUint(b []byte, n uint64) []byte { return strconv.AppendUint(b, n, 10) }
