package tcp

// minWindowClamp is the least WindowClamp in bytes: Linux's SOCK_MIN_RCVBUF / 2.
const minWindowClamp = 1152

// clamped returns n bytes of receive window, or what WindowClamp leaves of them. A
// window that was advertised is never taken back: window sees to that.
func (c *Conn) clamped(n int) int {
	if c.set.WindowClamp > 0 {
		return min(n, c.set.WindowClamp)
	}
	return n
}
