package stack

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
