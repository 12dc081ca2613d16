package main

import (
	"bytes"
	"io"
	"regexp"
	"sync"
)

// pattern waits for a line that matches.
type pattern struct {
	*regexp.Regexp
	found func() // called once

	mu   sync.Mutex
	done bool
}

// maxPattern is how much of a line is looked at, in bytes.
const maxPattern = 64 << 10

// watch returns a writer to w whose lines are looked at.
func (p *pattern) watch(w io.Writer) io.Writer { return &watched{p: p, w: w} }

type watched struct {
	p    *pattern
	w    io.Writer
	line []byte // so far
}

// Write implements io.Writer.
func (w *watched) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	for rest := b; len(rest) > 0; {
		line, more, ended := bytes.Cut(rest, []byte("\n"))
		w.line = append(w.line, line[:min(len(line), maxPattern-len(w.line))]...)
		if ended {
			w.p.see(w.line)
			w.line = w.line[:0]
		}
		rest = more
	}
	return n, err
}

func (p *pattern) see(line []byte) {
	p.mu.Lock()
	first := !p.done && p.Match(line)
	p.done = p.done || first
	p.mu.Unlock()
	if first {
		p.found()
	}
}

// seen reports whether a line matched.
func (p *pattern) seen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}
