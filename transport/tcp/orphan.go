package tcp

import (
	"time"

	"thinnet/clock"
)

// role is what a connection is to the memory of its host.
type role uint8

const (
	roleNone    role = iota // it is closed
	roleUser                // somebody uses it
	roleOrphan              // nobody does, and it has still to be brought to an end
	roleWaiting             // all is said, and it waits for the peer's FIN or in TIME-WAIT
	numRoles
)

// become counts the connection among those of a role.
//
//go:noinline // happens a few times
func (c *Conn) become(r role) {
	if c.mem != nil {
		c.mem.roles[c.role]--
		c.mem.roles[r]++
		c.role = r
	}
}

// waitFor sets how long the connection waits for what the peer may still say. If too many
// do, it is forgotten as soon as what is due is sent (Linux's tcp_max_tw_buckets).
func (c *Conn) waitFor(now clock.Time, d time.Duration) {
	c.become(roleWaiting)
	if c.mem.crowded() {
		c.cnt.TCPTimeWaitOverflow++
		d = 1
	}
	c.waitAt = now.Add(d)
}

// loseUser takes note that nobody will read or write any more.
func (c *Conn) loseUser(now clock.Time) {
	switch c.state {
	case Closed, TimeWait:
	case FinWait2:
		c.waitFor(now, c.set.FinTimeout)
	default:
		c.become(roleOrphan)
		c.abortOrphan()
	}
}

// abortOrphan resets a connection without a user if there are too many of them, or too
// little memory, and reports whether it did (Linux's tcp_max_orphans). One that gets
// nothing through counts twice, so that those who hold their windows closed leave room for
// those who only finish.
func (c *Conn) abortOrphan() bool {
	if c.role != roleOrphan {
		return false
	}
	n := c.mem.roles[roleOrphan]
	if c.backoff > 0 || c.sndWnd == 0 {
		n *= 2
	}
	if n <= c.mem.maxOrphans && (c.buf.held <= guaranteed || c.mem.over(1) == 0) {
		return false
	}
	c.cnt.TCPAbortOnMemory++
	c.Abort()
	return true
}
