//go:build linux

package packetdrill

import (
	"errors"
	"io"
	"net/netip"
	"syscall"

	"thinnet/stack"
	"thinnet/transport/tcp"
)

// msgMore is MSG_MORE, which package syscall lacks.
const msgMore = 0x8000

// msgFastOpen is MSG_FASTOPEN.
const msgFastOpen = 0x20000000

// socket is a TCP socket: unconnected, listening or with a connection.
type socket struct {
	options
	nonblock bool
	local    netip.AddrPort // bound to
	listener *stack.TCPListener
	conn     *stack.TCPConn
	// connecting: connect has not returned the result yet.
	connecting bool
	// told: the connection's error was returned once, as Linux does.
	told bool
	// deferred is whom connect was told with TCP_FASTOPEN_CONNECT: the first
	// write connects.
	deferred netip.AddrPort
}

// Socket is socket.
func (h *Host) Socket(domain, typ, protocol int) int {
	return h.call(func() int {
		switch {
		case domain != syscall.AF_INET:
			return fail(syscall.EAFNOSUPPORT)
		case typ&^(syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC) != syscall.SOCK_STREAM,
			protocol != 0 && protocol != syscall.IPPROTO_TCP:
			return fail(syscall.EPROTONOSUPPORT)
		}
		h.applySysctls()
		return h.open(&socket{
			local:    netip.AddrPortFrom(netip.IPv4Unspecified(), 0),
			nonblock: typ&syscall.SOCK_NONBLOCK != 0,
		})
	})
}

// Bind is bind.
func (h *Host) Bind(fd int, local netip.AddrPort) int {
	return h.socketCall(fd, func(k *socket) int {
		if k.listener != nil || k.conn != nil || k.local.Port() != 0 {
			return fail(syscall.EINVAL)
		}
		k.local = local
		return 0
	})
}

// Listen is listen.
func (h *Host) Listen(fd, backlog int) int {
	return h.socketCall(fd, func(k *socket) int {
		if k.conn != nil || k.listener != nil {
			return fail(syscall.EINVAL)
		}
		// Linux lets one connection more wait than it was told.
		set := k.settings(h.sysctl.settings())
		l, err := h.stack.ListenTCPOptions(k.local, stack.ListenOptions{
			Backlog: backlog + 1, Settings: &set, Reuse: k.reuse(), FastOpen: k.fastOpen,
		})
		if err != nil {
			return fail(errno(err))
		}
		k.listener = l
		return 0
	})
}

// Accept is accept.
func (h *Host) Accept(fd int) (remote netip.AddrPort, n int) {
	n = h.socketCall(fd, func(k *socket) int {
		if k.listener == nil {
			return fail(syscall.EINVAL)
		}
		var c *stack.TCPConn
		return h.wait(k.nonblock, func() int {
			var err error
			if c, err = k.listener.TryAccept(); err != nil {
				return fail(errno(err))
			}
			remote = c.Remote()
			accepted := &socket{options: k.options, local: c.Local(), conn: c}
			accepted.applyOptions()
			return h.open(accepted)
		})
	})
	return remote, n
}

// Connect is connect.
func (h *Host) Connect(fd int, remote netip.AddrPort) int {
	return h.socketCall(fd, func(k *socket) int {
		if k.listener != nil {
			return fail(syscall.EISCONN)
		}
		if k.deferred.IsValid() {
			return fail(syscall.EISCONN)
		}
		if k.conn == nil {
			set := k.settings(h.sysctl.settings())
			if k.fastOpenConnect != 0 && h.stack.CanFastOpen(k.local, remote, &set) {
				k.deferred = remote
				return 0
			}
			start := h.stack.StartTCP
			if k.fastOpenConnect != 0 {
				start = h.startFast
			}
			c, err := start(k.local, remote, stack.DialOptions{Settings: &set, Reuse: k.reuse()})
			if err != nil {
				return fail(errno(err))
			}
			k.conn, k.connecting, k.told = c, true, false
			k.applyOptions()
			if k.nonblock {
				return fail(syscall.EINPROGRESS)
			}
		} else if !k.connecting {
			return fail(syscall.EISCONN)
		} else if k.nonblock && opening(k.conn.Readiness().State) {
			return fail(syscall.EALREADY)
		}
		return h.wait(false, func() int { return k.connected() })
	})
}

func opening(s tcp.State) bool { return s == tcp.SynSent || s == tcp.SynReceived }

// connected returns the result of connect, or EAGAIN.
func (k *socket) connected() int {
	switch r := k.conn.Readiness(); {
	case opening(r.State):
		return fail(syscall.EAGAIN)
	case r.State == tcp.Closed:
		e := k.takeError()
		if e == 0 {
			e = syscall.ECONNABORTED
		}
		k.drop()
		return fail(e)
	}
	k.connecting = false
	return 0
}

// Disconnect is connect to AF_UNSPEC.
func (h *Host) Disconnect(fd int) int {
	return h.socketCall(fd, func(k *socket) int {
		k.drop()
		return 0
	})
}

// drop makes a socket new again.
func (k *socket) drop() {
	if k.conn != nil {
		k.conn.SetLinger(0)
		k.conn.Close()
	}
	k.conn, k.connecting, k.told = nil, false, false
}

// wait tries a call until it does not return EAGAIN, which it does at once if it
// must not block.
func (h *Host) wait(nonblock bool, try func() int) (n int) {
	h.block(func() bool {
		n = try()
		return nonblock || n != fail(syscall.EAGAIN)
	})
	return n
}

// takeError returns why the connection ended, once, and then 0.
func (k *socket) takeError() syscall.Errno {
	if k.conn == nil || k.told {
		return 0
	}
	err := k.conn.Readiness().Err
	if err == nil {
		return 0
	}
	k.told = true
	return errno(err)
}

// Recv is recv, and without flags read.
func (h *Host) Recv(fd int, b []byte, flags int) int {
	return h.socketCall(fd, func(k *socket) int {
		if k.conn == nil {
			if k.deferred.IsValid() {
				return fail(syscall.EAGAIN)
			}
			return fail(syscall.ENOTCONN)
		}
		if flags&^(syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL) != 0 {
			return fail(syscall.EOPNOTSUPP)
		}
		return h.wait(k.nonblock || flags&syscall.MSG_DONTWAIT != 0, func() int {
			n, err := k.conn.TryRead(b)
			switch {
			case err == nil:
				return n
			case errors.Is(err, io.EOF):
				return 0
			case errors.Is(err, syscall.EAGAIN):
				return fail(syscall.EAGAIN)
			}
			return fail(k.takeError()) // told before: the end of the stream
		})
	})
}

// Write is write, send, and with an address sendto. A call that blocks returns when
// it has written everything.
func (h *Host) Write(fd int, b []byte, flags int, to netip.AddrPort) int {
	return h.socketCall(fd, func(k *socket) int {
		if flags&^(syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL|msgMore|msgFastOpen) != 0 {
			return fail(syscall.EOPNOTSUPP)
		}
		nonblock := k.nonblock || flags&syscall.MSG_DONTWAIT != 0
		total := 0
		switch {
		case k.deferred.IsValid(), k.conn == nil && flags&msgFastOpen != 0:
			if k.deferred.IsValid() {
				to, k.deferred = k.deferred, netip.AddrPort{}
			}
			if total = h.fastOpen(k, b, to, nonblock); nonblock || total < 0 {
				return total
			}
		case k.conn == nil:
			return fail(syscall.EPIPE)
		case flags&msgFastOpen != 0 && k.conn.Readiness().State == tcp.SynSent:
			return fail(syscall.EALREADY)
		}
		n := h.wait(nonblock, func() int {
			n, err := k.conn.TrySend(b[total:], flags&msgMore != 0)
			total += n
			switch {
			case err != nil && !errors.Is(err, syscall.EAGAIN):
				if e := k.takeError(); e != 0 {
					return fail(e)
				}
				return fail(syscall.EPIPE)
			case total < len(b):
				return fail(syscall.EAGAIN)
			}
			return 0
		})
		if total > 0 || n == 0 {
			return total
		}
		return n
	})
}

// Shutdown is shutdown.
func (h *Host) Shutdown(fd, how int) int {
	return h.socketCall(fd, func(k *socket) int {
		if k.conn == nil || opening(k.conn.Readiness().State) {
			return fail(syscall.ENOTCONN)
		}
		var err error
		if how != syscall.SHUT_WR {
			err = k.conn.CloseRead()
		}
		if how != syscall.SHUT_RD && err == nil {
			err = k.conn.CloseWrite()
		}
		if err != nil {
			return fail(errno(err))
		}
		return 0
	})
}

// close is the last close of a socket.
func (k *socket) close(*Host) int {
	if k.listener != nil {
		k.listener.Close()
	}
	if k.conn != nil {
		k.conn.Close()
	}
	return 0
}

// poll is Linux's tcp_poll.
func (k *socket) poll() int16 {
	switch {
	case k.listener != nil:
		if k.listener.Pending() > 0 {
			return pollIN | pollRDNORM
		}
		return 0
	case k.deferred.IsValid():
		return pollOUT | pollWRNORM
	case k.conn == nil:
		return pollOUT | pollHUP
	}
	r := k.conn.Readiness()
	var m int16
	if r.State == tcp.Closed || r.ReadClosed && r.WriteClosed {
		m |= pollHUP
	}
	if r.ReadClosed {
		m |= pollIN | pollRDNORM | pollRDHUP
	}
	if !opening(r.State) {
		if r.Readable > 0 {
			m |= pollIN | pollRDNORM
		}
		if r.WriteClosed || r.Writable > 0 {
			m |= pollOUT | pollWRNORM
		}
	}
	if r.Err != nil && !k.told {
		m |= pollERR
	}
	return m
}

// errno returns the number of a stack's error.
func errno(err error) syscall.Errno {
	var e syscall.Errno
	if errors.As(err, &e) {
		return e
	}
	return syscall.EINVAL
}
