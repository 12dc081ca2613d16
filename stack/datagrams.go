package stack

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"thinnet/clock"
	"thinnet/transport/udp"
)

// datagrams is what has arrived for a UDP socket. Who reads takes all of it at once, as
// Linux's reader queue does, so that he and the host hold each other up once for many
// datagrams, and not for each.
type datagrams struct {
	arrived udp.Queue // with the host's lock

	// plain: there is nothing that a Read has to ask the host, such as an error.
	plain atomic.Bool

	mu    sync.Mutex // may be taken with the host's lock held
	taken udp.Queue
}

// read reads one of the datagrams that were taken, if there is one.
func (d *datagrams) read(b []byte) (n int, from netip.AddrPort, ok bool) {
	d.mu.Lock()
	if d.taken.Len() == 0 {
		d.mu.Unlock()
		return 0, from, false
	}
	f := d.taken.Front()
	n, from = f.CopyTo(b), f.From()
	d.taken.Drop()
	d.mu.Unlock()
	return n, from, true
}

// take takes what has arrived, if what was taken before is read. It returns how many there
// are to read, and is called with the host's lock held, as are bytes and release.
func (d *datagrams) take() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken.Len() == 0 {
		d.taken.MoveAll(&d.arrived)
	}
	return d.taken.Len()
}

// bytes returns what waits to be read, in bytes, with an overhead for each datagram.
func (d *datagrams) bytes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.arrived.Bytes() + d.taken.Bytes()
}

// release drops everything.
func (d *datagrams) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.arrived.Release()
	d.taken.Release()
}

// ReadFrom reads one datagram into b, and returns the number of bytes and where it
// came from. What does not fit in b is lost.
func (u *UDPConn) ReadFrom(b []byte) (n int, from netip.AddrPort, err error) {
	if u.in.plain.Load() && !u.readers.late() {
		if n, from, ok := u.in.read(b); ok {
			return n, from, nil
		}
	}
	for {
		u.s.in.attend() // who brings more leaves the lock, and the work, to us
		u.s.mu.Lock()
		if u.s.in.leave() {
			u.s.pump()
		}
		err := u.waitReadable()
		u.s.mu.Unlock()
		if err != nil {
			return 0, netip.AddrPort{}, err
		}
		if n, from, ok := u.in.read(b); ok { // and nobody else was quicker
			return n, from, nil
		}
	}
}

// A socket is busy that has got busyFrom datagrams since its reader last parked. He then
// lets others run so many times before he does so again: to wake him takes whoever sends
// as long as many datagrams.
const (
	busyFrom   = 64
	busyYields = 64
)

// waitReadable waits until there is a datagram to read, or an error.
func (u *UDPConn) waitReadable() error {
	for yields := 0; ; yields++ {
		switch {
		case u.closed || u.s.closed:
			return net.ErrClosed
		case u.readers.late():
			return os.ErrDeadlineExceeded
		case u.err != nil:
			return u.takeError()
		}
		if n := u.in.take(); n > 0 {
			if u.got += n; u.got >= busyFrom {
				u.host.beLazy(u)
			}
			return nil
		}
		most := maxYields
		if u.got >= busyFrom {
			most = busyYields
		}
		if yields < most && u.s.yield() {
			continue
		}
		u.got = 0
		if u.host.lazy == u {
			u.host.eager() // which may bring what he waits for
			continue
		}
		u.readers.wait()
	}
}

// takeError returns what ICMP said, once.
func (u *UDPConn) takeError() error {
	err := u.err
	u.err = nil
	u.judge()
	return err
}

// judge notes whether a Read has something to ask the host.
func (u *UDPConn) judge() {
	u.in.plain.Store(!u.closed && u.err == nil)
}

// SetReadDeadline sets when ReadFrom gives up; clock.Never for never.
func (u *UDPConn) SetReadDeadline(t clock.Time) error { return u.readers.setDeadline(&u.closed, t) }
