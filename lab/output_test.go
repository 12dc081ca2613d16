package lab

import (
	"bytes"
	"strings"
	"testing"
)

func TestLinesDoNotMix(t *testing.T) {
	var screen bytes.Buffer
	out := output{new(display), &screen}
	a, b := &lines{output: out}, &lines{output: out}
	a.Write([]byte("one "))
	b.Write([]byte("two\nthr"))
	a.Write([]byte("line\nrest"))
	b.flush()
	a.flush()
	a.flush()
	if got, want := screen.String(), "two\none line\nthrrest"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLongLinesAreNotHeld(t *testing.T) {
	var screen bytes.Buffer
	l := &lines{output: output{new(display), &screen}}
	for range 100 {
		l.Write([]byte(strings.Repeat("x", 1000)))
		if len(l.partial) > maxPartial {
			t.Fatalf("%d bytes are held", len(l.partial))
		}
	}
	l.flush()
	if screen.Len() != 100_000 {
		t.Errorf("%d bytes", screen.Len())
	}
}

// Who writes a line of his own does not write it behind another's that has no end.
func TestLineEnd(t *testing.T) {
	var screen bytes.Buffer
	s := (&Lab{}).NewSession(SessionOptions{Stdout: &screen, Stderr: &screen})
	page := &lines{output: s.out}
	page.Write([]byte("hello"))
	page.flush()
	s.say("server$ ss")
	page.Write([]byte("whole\n"))
	if end := s.lineEnd(); end != "" {
		t.Errorf("%q behind a whole line", end)
	}
	page.Write([]byte("page"))
	page.flush()
	s.print(s.lineEnd() + "client> " + s.lineEnd())
	if got, want := screen.String(), "hello\nserver$ ss\nwhole\npage\nclient> "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
