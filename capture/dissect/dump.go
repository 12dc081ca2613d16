package dissect

// dump prints the bytes of a packet as Dump says.
func (p *Printer) dump(data []byte, linkLen uint32) {
	v := view(data)
	switch p.Dump {
	case DumpHex, DumpHexASCII, DumpASCII:
		if v = v.from(linkLen); len(v) == 0 {
			return
		}
	}
	switch p.Dump {
	case DumpHex, DumpHexLink:
		p.hexDump("\n\t", v, v.len())
	case DumpHexASCII, DumpHexASCIILink:
		p.hexASCII("\n\t", v, v.len())
	case DumpASCII, DumpASCIILink:
		p.ascii(v)
	}
}

// unknown prints a payload that nothing else can print, unless there is a dump
// anyway.
func (p *Printer) unknown(v view, length uint32) {
	if p.Dump == DumpNone && p.Quiet == 0 {
		p.hexASCII("\n\t", v, length)
	}
}

// hexDump prints n bytes in hexadecimal, eight pairs a line.
func (p *Printer) hexDump(indent string, v view, n uint32) {
	shown := v.upTo(n)
	for i, b := range shown {
		if i%16 == 0 {
			p.s(indent)
			p.f("0x%04x: ", uint32(i))
		}
		if i%2 == 0 {
			p.c(' ')
		}
		p.hex8(b)
	}
	v.need(0, n)
}

// hexASCII prints n bytes in hexadecimal, and as characters beside it.
func (p *Printer) hexASCII(indent string, v view, n uint32) {
	shown := v.upTo(n)
	for at := 0; at < len(shown); at += 16 {
		line := shown[at:min(at+16, len(shown))]
		p.s(indent)
		p.f("0x%04x: ", uint32(at))
		for i := range 16 {
			if i%2 == 0 {
				p.c(' ')
			}
			if i < len(line) {
				p.hex8(line[i])
			} else {
				p.s("  ")
			}
		}
		p.s("  ")
		for _, b := range line {
			if !isGraph(b) {
				b = '.'
			}
			p.c(b)
		}
	}
	v.need(0, n)
}

// ascii prints bytes as characters.
func (p *Printer) ascii(v view) {
	p.c('\n')
	for i, b := range v {
		switch {
		case b == '\r':
			// Not at the end of a line.
			if i+2 < len(v) && v[i+1] != '\n' {
				p.c('.')
			}
		case isGraph(b) || b == '\t' || b == ' ' || b == '\n':
			p.c(b)
		default:
			p.c('.')
		}
	}
}

// AppendDump appends bytes as -x or -X show those of a packet, without a line feed
// at the end, and returns the extended buffer. The other dumps append nothing.
func AppendDump(b []byte, d Dump, data []byte) []byte {
	p, v, start := Printer{out: b}, view(data), len(b)
	switch d {
	case DumpHex, DumpHexLink:
		p.hexDump("\n\t", v, v.len())
	case DumpHexASCII, DumpHexASCIILink:
		p.hexASCII("\n\t", v, v.len())
	}
	if len(p.out) == start {
		return p.out
	}
	return append(p.out[:start], p.out[start+1:]...) // without the first line feed
}
