package lab

import (
	"bytes"
	"io"
	"sync"
)

// maxPartial is how much of a line is held, in bytes.
const maxPartial = 64 << 10

// display is what is known of a screen that several outputs end up on.
type display struct {
	sync.Mutex
	open bool // the last line has no end yet
}

// lineEnd returns what ends the last line, if it has no end, for whoever writes a line of
// his own. Called with the lock held.
func (d *display) lineEnd() string {
	if !d.open {
		return ""
	}
	d.open = false
	return "\n"
}

// output is a writer that several commands share.
type output struct {
	display *display
	w       io.Writer
}

// lines is one command's way to an output: whole lines, so that those of two
// commands do not mix.
type lines struct {
	output
	partial []byte
}

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	n := len(b)
	end := bytes.LastIndexByte(b, '\n') + 1
	if end > 0 || len(l.partial)+n > maxPartial {
		if end == 0 {
			end = n
		}
		l.partial = append(l.partial, b[:end]...)
		b = b[end:]
		if err := l.flush(); err != nil {
			return 0, err
		}
	}
	l.partial = append(l.partial, b...)
	return n, nil
}

// flush writes what is left of a line.
func (l *lines) flush() error {
	if len(l.partial) == 0 {
		return nil
	}
	l.display.Lock()
	defer l.display.Unlock()
	_, err := l.w.Write(l.partial)
	l.display.open = l.partial[len(l.partial)-1] != '\n'
	l.partial = l.partial[:0]
	return err
}
