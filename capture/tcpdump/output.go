package tcpdump

import (
	"errors"
	"io"

	"thinnet/capture"
	"thinnet/capture/dissect"
)

// output is where packets go: into a file, as text to standard output, or both.
type output struct {
	c        *command
	link     capture.LinkType
	captured int64     // packets that the filter took, with those skipped
	text     *textOut  // nil: none
	file     *savefile // nil: none
}

func (c *command) newOutput(link capture.LinkType, snaplen int) (*output, error) {
	o := &output{c: c, link: link}
	if !c.countOnly && (c.write == "" || c.print) {
		o.text = &textOut{w: c.Stdout, printer: dissect.New(c.text), sampling: c.sampling}
	}
	if c.write == "" {
		return o, nil
	}
	var err error
	o.file, err = c.newSavefile(link, snaplen)
	return o, err
}

// take takes one packet that the filter took.
func (o *output) take(p *capture.Packet) error {
	o.captured++
	if o.captured <= o.c.skip {
		if o.text != nil {
			o.text.printer.Skip()
		}
		return nil
	}
	if o.file != nil {
		if err := o.file.take(p); err != nil {
			return err
		}
	}
	if o.text != nil {
		return o.text.take(o.captured, p)
	}
	return nil
}

// flush writes what waits.
func (o *output) flush() error {
	if o.file != nil {
		if err := o.file.flush(); err != nil {
			return err
		}
	}
	if o.text != nil {
		return o.text.flush()
	}
	return nil
}

// close writes what waits and closes the file.
func (o *output) close() error {
	err := o.flush()
	if o.file != nil {
		if closeErr := o.file.close(); err == nil {
			err = closeErr
		}
	}
	return err
}

// finish closes the output after err ended the capture, and returns the error
// that the command ends with.
func (c *command) finish(o *output, err error) error {
	var full filesFull
	if errors.As(err, &full) {
		c.errorf("%v\n", full)
		err = nil
	}
	if closeErr := o.close(); err == nil {
		err = closeErr
	}
	return err
}

// textOut is the text on standard output.
type textOut struct {
	w        io.Writer
	printer  *dissect.Printer
	sampling int64
	buf      []byte
}

// textBuffer is how much text is written at once, in bytes.
const textBuffer = 64 << 10

func (t *textOut) take(number int64, p *capture.Packet) error {
	if t.sampling != 0 && number%t.sampling != 0 {
		t.printer.Skip()
		return nil
	}
	t.buf = t.printer.AppendPacket(t.buf, p)
	if len(t.buf) < textBuffer {
		return nil
	}
	return t.flush()
}

func (t *textOut) flush() error {
	if len(t.buf) == 0 {
		return nil
	}
	_, err := t.w.Write(t.buf)
	t.buf = t.buf[:0]
	if err != nil {
		return writeError(err)
	}
	return nil
}
