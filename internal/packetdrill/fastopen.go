//go:build linux

package packetdrill

import (
	"net/netip"
	"syscall"

	"thinnet/stack"
)

// fastOpen is sendto with MSG_FASTOPEN on a new socket: connect and write in one. It
// returns how much of b was taken, which may be less if it must not block.
func (h *Host) fastOpen(k *socket, b []byte, to netip.AddrPort, nonblock bool) int {
	if !to.Addr().IsValid() {
		return fail(syscall.EOPNOTSUPP) // AF_UNSPEC
	}
	set := k.settings(h.sysctl.settings())
	o := stack.DialOptions{Settings: &set, Reuse: k.reuse()}
	c, n, err := h.stack.StartFastOpen(k.local, to, o, b, !nonblock)
	if err != nil {
		return fail(errno(err))
	}
	k.conn, k.connecting, k.told = c, true, false
	k.applyOptions()
	if nonblock && n == 0 {
		return fail(syscall.EINPROGRESS)
	}
	if nonblock {
		return n
	}
	if e := h.wait(false, k.connected); e < 0 {
		return e
	}
	return n
}

// startFast is Stack.StartTCP with Fast Open, and without data.
func (h *Host) startFast(local, remote netip.AddrPort, o stack.DialOptions) (*stack.TCPConn, error) {
	c, _, err := h.stack.StartFastOpen(local, remote, o, nil, false)
	return c, err
}
