package stack

import (
	"math"

	"thinnet/transport/tcp"
)

// Bounds of a buffer that a user sets, in bytes, as those of tcp.Settings.
const minBuffer, maxBuffer = 4 << 10, 64 << 20

// bufferSize returns what is allowed of n: like Linux's, an option that asks for too
// much or too little is given what there is.
func bufferSize(n int) int { return min(max(n, minBuffer), maxBuffer) }

// SetTOS sets the DSCP of the packets that are sent from now on: the upper six
// bits of tos, as Linux's IP_TOS does for a TCP socket. The lower two are ECN's,
// and TCP's own.
func (c *TCPConn) SetTOS(tos uint8) error { return c.do(func() { c.tos = tos &^ 3 }) }

// SetFragmentable says that packets may be split on their way, which turns off
// the discovery of the path's MTU: Linux's IP_MTU_DISCOVER with
// IP_PMTUDISC_DONT. By default they may not (RFC 1191).
func (c *TCPConn) SetFragmentable(on bool) error { return c.do(func() { c.fragmentable = on }) }

// SetQuickAck has the next segments acknowledged at once, or not: Linux's
// TCP_QUICKACK. It is no lasting choice: see tcp.Conn's QuickAck.
func (c *TCPConn) SetQuickAck(on bool) error { return c.do(func() { c.conn.QuickAck(on) }) }

// QuickAck reports whether segments are acknowledged at once.
func (c *TCPConn) QuickAck() bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.conn.IsQuickAck()
}

// Cork holds segments that are not full back until it is ended, or for 200 ms:
// Linux's TCP_CORK.
func (c *TCPConn) Cork(on bool) error { return c.do(func() { c.conn.Cork(on) }) }

// SetLinger says what Close does with bytes not yet acknowledged: with a negative
// sec it sends them in the background, with 0 it throws them away and resets the
// connection, otherwise it waits that many seconds for them and then does so.
func (c *TCPConn) SetLinger(sec int) error {
	return c.do(func() { c.linger = int32(min(max(sec, -1), math.MaxInt32)) })
}

// SetNoDelay turns Nagle's algorithm off, as it is by default, or on.
func (c *TCPConn) SetNoDelay(off bool) error { return c.do(func() { c.conn.NoDelay(off) }) }

// SetKeepAlive has the connection probed when it is idle; nil ends that.
func (c *TCPConn) SetKeepAlive(k *tcp.KeepAlive) error {
	return c.do(func() { c.conn.SetKeepAlive(c.s.now, k) })
}

// SetReadBuffer sets the size of the receive buffer in bytes, 4 KiB at least and 64 MiB
// at most; it then does not grow by itself any more.
func (c *TCPConn) SetReadBuffer(n int) error {
	return c.do(func() { c.conn.SetRecvBuffer(bufferSize(n)) })
}

// SetWriteBuffer sets the size of the send buffer in bytes, 4 KiB at least and 64 MiB
// at most; it then does not grow by itself any more.
func (c *TCPConn) SetWriteBuffer(n int) error {
	return c.do(func() { c.conn.SetSendBuffer(bufferSize(n)) })
}
