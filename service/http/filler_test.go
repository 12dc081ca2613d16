package http

import (
	"bytes"
	"fmt"
	"testing"
)

func TestFiller(t *testing.T) {
	var whole bytes.Buffer
	for line := 1; whole.Len() < 200_000; line++ {
		fmt.Fprintf(&whole, fillerLine, line)
	}
	for _, size := range []int{0, 1, 55, 32<<10 - 1, 32 << 10, 32<<10 + 1, 100_000} {
		var b bytes.Buffer
		if err := writeFiller(&b, size); err != nil || !bytes.Equal(b.Bytes(), whole.Bytes()[:size]) {
			t.Errorf("%d: %v, %d bytes", size, err, b.Len())
		}
	}
}
