package tcp

// minWindowClamp is the least WindowClamp in bytes: Linux's SOCK_MIN_RCVBUF / 2.
const minWindowClamp = 1152

// earlyWindow is the most that is advertised before the handshake is complete, in
// bytes: no more than a SYN-ACK could, to somebody who may not be there (RFC 7413).
const earlyWindow = 64 << 10

// clamped returns n bytes of receive window, or what WindowClamp leaves of them. A
// window that was advertised is never taken back: window sees to that.
func (c *Conn) clamped(n int) int {
	if c.set.WindowClamp > 0 {
		return min(n, c.set.WindowClamp)
	}
	return n
}
