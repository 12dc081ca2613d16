package socket

import (
	"time"

	"thinnet/transport/tcp"
)

// The methods of this file are Linux's socket options. What is not here is a field of
// tcp.Settings: of the host's in thinnet.HostOptions, of a connection before it is
// opened in the Control function of a Dialer or a ListenConfig, and afterwards in
// SetSettings.

// Settings returns the connection's choices, every field of which is set.
func (c *TCPConn) Settings() tcp.Settings { return c.conn().Settings() }

// SetSettings replaces the connection's choices. What was agreed upon with the peer
// stays, and so do the sizes of the buffers. The error says which field is out of its
// range; then nothing has changed.
func (c *TCPConn) SetSettings(set tcp.Settings) error {
	return c.wrap("set", c.conn().SetSettings(set))
}

// change is SetSettings with what f makes of the present ones.
func (c *TCPConn) change(f func(set *tcp.Settings)) error {
	return c.wrap("set", c.conn().ChangeSettings(f))
}

// SetCongestionControl has another algorithm decide from now on, which begins with
// the window that there is: TCP_CONGESTION. The error names those that there are.
func (c *TCPConn) SetCongestionControl(name string) error {
	return c.change(func(s *tcp.Settings) { s.CongestionControl = name })
}

// SetUserTimeout sets how long the connection goes on without getting anything
// through, 1 ms to 24 days; 0 leaves that to the number of retries. TCP_USER_TIMEOUT.
func (c *TCPConn) SetUserTimeout(d time.Duration) error {
	return c.change(func(s *tcp.Settings) { s.UserTimeout = d })
}

// SetNotSentLowat sets how many bytes may be written and not sent; 0 leaves it to the
// send buffer. Write waits until there are fewer. TCP_NOTSENT_LOWAT.
func (c *TCPConn) SetNotSentLowat(n int) error {
	return c.change(func(s *tcp.Settings) { s.NotSentLowat = n })
}

// SetWindowClamp sets the largest window that the peer is told of from now on, in
// bytes; 0 leaves it to the receive buffer. What it was told stays.
// TCP_WINDOW_CLAMP.
func (c *TCPConn) SetWindowClamp(n int) error {
	return c.change(func(s *tcp.Settings) { s.WindowClamp = n })
}

// SetRTOBounds sets the least time that the retransmission timeout adds to the
// round-trip time, and the longest timeout; 0 for the defaults, 200 ms and 120 s.
// TCP_RTO_MIN_US and TCP_RTO_MAX_MS.
func (c *TCPConn) SetRTOBounds(least, most time.Duration) error {
	return c.change(func(s *tcp.Settings) { s.MinRTO, s.MaxRTO = least, most })
}

// SetCork holds segments that are not full back until it is ended, but for no more
// than 200 ms: TCP_CORK.
func (c *TCPConn) SetCork(on bool) error { return c.wrap("set", c.conn().Cork(on)) }

// SetQuickAck has the next segments acknowledged at once, what waits to be
// acknowledged included. It is no lasting choice: when some have been, or the user
// begins to answer, acknowledgements are delayed again. Turned off, they wait for the
// answer at once. TCP_QUICKACK.
func (c *TCPConn) SetQuickAck(on bool) error { return c.wrap("set", c.conn().SetQuickAck(on)) }

// SetTOS sets the DSCP of the packets that are sent from now on, the upper six bits of
// tos: IP_TOS. The lower two are ECN's, and TCP's own.
func (c *TCPConn) SetTOS(tos uint8) error { return c.wrap("set", c.conn().SetTOS(tos)) }
