package stack

import (
	"time"

	"thinnet/clock"
)

// blackHole is what a host knows of something on the way that drops what follows a SYN
// with TCP Fast Open. It cannot tell where, so it does without for a time, whatever the
// server (RFC 7413, section 7.2). Linux has the same rule.
type blackHole struct {
	found int // times in a row
	at    clock.Time
}

// find notes that it has struck.
func (b *blackHole) find(now clock.Time) {
	b.found++
	b.at = now
}

// blocks reports whether Fast Open is not tried: for the timeout after the first time,
// twice as long after the second, up to 64 times as long.
func (b *blackHole) blocks(now clock.Time, timeout time.Duration) bool {
	return b.found > 0 && now.Sub(b.at) < timeout<<min(b.found-1, 6)
}

// works notes that Fast Open worked, for a connection to another host, which is news if
// it was tried again.
func (b *blackHole) works(now clock.Time, timeout time.Duration) {
	if !b.blocks(now, timeout) {
		b.found = 0
	}
}
