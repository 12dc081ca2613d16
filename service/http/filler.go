package http

import (
	"fmt"
	"io"
)

// fillerLine is a line of filler, which its number makes unlike all others: what
// is lost, doubled or moved shows.
const fillerLine = "%010d the quick brown fox jumps over the lazy dog\n"

// writeFiller writes size bytes of filler, in chunks.
func writeFiller(w io.Writer, size int) error {
	const chunk = 32 << 10
	buf := make([]byte, 0, chunk+64)
	for line := 1; size > 0; {
		for len(buf) < min(size, chunk) {
			buf = fmt.Appendf(buf, fillerLine, line)
			line++
		}
		n := min(size, chunk)
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
		size -= n
		buf = buf[:copy(buf, buf[n:])]
	}
	return nil
}
