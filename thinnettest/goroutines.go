package thinnettest

import (
	"regexp"
	"runtime"
	"strings"
)

var bubbleOf = regexp.MustCompile(`^goroutine \d+ .*(synctest bubble \d+)`)

// bubble returns the caller's bubble as a goroutine's trace names it.
func bubble() string {
	b := make([]byte, 256)
	m := bubbleOf.FindSubmatch(b[:runtime.Stack(b, false)])
	if m == nil {
		return ""
	}
	return string(m[1])
}

// maxTraces bounds what is looked at of the traces of all goroutines, in bytes.
const maxTraces = 16 << 20

// goroutinesOf returns the traces of a bubble's goroutines, besides the caller's
// and those by which package testing runs the test.
func goroutinesOf(bubble string) string {
	b := make([]byte, 64<<10)
	n := runtime.Stack(b, true)
	for n == len(b) && n < maxTraces {
		b = make([]byte, 4*len(b))
		n = runtime.Stack(b, true)
	}
	var found []string
	for i, trace := range strings.Split(string(b[:n]), "\n\n") {
		m := bubbleOf.FindStringSubmatch(trace)
		switch {
		case i == 0: // the caller's
		case m == nil || m[1] != bubble:
		case strings.Contains(trace, "[synctest.Run"), strings.Contains(trace, "testing/synctest.testingSynctestTest("):
		default:
			found = append(found, trace)
		}
	}
	return strings.Join(found, "\n\n")
}
