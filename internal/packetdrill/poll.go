//go:build linux

package packetdrill

import (
	"syscall"
	"time"

	"thinnet/clock"
)

// Events of poll, and of epoll, where they have the same values.
const (
	pollIN     = 0x1
	pollOUT    = 0x4
	pollERR    = 0x8
	pollHUP    = 0x10
	pollNVAL   = 0x20
	pollRDNORM = 0x40
	pollWRNORM = 0x100
	pollRDHUP  = 0x2000
)

// PollFD is an element of poll's array.
type PollFD struct {
	FD              int32
	Events, Revents int16
}

// Poll is poll. timeout is in milliseconds; a negative one never ends.
func (h *Host) Poll(fds []PollFD, timeout int) int {
	return h.call(func() int {
		return h.waitUntil(timeout, func() int {
			n := 0
			for i := range fds {
				p := &fds[i]
				p.Revents = pollNVAL
				if f := h.files[int(p.FD)]; f != nil {
					p.Revents = f.poll() & (p.Events | pollERR | pollHUP)
				}
				if p.Revents != 0 {
					n++
				}
			}
			return n
		})
	})
}

// waitUntil counts until there is something, or timeout milliseconds are over.
func (h *Host) waitUntil(timeout int, count func() int) (n int) {
	end := clock.Never
	if timeout >= 0 {
		end = h.clk.now.Add(time.Duration(timeout) * time.Millisecond)
		t := h.clk.NewTimer(0, func() {})
		t.Set(end) // time has something to stop at
		defer t.Stop()
	}
	h.block(func() bool {
		n = count()
		return n > 0 || h.clk.now >= end
	})
	return n
}

// Flags and operations of epoll (uapi/linux/eventpoll.h).
const (
	epollET      = 1 << 31
	epollONESHOT = 1 << 30
)

// epoll is an epoll instance.
type epoll struct {
	h     *Host
	items []*epollItem
}

// epollItem is a descriptor that an instance watches.
type epollItem struct {
	fd     int
	events uint32
	data   uint64
	seen   int16 // bits that were reported, for epollET
}

// EpollEvent is an event that EpollWait reports.
type EpollEvent struct {
	Events uint32
	Data   uint64
}

// EpollCreate is epoll_create.
func (h *Host) EpollCreate() int { return h.call(func() int { return h.open(&epoll{h: h}) }) }

// EpollCtl is epoll_ctl.
func (h *Host) EpollCtl(epfd, op, fd int, e EpollEvent) int {
	return h.call(func() int {
		p, ok := h.files[epfd].(*epoll)
		if !ok || h.files[fd] == nil {
			return fail(syscall.EBADF)
		}
		i := 0
		for i < len(p.items) && p.items[i].fd != fd {
			i++
		}
		found := i < len(p.items)
		switch {
		case op == syscall.EPOLL_CTL_ADD && found:
			return fail(syscall.EEXIST)
		case op == syscall.EPOLL_CTL_ADD:
			p.items = append(p.items, &epollItem{fd: fd, events: e.Events, data: e.Data})
		case !found:
			return fail(syscall.ENOENT)
		case op == syscall.EPOLL_CTL_MOD:
			p.items[i] = &epollItem{fd: fd, events: e.Events, data: e.Data}
		case op == syscall.EPOLL_CTL_DEL:
			p.items = append(p.items[:i], p.items[i+1:]...)
		default:
			return fail(syscall.EINVAL)
		}
		return 0
	})
}

// EpollWait is epoll_wait: it fills events and returns how many.
func (h *Host) EpollWait(epfd int, events []EpollEvent, timeout int) int {
	return h.call(func() int {
		p, ok := h.files[epfd].(*epoll)
		if !ok {
			return fail(syscall.EBADF)
		}
		return h.waitUntil(timeout, func() int { return p.collect(events) })
	})
}

// collect puts what is true into events. With epollET that is done when a bit is
// true that was not when it was last looked at, and then for all of them.
func (p *epoll) collect(events []EpollEvent) int {
	n := 0
	for _, i := range p.items {
		f := p.h.files[i.fd]
		if f == nil || n == len(events) {
			continue
		}
		now := f.poll() & (int16(i.events) | pollERR | pollHUP)
		if i.events&epollET != 0 {
			edge := now &^ i.seen
			i.seen = now
			if edge == 0 {
				continue
			}
		}
		if now == 0 {
			continue
		}
		events[n] = EpollEvent{Events: uint32(uint16(now)), Data: i.data}
		n++
		if i.events&epollONESHOT != 0 {
			i.events &= epollET | epollONESHOT
		}
	}
	return n
}

func (p *epoll) poll() int16 { return 0 }

func (p *epoll) close(*Host) int { return 0 }
