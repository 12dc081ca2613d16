package lab

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

func TestLinesDoNotMix(t *testing.T) {
	var screen bytes.Buffer
	out := output{new(sync.Mutex), &screen}
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
	l := &lines{output: output{new(sync.Mutex), &screen}}
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
