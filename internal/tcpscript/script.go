package tcpscript

import (
	"fmt"
	"strings"
	"time"

	"thinnet/transport/tcp"
)

// line is one line of a script.
type line struct {
	n     int // from 1
	after time.Duration
	words []string
}

// Error says where a script failed, and what happened until then.
type Error struct {
	Name  string
	Line  int
	What  string
	Trace string // the segments and calls so far, one a line
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: %s\n%s", e.Name, e.Line, e.What, e.Trace)
}

// Start says where the two sequence spaces begin. A script passes with any, so
// that a start close to 2^32 shows that everything wraps.
type Start struct {
	ISS, IRS tcp.Seq // of the machine, and of the peer that the script plays
}

// Run plays the script src, whose name is for messages. The error is an *Error.
func Run(name, src string, start Start) error {
	lines, err := parse(src)
	if err != nil {
		err.Name = name
		return err
	}
	r := newRunner(start)
	defer r.end()
	for _, l := range lines {
		if err := r.line(l); err != nil {
			return &Error{name, l.n, err.Error(), r.trace.String()}
		}
	}
	if err := r.quiet(); err != nil {
		return &Error{name, lines[len(lines)-1].n, "at the end: " + err.Error(), r.trace.String()}
	}
	return nil
}

// parse splits a script into lines.
func parse(src string) ([]line, *Error) {
	var lines []line
	n := 0
	for text := range strings.Lines(src) {
		n++
		text, _, _ = strings.Cut(text, "#")
		l := line{n: n, words: strings.Fields(text)}
		if len(l.words) == 0 {
			continue
		}
		if l.words[0][0] == '+' {
			d, err := time.ParseDuration(l.words[0][1:])
			if err != nil || d < 0 || len(l.words) == 1 {
				return nil, &Error{Line: n, What: fmt.Sprintf("%q: want a time such as +20ms, and something that happens then", strings.TrimSpace(text))}
			}
			l.after, l.words = d, l.words[1:]
		}
		lines = append(lines, l)
	}
	return lines, nil
}
