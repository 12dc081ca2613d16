//go:build linux

package packetdrill

import (
	"maps"
	"slices"
	"syscall"
)

// FirstFD is the lowest file descriptor of a Host: beyond those that the kernel
// gives packetdrill, so that a call can be told by its descriptor.
const FirstFD = 1 << 20

// file is what a file descriptor refers to.
type file interface {
	// poll returns the POLL* bits that are true.
	poll() int16
	close(h *Host) int
}

func fail(e syscall.Errno) int { return -int(e) }

func (h *Host) open(f file) int {
	fd := h.nextFD
	h.nextFD++
	h.files[fd] = f
	return fd
}

func (h *Host) sortedFDs() []int { return slices.Sorted(maps.Keys(h.files)) }

// socketCall runs f on a socket.
func (h *Host) socketCall(fd int, f func(k *socket) int) int {
	return h.call(func() int {
		k, ok := h.files[fd].(*socket)
		if !ok {
			return fail(syscall.EBADF)
		}
		return f(k)
	})
}

// CloseFile is close.
func (h *Host) CloseFile(fd int) int {
	return h.call(func() int {
		f := h.files[fd]
		if f == nil {
			return fail(syscall.EBADF)
		}
		delete(h.files, fd)
		return f.close(h)
	})
}

// Fcntl is fcntl, of which there are F_GETFL and F_SETFL with O_NONBLOCK.
func (h *Host) Fcntl(fd, cmd, arg int) int {
	return h.socketCall(fd, func(k *socket) int {
		switch cmd {
		case syscall.F_GETFL:
			if k.nonblock {
				return syscall.O_RDWR | syscall.O_NONBLOCK
			}
			return syscall.O_RDWR
		case syscall.F_SETFL:
			k.nonblock = arg&syscall.O_NONBLOCK != 0
			return 0
		}
		return fail(syscall.EINVAL)
	})
}

// Requests of ioctl (uapi/linux/sockios.h).
const (
	siocINQ     = 0x541b
	siocOUTQ    = 0x5411
	siocOUTQNSD = 0x894b
)

// Ioctl is ioctl, with the value that it returns through its pointer.
func (h *Host) Ioctl(fd int, request uint) (value int32, n int) {
	n = h.socketCall(fd, func(k *socket) int {
		if k.conn == nil {
			return fail(syscall.EINVAL)
		}
		r := k.conn.Readiness()
		switch request {
		case siocINQ:
			value = int32(r.Readable)
		case siocOUTQ:
			value = int32(r.Unacked)
		case siocOUTQNSD:
			value = int32(r.Unsent)
		default:
			return fail(syscall.ENOTTY)
		}
		return 0
	})
	return value, n
}
