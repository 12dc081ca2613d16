package tcpdump

import (
	"errors"

	"thinnet/capture"
)

// output is where packets go: into a file, to standard output, or both.
type output struct {
	c        *command
	link     capture.LinkType
	captured int64     // packets that the filter took, with those skipped
	view     view      // nil: none
	file     *savefile // nil: none
}

func (c *command) newOutput(link capture.LinkType, snaplen int) (*output, error) {
	o := &output{c: c, link: link}
	if !c.countOnly && (c.write == "" || c.print) {
		o.view = c.newView()
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
		if o.view != nil {
			o.view.skip()
		}
		return nil
	}
	if o.file != nil {
		if err := o.file.take(p); err != nil {
			return err
		}
	}
	if o.view != nil {
		return o.view.take(o.captured, p)
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
	if o.view != nil {
		return o.view.flush()
	}
	return nil
}

// close writes what waits and closes the file.
func (o *output) close() error {
	err := o.flush()
	if err == nil && o.view != nil {
		err = o.view.end()
	}
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
