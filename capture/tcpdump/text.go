package tcpdump

import (
	"thinnet/capture"
	"thinnet/capture/dissect"
)

// textOut is the text that tcpdump is known for.
type textOut struct {
	lines
	printer  *dissect.Printer
	sampling int64
}

func (t *textOut) take(number int64, p *capture.Packet) error {
	if t.sampling != 0 && number%t.sampling != 0 {
		t.printer.Skip()
		return nil
	}
	t.buf = t.printer.AppendPacket(t.buf, p)
	return t.flushFull()
}

func (t *textOut) skip() { t.printer.Skip() }
